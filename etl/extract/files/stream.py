"""The bytes of a file as UTF-8, in stretches of whole lines, whatever its compression or encoding."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from etl.errors import InputError, NotFound
from etl.extract.files.options import Limits
from etl.extract.files.records import Text, too_long

_GZIP = b"\x1f\x8b"
_UTF8_BOM = codecs.BOM_UTF8
_WIDE_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Stream:
    """A file that is read once, from front to end."""

    def __init__(self, file: BinaryIO, name: str, encoding: str) -> None:
        """`name` is the name that messages use for the open `file`."""
        self.name = name
        self._read = _transcoding(_unpacked(file), name, encoding)

    def read(self, size: int) -> bytes:
        """Return about `size` bytes of UTF-8 without a byte order mark; empty at the end.

        Raise InputError when the file is not in its encoding, or its compressed data is broken.
        """
        try:
            return self._read(size)
        except EOFError as error:
            raise InputError(f"{self.name} ends in the middle of its gzip data: fetch it again") from error
        except (zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{self.name} is broken gzip data ({error}): fetch it again") from error


@contextmanager
def opened(source: Path | BinaryIO, name: str, encoding: str) -> Iterator[Stream]:
    """Open a path, or read a file that is open already and leave it open."""
    if not isinstance(source, Path):
        yield Stream(source, name, encoding)
        return
    try:
        file = source.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"{source} does not exist: correct the path") from error
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}") from error
    with file:
        yield Stream(file, name, encoding)


class _Unpacked:
    """Reads the bytes that were peeked at, and then the file."""

    def __init__(self, peeked: bytes, file: BinaryIO) -> None:
        self._peeked, self._file = peeked, file

    def read(self, size: int = -1) -> bytes:
        if self._peeked:
            head, self._peeked = self._peeked, b""
            return head
        return self._file.read(size) or b""


def _unpacked(file: BinaryIO) -> _Unpacked:
    head = _at_least(file, len(_GZIP))
    if head[: len(_GZIP)] != _GZIP:
        return _Unpacked(head, file)
    packed = io.BufferedReader(_Raw(_Unpacked(head, file)))
    return _Unpacked(b"", gzip.GzipFile(fileobj=packed))  # type: ignore[arg-type]  # gzip only calls `read`


class _Raw(io.RawIOBase):
    """Lets a buffered reader read from an `_Unpacked`."""

    def __init__(self, source: _Unpacked) -> None:
        self._source = source
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stub's Buffer has no slices
        data = self._left or self._source.read(len(buffer))
        taken, self._left = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _at_least(file: BinaryIO, size: int) -> bytes:
    head = b""
    while len(head) < size and (more := file.read(size - len(head))):
        head += more
    return head


def _transcoding(source: _Unpacked, name: str, encoding: str) -> Callable[[int], bytes]:
    try:
        codec = codecs.lookup(encoding)
    except LookupError as error:
        raise InputError(f"{name}: encoding {encoding!r} is unknown; give one of Python's, such as latin-1") from error
    if codec.name in ("utf-8", "utf-8-sig", "ascii"):
        return _Utf8(source, name).read
    return _Transcoded(source, name, codec).read


class _Utf8:
    def __init__(self, source: _Unpacked, name: str) -> None:
        self._source, self._name, self._begun = source, name, False

    def read(self, size: int) -> bytes:
        if self._begun:
            return self._source.read(size)
        self._begun = True
        head = b""
        while len(head) < len(codecs.BOM_UTF32_LE) and (more := self._source.read(size)):
            head += more
        for mark, encoding in _WIDE_BOMS.items():
            if head.startswith(mark):
                raise InputError(f"{self._name} is in {encoding}, by its byte order mark: give the option {encoding=}")
        return head.removeprefix(_UTF8_BOM) or (self._source.read(size) if head else b"")


class _Transcoded:
    def __init__(self, source: _Unpacked, name: str, codec: codecs.CodecInfo) -> None:
        self._source, self._name, self._encoding = source, name, codec.name
        self._decode = codec.incrementaldecoder("strict").decode
        self._ended = False

    def read(self, size: int) -> bytes:
        text = ""
        while not text and not self._ended:
            data = self._source.read(size)
            self._ended = not data
            try:
                text = self._decode(data, self._ended)
                # Some codecs give halves of surrogate pairs, which UTF-8 cannot hold.
                encoded = text.encode()
            except UnicodeError as error:
                raise InputError(
                    f"{self._name} is not in {self._encoding} ({error}): give its actual encoding"
                ) from error
            if encoded:
                return encoded.removeprefix(_UTF8_BOM)
        return b""


class Stretch(NamedTuple):
    """Whole lines, and behind them perhaps one gigantic line without its middle."""

    data: bytes
    cut: Text | None
    """Its line is 0; the reader that counts lines sets it."""
    final: bool


def stretches(stream: Stream, limits: Limits) -> Iterator[Stretch]:
    """Yield the file in stretches of about `chunk_bytes`; the last one is `final`.

    Joined they are the file, except for the middle of lines that are longer than a record may be: no such line is held
    in memory.
    """
    rest = b""
    while data := stream.read(limits.chunk_bytes):
        end = _last_line_end(data)
        if end or rest.endswith(b"\r"):
            # Lines are copied once, and only the rest of the data twice.
            whole, rest = b"".join((rest, memoryview(data)[:end])), data[end:]
            yield Stretch(whole, None, final=False)
        else:
            rest += data
        if len(rest) > limits.record_bytes:
            cut, rest, ended = _skip_line(stream, rest, limits)
            yield Stretch(b"", cut, final=False)
            if ended:
                break
    yield Stretch(rest, None, final=True)


def _last_line_end(data: bytes) -> int:
    end = data.rfind(b"\n") + 1
    # A CR in the last byte may be the first half of CR LF.
    return max(end, data.rfind(b"\r", end, len(data) - 1) + 1)


def _skip_line(stream: Stream, head: bytes, limits: Limits) -> tuple[Text, bytes, bool]:
    length, data, ended = 0, head, False
    while True:
        if data.endswith(b"\r"):
            data += stream.read(1)
        if (end := _first_line_end(data)) or ended:
            break
        length += len(data)
        data = stream.read(limits.chunk_bytes)
        ended = not data
    return too_long(0, head, length + end, limits.record_bytes), data[end:], ended


def _first_line_end(data: bytes) -> int:
    ends = [at for at in (data.find(b"\n"), data.find(b"\r")) if at >= 0]
    if not ends:
        return 0
    end = min(ends) + 1
    return end + (data[end - 1 : end + 1] == b"\r\n")
