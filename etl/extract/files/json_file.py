"""JSON Lines, and JSON documents that hold an array of records, as work."""

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, groupby
from typing import Any

import pyarrow as pa

from etl.contracts.model import Contract
from etl.extract.files.json_document import elements
from etl.extract.files.json_fast import FastJson
from etl.extract.files.options import JsonOptions
from etl.extract.files.records import RowReader, Take, Text, Typed, decoded, too_long
from etl.extract.files.stream import opened, stretches
from etl.extract.files.work import Engine, Judged, Task, Work
from etl.values.converters import from_json
from etl.values.json_text import JsonError, parse_json
from etl.values.records import Problem

_LINE_FEED = re.compile(rb"\n")
_AT_ONCE = 20_000


def take_json(contract: Contract) -> Take:
    """Return the function that makes values of a record's text; undeclared fields are left out."""
    converters = [(field.name, from_json(field)) for field in contract.source_fields]

    def take(text: Text) -> tuple[list[Any], list[Problem]]:
        try:
            record = parse_json(text.raw.decode())
        except JsonError as error:
            if error.key:
                return [], [Problem("duplicate_key", error.key, "a key once in an object")]
            return [], [Problem("json", "", f"one JSON object: {error}")]
        if not isinstance(record, dict):
            return [], [Problem("json", "", "one JSON object")]
        problems: list[Problem] = []
        values = [
            None if (value := record.get(name)) is None else convert(name, value, problems)
            for name, convert in converters
        ]
        return values, problems

    return take


def lines_of(data: bytes) -> pa.BinaryArray:
    """Return the lines with their ends, without copying them; LF, CR and CR LF each end a line."""
    if b"\r" in data:
        ends = array("i", accumulate(map(len, data.splitlines(keepends=True)), initial=0))
    else:
        ends = array("i", [0, *(found.end() for found in _LINE_FEED.finditer(data))])
        if ends[-1] < len(data):
            ends.append(len(data))
    return pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])


def count_lines(data: bytes) -> int:
    """Return the number of lines, whether or not the last one has an end."""
    if b"\r" in data:
        return len(data.splitlines())
    return data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


class LinesJudge:
    """Judges a stretch of lines on the thread of an engine."""

    def __init__(self, fast: FastJson, rows: RowReader, most: int) -> None:
        """Reject lines of more than `most` bytes, counted with their ends."""
        self._fast, self._rows, self._most = fast, rows, most

    def __call__(self, data: bytes, first: int, engine: Engine) -> Judged:
        """Judge lines; `first` is the number of the first one."""
        lines = lines_of(data)
        typed = self._fast.typed(engine, lines)
        doubtful = ((first + place, lines[place].as_py()) for place in typed.doubtful)
        texts = [self._text(line, raw) for line, raw in doubtful if raw.strip(b"\r\n")]
        blank = len(typed.doubtful) - len(texts)
        decided = self._rows.decide(engine.connection, texts)
        good = interleaved(typed, decided.good, [line - first for line in decided.lines])
        return Judged(len(lines) - blank, good, decided.refused, blank)

    def _text(self, line: int, raw: bytes) -> Text:
        return too_long(line, raw, len(raw), self._most) if len(raw) > self._most else decoded(line, raw, [])


def interleaved(typed: Typed, others: pa.Table, places: Sequence[int]) -> pa.Table:
    """Return the rows of both in order; `others` were in doubt, and `places` are theirs among all records."""
    if not places:
        return typed.rows
    number = {place: before for before, place in enumerate(typed.doubtful)}
    pieces, at, taken = [], 0, 0
    for before, together in groupby(places, lambda place: place - number[place]):
        count = len(list(together))
        pieces += [typed.rows.slice(at, before - at), others.slice(taken, count)]
        at, taken = before, taken + count
    return pa.concat_tables([*pieces, typed.rows.slice(at)]).combine_chunks()


def json_lines_work(task: Task, options: JsonOptions) -> Iterator[Work]:
    """Yield the work of a JSON Lines file, a stretch at a time."""
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
    """Yield the work of a JSON document that holds an array of records, a batch at a time."""
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
    # A record that could not be taken apart is replaced by nothing, which is in doubt.
    typed = fast.typed(engine, pa.array([b"" if text.problem else text.raw for text in texts], pa.binary()))
    # Several records may start in one line, so their places number them while they are decided.
    doubtful = [texts[place]._replace(line=place) for place in typed.doubtful]
    decided = rows.decide(engine.connection, doubtful)
    refused = [record._replace(line=texts[record.line].line) for record in decided.refused]
    return Judged(len(texts), interleaved(typed, decided.good, decided.lines), refused)
