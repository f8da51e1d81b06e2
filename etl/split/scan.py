"""Which lines of a stretch are records beyond doubt, found a stretch at a time, and which need a closer look.

A line is *plain* when it is UTF-8 without NUL, not blank, not too long, and its quotes stand where RFC 4180 wants
them and are closed: whatever engine reads it sees the same fields. All other lines are read one by one.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from etl.split.csv_records import CsvReader, Incomplete, Text, decoded, lines_in, too_long

_BLOCK = 64 * 1024


class Run(NamedTuple):
    """Consecutive plain lines."""

    start: int
    end: int
    """Their bytes in the stretch."""
    line: int
    """The number of the first in the file."""
    before: int
    """How many plain lines stand before them in the stretch."""


class Scanned(NamedTuple):
    """A stretch, taken apart; its plain lines and `odd` together are its records, in the order of their lines."""

    data: bytes
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

    def number_of(self, place: int) -> int:
        """Return the number in the file of the plain line at a place among them, from 0."""
        run = self.runs[bisect_right(self.runs, place, key=lambda run: run.before) - 1]
        return run.line + place - run.before

    def plain_before(self, line: int) -> int:
        """Return how many plain lines stand before a line of the file."""
        at = bisect_right(self.runs, line, key=lambda run: run.line)
        if at == 0:
            return 0
        run, most = self.runs[at - 1], self.runs[at].before if at < len(self.runs) else self.plain
        return min(run.before + line - run.line, most)


class LineScanner:
    """Takes stretches apart in which every line is a record of its own."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

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
        for start, end in sorted(set(self._doubtful(data))):
            if start >= runs.at:
                runs.add_plain(start)
                text, behind = self._read(data, start, end, runs.line, final=final)
                if text is None:
                    return runs.scanned(rest=data[start:])
                runs.add_odd(text, behind)
        runs.add_plain(len(data))
        return runs.scanned(rest=b"")

    def _read(self, data: bytes, start: int, end: int, line: int, *, final: bool) -> tuple[Text | None, int]:  # noqa: ARG002 -- as CSV asks
        if end - start > self.limit:
            return too_long(line, data[start:end], end - start, self.limit), end
        return decoded(line, data[start:end], []), end

    def _doubtful(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Find the lines that are not plain, some of them twice."""
        if data.count(b"\r") != data.count(b"\r\n"):
            yield from _all_lines(data)
            return
        yield from _long(data, self.limit)
        yield from _blank(data)
        yield from _with_nul(data)
        yield from _not_utf8(data)


class CsvScanner(LineScanner):
    """Takes the stretches of a CSV file apart."""

    def __init__(self, delimiter: str, limit: int) -> None:
        super().__init__(limit)
        one = re.escape(delimiter.encode())
        # DuckDB is not asked to tell a quoted nothing from an unquoted one, so the former is not plain.
        field = rb'(?:"(?:[^"\r\n]++|"")++"|[^"\r\n%b]*+)' % one
        self._well_quoted = re.compile(rb"%b(?:%b%b)*+(?:\r\n|\n|\Z)" % (field, one, field))
        self.delimiter = delimiter
        self.reader = CsvReader(delimiter, limit)

    def _read(self, data: bytes, start: int, end: int, line: int, *, final: bool) -> tuple[Text | None, int]:
        try:
            return self.reader.read(data, start, line, final=final)
        except Incomplete:
            return None, end

    def _doubtful(self, data: bytes) -> Iterator[tuple[int, int]]:
        yield from super()._doubtful(data)
        match = self._well_quoted.match
        at = data.find(b'"') if data.count(b"\r") == data.count(b"\r\n") else -1
        while at >= 0:
            start, end = _line_around(data, at)
            found = match(data, start)
            if found is None or found.end() < end:
                yield start, end
            at = data.find(b'"', end)


class _Runs:
    """The runs of a stretch, and what stands between them, while it is gone through."""

    def __init__(self, data: bytes, first: int) -> None:
        self.data, self.line, self.at = data, first, 0
        self._runs: list[Run] = []
        self._odd: list[Text] = []
        self._plain = self._blank = 0

    def add_plain(self, end: int) -> None:
        if end > self.at:
            count = self.data.count(b"\n", self.at, end)
            count += self.data[end - 1] != ord("\n")
            self._runs.append(Run(self.at, end, self.line, self._plain))
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
        return Scanned(self.data, self._runs, self._plain, self._odd, self._blank, rest, self.line)


def _line_around(data: bytes, at: int) -> tuple[int, int]:
    return data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1 or len(data)


def _all_lines(data: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    for line in data.splitlines(keepends=True):
        yield at, at + len(line)
        at += len(line)


def _long(data: bytes, limit: int) -> Iterator[tuple[int, int]]:
    at = 0
    while len(data) - at > limit:
        end = data.rfind(b"\n", at, at + limit) + 1
        if not end:
            yield (line := _line_around(data, at))
            end = line[1]
        at = end


def _blank(data: bytes) -> Iterator[tuple[int, int]]:
    # Looking for two bytes takes longer than to split.
    if b"" not in data.splitlines():
        return
    for end in (b"\n", b"\r\n"):
        if data.startswith(end):
            yield 0, len(end)
        at = data.find(b"\n" + end)
        while at >= 0:
            yield at + 1, at + 1 + len(end)
            at = data.find(b"\n" + end, at + 1)


def _with_nul(data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(b"\0")
    while at >= 0:
        yield (line := _line_around(data, at))
        at = data.find(b"\0", line[1])


def _not_utf8(data: bytes) -> Iterator[tuple[int, int]]:
    at = len(data) if data.isascii() else 0
    while at < len(data):
        # Block by block: text that is not ASCII takes up to four times its bytes while it is decoded.
        end = data.rfind(b"\n", at, at + _BLOCK) + 1 or _line_around(data, at)[1]
        try:
            data[at:end].decode()
        except UnicodeDecodeError as error:
            yield (line := _line_around(data, at + error.start))
            end = line[1]
        at = end
