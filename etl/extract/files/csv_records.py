"""CSV records one by one, as RFC 4180 writes them: the reader that decides where the fast one is in doubt."""

import re
from typing import NamedTuple

from etl.values.records import Problem

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_OPEN = re.compile(rb'"(?:[^"]++|"")*+\Z')
_HEAD_BYTES = 64 * 1024


class Text(NamedTuple):
    """A record as it stands in a file; without fields when a problem kept it from being taken apart."""

    line: int
    raw: bytes
    fields: list[str | None] | None
    problem: Problem | None = None


class Incomplete(Exception):
    """A quoted field is still open where the data ends."""


class CsvReader:
    """Takes records off the front of bytes that begin and end with a line."""

    def __init__(self, delimiter: str, record_bytes: int) -> None:
        one = re.escape(delimiter.encode())
        self._field = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^"\r\n%b]*+))(%b|\r\n|\r|\n|\Z)' % (one, one))
        self._delimiter = delimiter.encode()
        self._most = record_bytes

    def read(self, data: bytes, start: int, line: int, *, final: bool) -> tuple[Text, int]:
        """Read the record that starts at a place.

        Parameters
        ----------
        data
            Whole lines; nothing follows when `final`.
        start, line
            Where the record starts, as offset and as line.
        final
            Whether the file ends where the data does.

        Returns
        -------
        tuple of Text and int
            The record and the offset behind it. A quote that is out of place or not
            closed costs its line alone.

        Raises
        ------
        Incomplete
            The record may go on behind the data.
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
        problem = Problem("nul", "", "no character NUL") if b"\0" in raw else _no_utf8(raw)
        problem = problem or Problem("quotes", "", "quotes around whole fields, doubled inside them, and closed")
        return Text(line, raw, None, problem), end


def decoded(line: int, raw: bytes, fields: list[bytes | None]) -> Text:
    """Return a record with its fields as text, or with the problem that a byte of it is no text."""
    if b"\0" in raw:
        return Text(line, raw, None, Problem("nul", "", "no character NUL"))
    if (problem := _no_utf8(raw)) is not None:
        return Text(line, raw, None, problem)
    return Text(line, raw, [None if one is None else one.decode() for one in fields])


def too_long(line: int, head: bytes, length: int, most: int) -> Text:
    """Return the stand-in of a line that is longer than a record may be, with its beginning only."""
    expected = f"at most {most} bytes, not {length}; the record is cut"
    return Text(line, head[:_HEAD_BYTES], None, Problem("too_long", "", expected))


def _no_utf8(raw: bytes) -> Problem | None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return Problem("encoding", "", f"UTF-8, which byte {error.start + 1} is not")
    return None


def lines_in(raw: bytes) -> int:
    """Return how many lines a record takes, from 1."""
    return max(1, len(_LINE_END.findall(raw)))
