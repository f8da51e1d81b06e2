"""CSV records as RFC 4180 writes them: plain lines, found a stretch at a time, and others, read one by one.

A line is *plain* when it is UTF-8 without NUL and not too long, LF or CR LF ends it, and its quotes stand where
RFC 4180 wants them and are closed: every engine sees the same fields in it. All other lines are read one by one.
Blank lines count as plain at first, because looking for them costs more than all else.
"""

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import pyarrow as pa

from etl.extract.files.records import Text, decoded, no_text, too_long
from etl.values.records import Problem

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CR_ALONE = re.compile(rb"\r(?!\n)")
_OPEN = re.compile(rb'"(?:[^"]++|"")*+\Z')
_INDEX_BLOCK = 16 * 1024
_CHECKED_BYTES = 64 * 1024


class Incomplete(Exception):
    """A quoted field is still open where the data ends."""


class CsvReader:
    """Reads records off the front of bytes that begin and end with a line."""

    def __init__(self, delimiter: str, record_bytes: int) -> None:
        escaped = re.escape(delimiter.encode())
        self._field = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^"\r\n%b]*+))(%b|\r\n|\r|\n|\Z)' % (escaped, escaped))
        self._delimiter = delimiter.encode()
        self._most = record_bytes

    def read(self, data: bytes, start: int, line: int, *, final: bool) -> tuple[Text, int]:
        """Return the record at offset `start` and line `line`, and the offset behind it.

        `final` says that the file ends where the data does; otherwise Incomplete is raised for a record that may go on
        behind it. A quote that is out of place, or not closed, costs its line alone.
        """
        fields: list[bytes | None] = []
        limit, at = min(len(data), start + self._most), start
        while (found := self._field.match(data, at, limit)) is not None:
            quoted, plain, separator = found.groups()
            fields.append(plain or None if quoted is None else quoted.replace(b'""', b'"'))
            at = found.end()
            if separator != self._delimiter:
                if not separator and limit < len(data):
                    return self._broken(data, start, line)
                raw = data[start:at]
                return decoded(line, raw, fields), at
        if not final and limit == len(data) and _OPEN.match(data, at):
            raise Incomplete
        return self._broken(data, start, line)

    def _broken(self, data: bytes, start: int, line: int) -> tuple[Text, int]:
        found = _LINE.match(data, start)
        end = len(data) if found is None else found.end()
        if end - start > self._most:
            return too_long(line, data[start:end], end - start, self._most), end
        raw = data[start:end]
        problem = no_text(raw) or Problem("quotes", "", "quotes around whole fields, doubled inside them, and closed")
        return Text(line, raw, None, problem), end


def lines_in(raw: bytes) -> int:
    """Return how many lines a record takes: at least 1."""
    return max(1, len(_LINE_END.findall(raw)))


class LineIndex:
    """Finds lines by number without taking all of the data apart: it knows how many lines end before each block."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        counts = (data.count(b"\n", at, at + _INDEX_BLOCK) for at in range(0, len(data), _INDEX_BLOCK))
        self._ended = list(accumulate(counts, initial=0))

    def ended(self, place: int) -> int:
        """Return how many lines end before the byte at `place`."""
        block = place // _INDEX_BLOCK
        return self._ended[block] + self._data.count(b"\n", block * _INDEX_BLOCK, place)

    def line(self, number: int) -> bytes:
        """Return the line before which `number` lines end, with its own end."""
        block = max(bisect_left(self._ended, number) - 1, 0)
        lines = self._data[block * _INDEX_BLOCK : (block + 1) * _INDEX_BLOCK].split(b"\n", number - self._ended[block])
        start = min((block + 1) * _INDEX_BLOCK, len(self._data)) - len(lines[-1])
        return self._data[start : self._data.find(b"\n", start) + 1 or len(self._data)]


class Run(NamedTuple):
    """Consecutive plain lines, at bytes `start` to `end` of the stretch."""

    start: int
    end: int
    line: int
    """The number of the first line in the file."""
    before: int
    """How many plain lines of the stretch stand before this run."""
    ended: int
    """How many line feeds of the stretch stand before this run."""


class Scanned(NamedTuple):
    """A stretch, taken apart. Its records are its plain lines and `odd`, which are in the order of their lines."""

    data: bytes
    lines: LineIndex
    runs: list[Run]
    plain: int
    """The number of plain lines."""
    odd: list[Text]
    blank: int
    rest: bytes
    """The beginning of a record that may go on behind the stretch."""
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
        """Return the number in the file, and the bytes, of the plain line at `place` (from 0)."""
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
        escaped = re.escape(delimiter.encode())
        # As many quoted fields as stand close together.
        quoted = rb'(?<![^%b\n])"(?:[^"\r\n]++|"")*+"(?=[%b\r\n]|\Z)' % (escaped, escaped)
        self._well_quoted = re.compile(rb'(?:%b[^"]{0,64}+)++' % quoted)
        self.delimiter = delimiter
        self.reader = CsvReader(delimiter, limit)

    def scan(self, data: bytes, first: int, *, final: bool) -> Scanned:
        """Take a stretch of whole lines apart; `first` is the number of its first line."""
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
    """The runs of a stretch, and the records between them, collected while it is scanned."""

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
    """Yield the lines that a lone CR ends, and those behind them up to LF."""
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
        end = data.rfind(b"\n", at, at + _CHECKED_BYTES) + 1 or _line_around(data, at)[1]
        if not _is_utf8(data, at, end):
            try:
                data[at:end].decode()
            except UnicodeDecodeError as error:
                yield (line := _line_around(data, at + error.start))
                end = line[1]
        at = end


def _is_utf8(data: bytes, start: int, end: int) -> bool:
    # Python needs up to four times the bytes to decode text that is not ASCII; Arrow checks it in place.
    offsets = pa.py_buffer(struct.pack("=ii", 0, end - start))
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data).slice(start, end - start))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
