"""Which lines of a stretch are records beyond doubt, found a stretch at a time, and which need a closer look.

A line is *plain* when it is UTF-8 without odd controls, not too long, and its quotes stand where RFC 4180 wants
them and are closed: whatever engine reads it sees the same fields. All other lines are read one by one. Blank ones
pass for plain at first, as to look for them costs more than all else.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from etl.extract.files.csv_records import CsvReader, Incomplete, Text, lines_in
from etl.extract.files.line_index import LineIndex

_BLOCK = 64 * 1024
_CR_ALONE = re.compile(rb"\r(?!\n)")


class Run(NamedTuple):
    """Consecutive plain lines."""

    start: int
    end: int
    """Their bytes in the stretch."""
    line: int
    """The number of the first in the file."""
    before: int
    """How many plain lines stand before them in the stretch."""
    ended: int
    """And how many line feeds."""


class Scanned(NamedTuple):
    """A stretch, taken apart; its plain lines and `odd` together are its records, in the order of their lines."""

    data: bytes
    lines: LineIndex
    runs: list[Run]
    plain: int
    """How many plain lines there are."""
    odd: list[Text]
    blank: int
    rest: bytes
    """What may go on behind the stretch."""
    next_line: int

    @property
    def read(self) -> int:
        """The number of records."""
        return self.plain + len(self.odd)

    def plain_bytes(self) -> bytes:
        """Return the plain lines, joined."""
        if len(self.runs) == 1 and self.runs[0][:2] == (0, len(self.data)):
            return self.data
        view = memoryview(self.data)
        return b"".join(view[run.start : run.end] for run in self.runs)

    def line(self, place: int) -> tuple[int, bytes]:
        """Return the plain line at a place among them, from 0, and its number in the file."""
        run = self.runs[bisect_right(self.runs, place, key=lambda run: run.before) - 1]
        return run.line + place - run.before, self.lines.line(run.ended + place - run.before)

    def plain_before(self, line: int) -> int:
        """Return how many plain lines stand before a line of the file."""
        at = bisect_right(self.runs, line, key=lambda run: run.line)
        if at == 0:
            return 0
        run, most = self.runs[at - 1], self.runs[at].before if at < len(self.runs) else self.plain
        return min(run.before + line - run.line, most)


class CsvScanner:
    """Takes the stretches of a CSV file apart."""

    def __init__(self, delimiter: str, limit: int) -> None:
        self.limit = limit
        one = re.escape(delimiter.encode())
        # Quoted fields, as many as stand close together.
        quoted = rb'(?<![^%b\n])"(?:[^"\r\n]++|"")*+"(?=[%b\r\n]|\Z)' % (one, one)
        self._well_quoted = re.compile(rb'(?:%b[^"]{0,64}+)++' % quoted)
        self.delimiter = delimiter
        self.reader = CsvReader(delimiter, limit)

    def scan(self, data: bytes, first: int, *, final: bool) -> Scanned:
        """Take a stretch apart.

        Parameters
        ----------
        data
            Whole lines.
        first
            The number of the first.
        final
            Whether the file ends here.

        Returns
        -------
        Scanned
        """
        runs = _Runs(data, first)
        for start, _ in sorted(set(self._doubtful(data))):
            if start >= runs.at:
                runs.add_plain(start)
                try:
                    text, behind = self.reader.read(data, start, runs.line, final=final)
                except Incomplete:
                    return runs.scanned(rest=data[start:])
                runs.add_odd(text, behind)
        runs.add_plain(len(data))
        return runs.scanned(rest=b"")

    def _doubtful(self, data: bytes) -> Iterator[tuple[int, int]]:
        yield from _no_text(data, self.limit)
        at = data.find(b'"')
        while at >= 0:
            found = self._well_quoted.match(data, at)
            if found is None:
                yield (line := _line_around(data, at))
                at = data.find(b'"', line[1])
            else:
                at = data.find(b'"', found.end())


class _Runs:
    """The runs of a stretch, and what stands between them, while it is gone through."""

    def __init__(self, data: bytes, first: int) -> None:
        self.data, self.line, self.at = data, first, 0
        self._lines = LineIndex(data)
        self._runs: list[Run] = []
        self._odd: list[Text] = []
        self._plain = self._blank = 0

    def add_plain(self, end: int) -> None:
        if end > self.at:
            ended = self._lines.ended(self.at)
            count = self._lines.ended(end) - ended
            count += self.data[end - 1] != ord("\n")
            self._runs.append(Run(self.at, end, self.line, self._plain, ended))
            self._plain += count
            self.line += count
            self.at = end

    def add_odd(self, text: Text, behind: int) -> None:
        if self.data[self.at : behind].strip(b"\r\n"):
            self._odd.append(text)
        else:
            self._blank += 1
        self.line += lines_in(self.data[self.at : behind])
        self.at = behind

    def scanned(self, rest: bytes) -> Scanned:
        return Scanned(self.data, self._lines, self._runs, self._plain, self._odd, self._blank, rest, self.line)


def _no_text(data: bytes, limit: int) -> Iterator[tuple[int, int]]:
    yield from _long(data, limit)
    yield from _with(b"\0", data)
    yield from _not_utf8(data)
    if b"\r" in data:
        yield from _ended_by_cr(data)


def _line_around(data: bytes, at: int) -> tuple[int, int]:
    return data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1 or len(data)


def _ended_by_cr(data: bytes) -> Iterator[tuple[int, int]]:
    """Find the lines that CR alone ends, and those behind them up to LF."""
    found = _CR_ALONE.search(data)
    while found is not None:
        at, end = _line_around(data, found.start())
        for line in data[at:end].splitlines(keepends=True):
            yield at, at + len(line)
            at += len(line)
        found = _CR_ALONE.search(data, end)


def _long(data: bytes, limit: int) -> Iterator[tuple[int, int]]:
    at = 0
    while len(data) - at > limit:
        end = data.rfind(b"\n", at, at + limit) + 1
        if not end:
            yield (line := _line_around(data, at))
            end = line[1]
        at = end


def _with(byte: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(byte)
    while at >= 0:
        yield (line := _line_around(data, at))
        at = data.find(byte, line[1])


def _not_utf8(data: bytes) -> Iterator[tuple[int, int]]:
    at = len(data) if _is_utf8(data, 0, len(data)) else 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + _BLOCK) + 1 or _line_around(data, at)[1]
        if not _is_utf8(data, at, end):
            try:
                data[at:end].decode()
            except UnicodeDecodeError as error:
                yield (line := _line_around(data, at + error.start))
                end = line[1]
        at = end


def _is_utf8(data: bytes, start: int, end: int) -> bool:
    # Text that is not ASCII takes up to four times its bytes while Python decodes it; Arrow looks at it in place.
    offsets = pa.py_buffer(struct.pack("=ii", 0, end - start))
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data).slice(start, end - start))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
