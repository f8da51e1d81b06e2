"""The records of a JSON document, found one by one by their brackets: a broken one costs itself alone."""

import re
from collections.abc import Iterator
from typing import Any

from etl.errors import InputError
from etl.extract.files.options import Limits
from etl.extract.files.records import Text, decoded, too_long
from etl.extract.files.stream import Stream
from etl.values.json_text import parse_json

# A whole string, a bracket, a comma or a colon. The last token may be an open string, even one cut behind a backslash.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},:]', re.DOTALL)
_SPACE = b" \t\r\n"
_DEPTH = 12


def _nested() -> re.Pattern[bytes]:
    """Return a pattern that matches a whole object or array of the usual depth."""
    inside = rb'[^\[\]{}"]++|"(?:[^"\\]++|\\.)*+"'
    value = rb"(?!)"
    for _ in range(_DEPTH):
        value = rb"[\[{](?:%b|%b)*+[\]}]" % (inside, value)
    return re.compile(value, re.DOTALL)


_NESTED = _nested()


def elements(stream: Stream, path: str | None, limits: Limits) -> Iterator[Text]:
    """Yield the elements of the array to which `path` leads, each with the line that it starts on.

    `path` is keys joined by dots; None when the document is the array. Raise InputError when there is no such array,
    the document ends early, or the text around the array is not strict JSON.
    """
    reader = _Reader(stream, limits)
    yield from reader.records([] if path is None else path.split("."), f"{stream.name}: {path or 'the document'}")
    if byte := reader.next_byte():
        raise reader.unexpected(byte, "behind the document's end")


class _Reader:
    """A place in the document. Memory holds as much of it as one value takes."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._stream, self._limits = stream, limits
        self._data, self._at, self._line, self._ended = b"", 0, 1, False

    def next_byte(self) -> bytes:
        """Return the next byte that is not white space, without passing it; empty at the end."""
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

    def records(self, keys: list[str], where: str) -> Iterator[Text]:
        """Yield the elements of the array to which the keys lead; all else has to be strict JSON."""
        if not keys:
            if self.next_byte() != b"[":
                raise InputError(f"{where} is not an array of records: give the keys that lead to it")
            most = self._limits.record_bytes
            for line, raw in self._items():
                yield too_long(line, raw, len(raw), most) if len(raw) > most else decoded(line, raw, [])
            return
        found = False
        for name in self._members() if self.next_byte() == b"{" else ():
            if name == keys[0]:
                found = True
                yield from self.records(keys[1:], where)
            else:
                self._pass_value()
        if not found:
            raise InputError(f"{where} is not there: give the keys that lead to the array of records")

    def unexpected(self, byte: bytes, place: str) -> InputError:
        """Return the error for a byte that cannot stand at this place; no byte means that the document ends."""
        if not byte:
            return InputError(
                f"{self._stream.name} ends in line {self._line}, before the document does: fetch it again"
            )
        return InputError(
            f"{self._stream.name}, line {self._line}: {byte!r} stands {place}: repair the document;"
            " otherwise it is unclear where the next record starts"
        )

    def _items(self) -> Iterator[tuple[int, bytes]]:
        """Yield the elements of the array that starts here, with their lines, and pass its end."""
        self.skip(1)
        if self.next_byte() == b"]":
            self.skip(1)
            return
        separator = b","
        while separator == b",":
            self.next_byte()
            line, raw = self._line, self._value()
            separator = self.next_byte()
            if not separator:
                raise self.unexpected(separator, "")
            yield line, raw
            if separator not in b",]":
                raise self.unexpected(separator, "where the array goes on")
            self.skip(1)

    def _members(self) -> Iterator[str]:
        """Yield each key of the object that starts here when its value is next, and pass the object's end."""
        self.skip(1)
        if self.next_byte() == b"}":
            self.skip(1)
            return
        names: set[str] = set()
        separator = b","
        while separator == b",":
            if (byte := self.next_byte()) != b'"':
                raise self.unexpected(byte, "where an object has a key")
            name = self._parsed(self._line, self._value())
            if (byte := self.next_byte()) != b":":
                raise self.unexpected(byte, "behind a key")
            if name in names:
                raise InputError(
                    f"{self._stream.name}, line {self._line}: key {name!r} is there twice: repair the document"
                )
            names.add(name)
            self.skip(1)
            yield name
            separator = self.next_byte()
            if not separator or separator not in b",}":
                raise self.unexpected(separator, "where the object goes on")
            self.skip(1)

    def _pass_value(self) -> None:
        """Pass a value without records. Elements of an array are passed one by one: it may be large."""
        if self.next_byte() == b"[":
            for line, raw in self._items():
                self._parsed(line, raw)
        else:
            self._parsed(self._line, self._value())

    def _parsed(self, line: int, raw: bytes) -> Any:
        try:
            return parse_json(raw.decode())
        except ValueError as error:
            raise InputError(
                f"{self._stream.name}, line {line}: the text beside the records is not strict JSON ({error}):"
                " repair the document"
            ) from error

    def _value(self) -> bytes:
        """Pass one value, or everything up to the next comma or closing bracket, and return it."""
        whole = _NESTED.match(self._data, self._at)
        return self._take(whole.end()) if whole is not None else self._tokens()

    def _tokens(self) -> bytes:
        """Pass a value that is not an object or array, is nested deeply, or does not end in what was read."""
        depth, at = 0, self._at
        while True:
            found = _TOKEN.search(self._data, at)
            if found is None or (found.end() == len(self._data) and not self._ended):
                if len(self._data) - self._at > self._limits.chunk_bytes + self._limits.record_bytes:
                    raise InputError(
                        f"{self._stream.name}: the value that starts in line {self._line} does not end in time:"
                        " a bracket or a quote is not closed. Repair the document"
                    )
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
