"""Text files whose records follow from their numbers, and the truth about each record.

DuckDB makes the records. Bytes that no text may hold (invalid UTF-8, a NUL) are put in while the file is written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.data import count_of

PERIOD = 10_007
NO_UTF8 = "\U0010fffd"
NUL = "\U0010fffc"

_BYTES = ((NO_UTF8.encode(), b"\xff"), (NUL.encode(), b"\x00"))
_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class Lines:
    """A kind of file: its columns, its records, and the kinds of bad records."""

    header: str
    values: str
    """A query over `numbered (n, kind, noise)`: the correct values of each record, by name, and `kind`."""
    line: str
    """An expression over those values: the record as the file has it."""
    types: Mapping[str, str]
    """The columns and their types, the record's number first."""
    codes: Mapping[str, str]
    """The kinds of bad records, each with the reason code that it is rejected with."""

    @property
    def number(self) -> str:
        """The column with the record's number."""
        return next(iter(self.types))


def remainders(lines: Lines) -> dict[str, tuple[int, ...]]:
    """Return the records of each bad kind: those whose number leaves one of these remainders."""
    return {
        kind: tuple(range(100 * number, 100 * number + 1 + number % 3)) for number, kind in enumerate(lines.codes, 1)
    }


def bad(lines: Lines, rows: int, kinds: Collection[str] | None = None) -> dict[str, int]:
    """Return how many of the records must be rejected with each reason code, for some kinds or for all."""
    counts = dict.fromkeys(lines.codes.values(), 0)
    for kind, at in remainders(lines).items():
        if kinds is None or kind in kinds:
            counts[lines.codes[kind]] += count_of(at, rows, PERIOD)
    return {code: count for code, count in counts.items() if count}


def write(lines: Lines, path: Path, rows: int, without: Sequence[str] = ()) -> None:
    """Write records, except those of the kinds in `without`."""
    kept = " AND ".join(["true", *(f"kind IS DISTINCT FROM '{kind}'" for kind in without)])
    with duckdb.connect() as engine, path.open("wb") as file:
        file.write(lines.header.encode())
        for start in range(0, rows, _AT_ONCE):
            numbered = _numbered(lines, start, min(rows, start + _AT_ONCE))
            written = engine.sql(f"{numbered} SELECT {lines.line} || chr(10) AS line FROM valued WHERE {kept}")  # noqa: S608 -- ours
            for batch in written.to_arrow_reader(50_000):
                text = "".join(batch.column(0).to_pylist()).encode()
                for stand_in, byte in _BYTES:
                    text = text.replace(stand_in, byte)
                file.write(text)


def write_truth(lines: Lines, path: Path, rows: int) -> None:
    """Write as Parquet the truth about each record: its number, its kind, and a fingerprint of the correct values."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        values = f"{lines.number} AS number, kind, {fingerprint(lines.types)} AS fingerprint"
        query = f"{_numbered(lines, 0, rows)} SELECT {values} FROM valued"  # noqa: S608 -- our own expressions
        engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def fingerprint(types: Mapping[str, str]) -> str:
    """Return an expression that tells two rows apart, whatever types they are stored in."""
    typed = ", ".join(f'CAST("{name}" AS {type_})' for name, type_ in types.items())
    return f"hash({typed})"


def _numbered(lines: Lines, start: int, stop: int) -> str:
    return f"""
    WITH placed AS (SELECT range AS n, range % {PERIOD} AS place FROM range({start}, {stop})),
    numbered AS (SELECT n, {_kind(remainders(lines))} AS kind, (n * 2654435761) % 4294967296 AS noise FROM placed),
    valued AS ({lines.values})
    """  # noqa: S608 -- our own numbers


def _kind(places: Mapping[str, Sequence[int]]) -> str:
    whens = (f"WHEN place IN ({', '.join(map(str, at))}) THEN '{kind}'" for kind, at in places.items())
    return f"CASE {' '.join(whens)} END"
