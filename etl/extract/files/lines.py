"""Stretches of whole lines from a stream; a line that no memory should hold is cut out on the way."""

from collections.abc import Iterator
from typing import NamedTuple

from etl.extract.files.csv_records import Text, too_long
from etl.extract.files.options import Limits
from etl.extract.files.stream import Stream


class Stretch(NamedTuple):
    """Whole lines, and a gigantic one, without its middle, behind them."""

    data: bytes
    cut: Text | None
    """Its line is counted from the end of `data`, from 0."""
    final: bool


def stretches(stream: Stream, limits: Limits) -> Iterator[Stretch]:
    """Yield the file in stretches of about `chunk_bytes`, the last of which is `final`.

    Parameters
    ----------
    stream
        The file.
    limits
        Chunks, and the longest record.

    Yields
    ------
    Stretch
        Joined they are the file, but for the middle of lines that are longer than a record may be.
    """
    rest = b""
    while data := stream.read(limits.chunk_bytes):
        end = _last_line_end(data)
        if end or rest.endswith(b"\r"):
            # The lines are copied once, and only what is left of the data once more.
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
    # The last byte may be the first half of CR LF.
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
    found = [at for at in (data.find(b"\n"), data.find(b"\r")) if at >= 0]
    if not found:
        return 0
    end = min(found) + 1
    return end + (data[end - 1 : end + 1] == b"\r\n")
