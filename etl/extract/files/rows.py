"""Records that were taken apart, to typed rows and refused records: the path that decides."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from etl.contracts.model import Contract
from etl.extract.files.csv_records import Text
from etl.extract.files.parts import Refused, raw_text
from etl.quality.row_rules import RowRules, source_schema, without_echoes
from etl.values.records import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Take = Callable[[Text], tuple[list[Any], list[Problem]]]
"""From a record to its values in the order of the schema, and what is wrong with them."""


class Decided(NamedTuple):
    """Good rows with the lines that they start at, and the refused records; both in order."""

    good: pa.Table
    lines: list[int]
    refused: list[Refused]


class RowReader:
    """The contract at work on one record after the other."""

    def __init__(self, contract: Contract, rules: RowRules, take: Take) -> None:
        self.schema = source_schema(contract)
        self._rules = rules
        self._take = take

    def decide(self, engine: "DuckDBPyConnection", texts: Sequence[Text]) -> Decided:
        """Return what the contract says about each record.

        Parameters
        ----------
        engine
            For the rules.
        texts
            In the order of their lines.

        Returns
        -------
        Decided
        """
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
            if found := without_echoes(problems, broken):
                refused[at] = found
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
