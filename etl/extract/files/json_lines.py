"""A stretch of JSON Lines: its lines without a copy of them, and what becomes of each."""

import re
from array import array
from collections.abc import Sequence
from itertools import accumulate, groupby

import pyarrow as pa

from etl.extract.files.csv_records import Text, decoded, too_long
from etl.extract.files.engine import Engine
from etl.extract.files.fast_json import FastJson
from etl.extract.files.merging import Typed
from etl.extract.files.parts import Judged
from etl.extract.files.rows import RowReader

_LINE_FEED = re.compile(rb"\n")


def lines_of(data: bytes) -> pa.BinaryArray:
    """Return the lines with their ends, where they stand; LF, CR and CR LF each end one."""
    if b"\r" in data:
        ends = array("i", accumulate(map(len, data.splitlines(keepends=True)), initial=0))
    else:
        ends = array("i", [0, *(found.end() for found in _LINE_FEED.finditer(data))])
        if ends[-1] < len(data):
            ends.append(len(data))
    return pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])


def count_lines(data: bytes) -> int:
    """Return how many lines there are, the last one with an end or without."""
    if b"\r" in data:
        return len(data.splitlines())
    return data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


class LinesJudge:
    """What is done with a stretch of lines, on the thread of an engine."""

    def __init__(self, fast: FastJson, rows: RowReader, most: int) -> None:
        """Reject lines of more than `most` bytes, with their ends."""
        self._fast, self._rows, self._most = fast, rows, most

    def __call__(self, data: bytes, first: int, engine: Engine) -> Judged:
        """Judge lines, of which the first has a number."""
        lines = lines_of(data)
        typed = self._fast.typed(engine, lines)
        raw = ((first + place, lines[place].as_py()) for place in typed.doubtful)
        texts = [self._text(line, one) for line, one in raw if one.strip(b"\r\n")]
        blank = len(typed.doubtful) - len(texts)
        decided = self._rows.decide(engine.connection, texts)
        good = interleaved(typed, decided.good, [line - first for line in decided.lines])
        return Judged(len(lines) - blank, good, decided.refused, blank)

    def _text(self, line: int, raw: bytes) -> Text:
        return too_long(line, raw, len(raw), self._most) if len(raw) > self._most else decoded(line, raw, [])


def interleaved(typed: Typed, others: pa.Table, places: Sequence[int]) -> pa.Table:
    """Return the rows of both in order; the others were in doubt, and have places among all records."""
    if not places:
        return typed.rows
    number = {place: before for before, place in enumerate(typed.doubtful)}
    pieces, at, taken = [], 0, 0
    for before, together in groupby(places, lambda place: place - number[place]):
        count = len(list(together))
        pieces += [typed.rows.slice(at, before - at), others.slice(taken, count)]
        at, taken = before, taken + count
    return pa.concat_tables([*pieces, typed.rows.slice(at)]).combine_chunks()
