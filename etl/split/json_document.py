"""The records of a JSON document, one by one: found by their brackets, so that a broken one costs itself alone."""

import re
from collections.abc import Iterator

from etl.errors import InputError
from etl.split.csv_records import Text, decoded, too_long
from etl.split.options import Limits
from etl.split.stream import Stream

# A whole string, a bracket, a comma or a colon; a string that is still open is the last match.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{},:]', re.DOTALL)
_SPACE = b" \t\r\n"


def elements(stream: Stream, path: str | None, limits: Limits) -> Iterator[Text]:
    """Yield the elements of an array of a document.

    Parameters
    ----------
    stream
        With one JSON document.
    path
        Keys that lead to the array, joined by dots; None when it is the document itself.
    limits
        Of the bytes at a time and of an element.

    Yields
    ------
    Text
        An element as it stands there, with the line that it starts on.

    Raises
    ------
    InputError
        There is no such array, or the document ends before the array does.
    """
    reader = _Reader(stream, limits)
    where = f"{stream.name}: {path or 'the document'}"
    for key in [] if path is None else path.split("."):
        if not reader.enter(key.encode()):
            raise InputError(f"{where} is not there: give the keys that lead to the array of records")
    if reader.next_byte() != b"[":
        raise InputError(f"{where} is no array of records: give the keys that lead to it")
    reader.skip(1)
    yield from reader.elements()


class _Reader:
    """A place in the document, with as much of it as one value takes."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._stream, self._limits = stream, limits
        self._data, self._at, self._line, self._ended = b"", 0, 1, False

    def next_byte(self) -> bytes:
        """Return the next byte that is no white space, without passing it; none at the end."""
        while True:
            while self._at < len(self._data):
                if self._data[self._at] not in _SPACE:
                    return self._data[self._at : self._at + 1]
                self.skip(1)
            if not self._more():
                return b""

    def skip(self, size: int) -> None:
        self._line += self._data.count(b"\n", self._at, self._at + size)
        self._at += size

    def enter(self, key: bytes) -> bool:
        """Go to the value of a key of the object that starts here."""
        if self.next_byte() != b"{":
            return False
        self.skip(1)
        while self.next_byte() == b'"':
            name = self._value()
            if self.next_byte() != b":":
                return False
            self.skip(1)
            if name == b'"%b"' % key:
                return True
            self.next_byte()
            self._value()
            if self.next_byte() != b",":
                return False
            self.skip(1)
        return False

    def elements(self) -> Iterator[Text]:
        first = True
        while (byte := self.next_byte()) != b"]" or not first:
            line = self._line
            raw = self._value()
            if not byte or (not self.next_byte()):
                raise InputError(
                    f"{self._stream.name} ends in line {self._line}, before its array does: fetch it again"
                )
            most = self._limits.record_bytes
            yield too_long(line, raw, len(raw), most) if len(raw) > most else decoded(line, raw, [])
            first = False
            separator = self.next_byte()
            self.skip(1)
            if separator == b"]":
                return
            if separator != b",":
                raise InputError(
                    f"{self._stream.name}, line {self._line}: {separator!r} stands where the array goes on: mend the"
                    " document, as nobody can tell where the next record starts"
                )

    def _value(self) -> bytes:
        """Pass one value, or whatever stands up to the next comma or closing bracket, and return it."""
        depth, at = 0, self._at
        while True:
            found = _TOKEN.search(self._data, at)
            if len(self._data) - self._at > self._limits.chunk_bytes + self._limits.record_bytes:
                raise InputError(
                    f"{self._stream.name}: the value that starts in line {self._line} does not end in time:"
                    " a bracket or a quote is not closed. Mend the document"
                )
            if found is None or (found.end() == len(self._data) and not self._ended):
                keep = found.start() if found is not None else len(self._data)
                at, known = keep - self._at, self._more()
                at += self._at
                if not known and found is None:
                    return self._take(len(self._data))
                continue
            token = found[0]
            if token in b"[{":
                depth += 1
            elif token in b"]}":
                if depth == 0:
                    return self._take(found.start())
                depth -= 1
                if depth == 0:
                    return self._take(found.end())
            elif token in (b",", b":") and depth == 0:
                return self._take(found.start())
            at = found.end()

    def _take(self, end: int) -> bytes:
        raw = self._data[self._at : end]
        self.skip(end - self._at)
        return raw.rstrip(_SPACE)

    def _more(self) -> bool:
        """Read on, and forget what was passed; `_at` moves to the front."""
        if self._ended:
            return False
        data = self._stream.read(self._limits.chunk_bytes)
        self._ended = not data
        self._data, self._at = self._data[self._at :] + data, 0
        return bool(data)
