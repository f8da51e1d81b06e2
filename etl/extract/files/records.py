"""Single records: as they stand in a file, and as the contract's typed rows. This is the path that decides."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from etl.contracts.model import Contract
from etl.extract.files.work import Refused, raw_text
from etl.quality.row_rules import RowRules, source_schema, without_echoes
from etl.values.records import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HEAD_BYTES = 64 * 1024


class Text(NamedTuple):
    """A record as it stands in a file; `fields` is None when a problem kept it from being taken apart."""

    line: int
    raw: bytes
    fields: list[str | None] | None
    problem: Problem | None = None


Take = Callable[[Text], tuple[list[Any], list[Problem]]]
"""Turns a record into its values, in the order of the schema, and their problems."""


class Decided(NamedTuple):
    """Good rows with the lines that they start at, and the refused records; both in order."""

    good: pa.Table
    lines: list[int]
    refused: list[Refused]


class Typed(NamedTuple):
    """Rows that the fast path found good beyond doubt, and the places of the records that it left in doubt."""

    rows: pa.Table
    doubtful: Sequence[int]
    """Places of the doubtful records among all plain ones."""
    missing: Sequence[int] = ()
    """Doubtful records that have no row in `rows`."""
    left_out: Sequence[int] = ()
    """Rows of the other doubtful records. They are skipped on merging, which saves a copy."""


class RowReader:
    """Applies a contract to one record after the other."""

    def __init__(self, contract: Contract, rules: RowRules, take: Take) -> None:
        self.schema = source_schema(contract)
        self._rules = rules
        self._take = take

    def decide(self, engine: "DuckDBPyConnection", texts: Sequence[Text]) -> Decided:
        """Return the good rows and the refused records of `texts`, which come in the order of their lines."""
        refused: dict[int, list[Problem]] = {}
        candidates: list[tuple[int, list[Any], list[Problem]]] = []
        for at, text in enumerate(texts):
            values, problems = self._take(text) if text.problem is None else ([], [text.problem])
            if values:
                candidates.append((at, values, problems))
            else:
                refused[at] = problems
        table, good = self._table([values for _, values, _ in candidates]), []
        broken_rules = self._rules.broken(engine, table)
        for row, ((at, _, problems), broken) in enumerate(zip(candidates, broken_rules, strict=True)):
            if all_problems := without_echoes(problems, broken):
                refused[at] = all_problems
            else:
                good.append(row)
        return Decided(
            table if len(good) == table.num_rows else table.take(pa.array(good, pa.int64())),
            [texts[candidates[row][0]].line for row in good],
            [Refused(texts[at].line, refused[at], raw_text(texts[at].raw)) for at in sorted(refused)],
        )

    def _table(self, rows: list[list[Any]]) -> pa.Table:
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
        return pa.Table.from_arrays(arrays, schema=self.schema)


def decoded(line: int, raw: bytes, fields: list[bytes | None]) -> Text:
    """Return a record with its fields as text, or with the problem that a byte of it is not text."""
    if (problem := no_text(raw)) is not None:
        return Text(line, raw, None, problem)
    return Text(line, raw, [None if field is None else field.decode() for field in fields])


def too_long(line: int, head: bytes, length: int, most: int) -> Text:
    """Return a stand-in for a line of `length` bytes, of which a record may have `most`: only its beginning is kept."""
    expected = f"at most {most} bytes, not {length}; the record is cut"
    return Text(line, head[:_HEAD_BYTES], None, Problem("too_long", "", expected))


def no_text(raw: bytes) -> Problem | None:
    """Return why bytes are not text, if they are not."""
    if b"\0" in raw:
        return Problem("nul", "", "no character NUL")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return Problem("encoding", "", f"UTF-8, which byte {error.start + 1} is not")
    return None
