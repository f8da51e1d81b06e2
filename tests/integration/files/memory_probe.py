"""Split files that are made while they are read, and print the peak of the process's memory behind each."""

import sys
from collections.abc import Iterator
from typing import BinaryIO, cast

from etl.contracts.model import Contract, Field
from etl.contracts.types import Date, Decimal, Integer, Text
from etl.extract.files import split
from tests.integration.memory_probe import _peak_kib

MEGABYTE = 1024 * 1024
ROWS = 10_000
ORDERS = Contract(
    id="orders",
    version="1.0.0",
    dataset="orders",
    fields=(
        Field(name="id", type=Integer(64), required=True),
        Field(name="day", type=Date()),
        Field(name="amount", type=Decimal(12, 2)),
        Field(name="name", type=Text()),
        Field(name="note", type=Text(), max_length=200),
    ),
)


class Made:
    """A file of so many megabytes that is nowhere."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        while 0 <= len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        data, self._left = self._left[:size], self._left[size:]
        return data


def _csv(megabytes: int) -> Iterator[bytes]:
    yield b"id,day,amount,name,note\n"
    yield from _repeated(b'%d,2026-02-%02d,%d.5,"Ann, %d",something that is said about it\n', megabytes)


def _json(megabytes: int) -> Iterator[bytes]:
    line = b'{"id":%d,"day":"2026-02-%02d","amount":%d.5,"name":"Ann, %d","note":"something that is said about it"}\n'
    yield from _repeated(line, megabytes)


def _line(megabytes: int) -> Iterator[bytes]:
    yield b"id,day,amount,name,note\n1,"
    for _ in range(megabytes):
        yield b"x" * MEGABYTE
    yield b"\n2,2026-02-01,1,Bo,\n"


def _open_quote(megabytes: int) -> Iterator[bytes]:
    yield b'id,day,amount,name,note\n1,2026-02-01,1,"Ann,\n'
    yield from _repeated(b"%d,2026-02-%02d,%d,Ann %d,\n", megabytes)


def _repeated(line: bytes, megabytes: int) -> Iterator[bytes]:
    # One row in a hundred has no such day.
    rows = ((n, 31 if n % 100 == 0 else 1 + n % 28, n, n) for n in range(ROWS))
    block = b"".join(line % row for row in rows)
    for _ in range(megabytes * MEGABYTE // len(block)):
        yield block


FILES = {"csv": _csv, "jsonl": _json, "line": _line, "quote": _open_quote}


def main(kind: str, *sizes: str) -> None:
    """Split a file of each size in turn; a line for each: records read, rejected, and the peak in KiB."""
    for size in sizes:
        source = cast("BinaryIO", Made(FILES[kind](int(size))))
        parts = split(source, ORDERS, format="jsonl" if kind == "jsonl" else "csv")
        for _ in parts:
            pass
        sys.stdout.write(f"{parts.summary.read} {parts.summary.rejected} {_peak_kib()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
