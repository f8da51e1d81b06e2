"""JSON Lines, and JSON documents that hold an array of records, as work."""

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from etl.extract.files.csv_records import Text
from etl.extract.files.engine import Engine
from etl.extract.files.fast_json import FastJson
from etl.extract.files.json_document import elements
from etl.extract.files.json_lines import LinesJudge, count_lines, interleaved
from etl.extract.files.json_source import take_json
from etl.extract.files.lines import stretches
from etl.extract.files.options import JsonOptions
from etl.extract.files.parts import Judged
from etl.extract.files.rows import RowReader
from etl.extract.files.stream import opened
from etl.extract.files.task import Task, Work

_AT_ONCE = 20_000


def json_lines_work(task: Task, options: JsonOptions) -> Iterator[Work]:
    """Yield the work that a JSON Lines file is, a stretch at a time."""
    fast, rows, line = _fast(task), _rows(task), 1
    judge = LinesJudge(fast, rows, task.limits.record_bytes)
    with opened(task.source, task.name, options.encoding) as stream:
        for data, cut, _ in stretches(stream, task.limits):
            if data:
                yield partial(judge, data, line)
            line += count_lines(data)
            if cut is not None:
                yield partial(_judge_texts, fast, rows, [cut._replace(line=line)])
                line += 1


def json_document_work(task: Task, options: JsonOptions) -> Iterator[Work]:
    """Yield the work that a JSON document with an array of records is."""
    fast, rows = _fast(task), _rows(task)
    with opened(task.source, task.name, options.encoding) as stream:
        batch: list[Text] = []
        size = 0
        for text in elements(stream, options.path, task.limits):
            batch.append(text)
            size += len(text.raw)
            if len(batch) == _AT_ONCE or size > task.limits.chunk_bytes:
                yield partial(_judge_texts, fast, rows, batch)
                batch, size = [], 0
        if batch:
            yield partial(_judge_texts, fast, rows, batch)


def _fast(task: Task) -> FastJson:
    return FastJson(task.contract, task.rules, task.limits.record_bytes)


def _rows(task: Task) -> RowReader:
    return RowReader(task.contract, task.rules, take_json(task.contract))


def _judge_texts(fast: FastJson, rows: RowReader, texts: list[Text], engine: Engine) -> Judged:
    # What could not be taken apart is not looked at: it is in doubt as it stands.
    typed = fast.typed(engine, pa.array([b"" if text.problem else text.raw for text in texts], pa.binary()))
    # Several may start in one line, so they are numbered by their places while they are decided.
    doubtful = [texts[place]._replace(line=place) for place in typed.doubtful]
    decided = rows.decide(engine.connection, doubtful)
    refused = [one._replace(line=texts[one.line].line) for one in decided.refused]
    return Judged(len(texts), interleaved(typed, decided.good, decided.lines), refused)
