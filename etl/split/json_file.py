"""JSON Lines, and JSON documents that hold an array of records, as work."""

from collections.abc import Iterator
from functools import partial

from etl.split.csv_records import Text
from etl.split.engine import Engine
from etl.split.fast_json import FastJson
from etl.split.json_document import elements
from etl.split.json_source import take_json
from etl.split.lines import stretches
from etl.split.merging import judged
from etl.split.options import JsonOptions
from etl.split.parts import Judged
from etl.split.rows import RowReader
from etl.split.scan import LineScanner, Scanned
from etl.split.stream import opened
from etl.split.task import Task, Work

_AT_ONCE = 5_000


def json_lines_work(task: Task, options: JsonOptions) -> Iterator[Work]:
    """Yield the work that a JSON Lines file is, a stretch at a time."""
    scanner = LineScanner(task.limits.record_bytes)
    fast, rows = FastJson(task.contract, task.rules, scanner.limit), _rows(task)
    line = 1
    with opened(task.source, task.name, options.encoding) as stream:
        for data, cut, _ in stretches(stream, task.limits):
            scanned = scanner.scan(data, line, final=True)
            line = scanned.next_line
            if cut is not None:
                scanned.odd.append(cut._replace(line=line))
                line += 1
            task.summary.blank_lines += scanned.blank
            if scanned.read:
                yield partial(_judge_lines, fast, rows, scanned)


def json_document_work(task: Task, options: JsonOptions) -> Iterator[Work]:
    """Yield the work that a JSON document with an array of records is."""
    rows = _rows(task)
    with opened(task.source, task.name, options.encoding) as stream:
        batch: list[Text] = []
        for text in elements(stream, options.path, task.limits):
            batch.append(text)
            if len(batch) == _AT_ONCE:
                yield partial(_judge_texts, rows, batch)
                batch = []
        if batch:
            yield partial(_judge_texts, rows, batch)


def _rows(task: Task) -> RowReader:
    return RowReader(task.contract, task.rules, take_json(task.contract))


def _judge_lines(fast: FastJson, rows: RowReader, scanned: Scanned, engine: Engine) -> Judged:
    data = scanned.plain_bytes()
    typed = fast.typed(engine, data, scanned.plain)
    lines = data.splitlines(keepends=True) if typed.doubtful else []
    texts = [Text(scanned.number_of(place), lines[place], []) for place in typed.doubtful]
    texts = sorted(texts + scanned.odd, key=lambda text: text.line)
    return judged(scanned, typed, rows.decide(engine.connection, texts))


def _judge_texts(rows: RowReader, texts: list[Text], engine: Engine) -> Judged:
    decided = rows.decide(engine.connection, texts)
    return Judged(len(texts), decided.good, decided.refused)
