"""The rules on rows that reject, over rows that are typed already."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp

from etl.contracts.arrow import arrow_schema
from etl.contracts.model import Contract, Field, Severity
from etl.contracts.types import Array, Struct
from etl.errors import ContractError
from etl.quality.rules import Rule, rules_of
from etl.values.records import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def source_schema(contract: Contract) -> pa.Schema:
    """Return the schema of what a source brings: that of the dataset without its computed fields."""
    whole = arrow_schema(contract)
    return pa.schema([whole.field(field.name) for field in contract.source_fields], whole.metadata)


def _refuse_alike(path: str, fields: Iterable[Field]) -> None:
    """Refuse fields that only upper and lower case tells apart: DuckDB, of ASCII, would take one for the other."""
    seen: dict[bytes, str] = {}
    for field in fields:
        if (other := seen.setdefault(field.name.encode().lower(), field.name)) != field.name:
            raise ContractError(
                f"{path}: only upper and lower case tells fields {other!r} and {field.name!r} apart, which the engines"
                " do not look at: rename one"
            )
        inner = field
        while isinstance(inner.type, Array):
            inner = inner.type.item
        if isinstance(inner.type, Struct):
            _refuse_alike(f"{path}.{field.name}", inner.type.fields)


class RowRules:
    """The rules of a contract that one row breaks by itself, and is rejected for."""

    def __init__(self, contract: Contract, *, asked: bool = True) -> None:
        """Leave rules out that a computed field takes part in; ContractError for one that rejects by other rows."""
        _refuse_alike(contract.dataset, contract.fields)
        computed = {field.name for field in contract.fields if field.computed is not None}
        rejecting = [rule for rule in rules_of(contract) if asked and rule.severity is Severity.REJECT]
        for rule in rejecting:
            if not rule.on_rows:
                raise ContractError(
                    f"{contract.dataset}: rule {rule.id} rejects a row because of other rows, which a file that is"
                    " read in stretches does not have at hand: give it severity error"
                )
        # That a value is of its type is what typing says.
        conditions = [(rule, rule.failing("duckdb")) for rule in rejecting if rule.code != "type"]
        kept = [(rule, sql) for rule, sql in conditions if not _columns(sql) & computed]
        self._rules = [rule for rule, _ in kept]
        self.conditions: Sequence[str] = [sql for _, sql in kept]
        nulls = {f"{_quoted(field.name)} IS NULL": field.name for field in contract.source_fields}
        self._null = {place: nulls[sql] for place, sql in enumerate(self.conditions) if sql in nulls}
        self._asked = [(place, sql) for place, sql in enumerate(self.conditions) if sql not in nulls]
        self._looked_at = sorted(set().union(*(_columns(sql) for _, sql in self._asked)))

    def breaking(self, engine: "DuckDBPyConnection", rows: pa.Table) -> pa.BooleanArray:
        """Return which rows break a rule.

        `rows`: typed as the contract says; what may not be null may be.
        Returns: as long as `rows`, without nulls.
        """
        return reduce(pc.or_, self._verdicts(engine, rows), pa.repeat(False, rows.num_rows))

    def broken(self, engine: "DuckDBPyConnection", rows: pa.Table) -> list[list[Problem]]:
        """Return what each row breaks, in the order of the contract's rules.

        `engine, rows`: as in `breaking`.
        Returns: as long as `rows`.
        """
        problems: list[list[Problem]] = [[] for _ in range(rows.num_rows)]
        if not problems:
            return problems
        for rule, verdict in zip(self._rules, self._verdicts(engine, rows), strict=True):
            for row in pc.indices_nonzero(verdict).to_pylist():
                problems[row].append(_problem(rule))
        return problems

    def _verdicts(self, engine: "DuckDBPyConnection", rows: pa.Table) -> list[pa.BooleanArray]:
        """Return which rows break each rule. What is only about nulls, no engine has to be asked."""
        verdicts = {place: rows.column(name).is_null().combine_chunks() for place, name in self._null.items()}
        if self._asked:
            judged_rows = rows.select(self._looked_at)  # noqa: F841 -- DuckDB finds it by its name
            answer = engine.sql(f"SELECT {', '.join(sql for _, sql in self._asked)} FROM judged_rows").to_arrow_table()  # noqa: S608 -- rendered
            for (place, _), column in zip(self._asked, answer.columns, strict=True):
                verdicts[place] = column.combine_chunks()
        return [verdicts[place] for place in sorted(verdicts)]


def without_echoes(found: list[Problem], broken: Iterable[Problem]) -> list[Problem]:
    """Add what rules say, but for fields whose value was found wrong: to a rule these look like nulls."""
    wrong = [problem.field for problem in found]
    return found + [
        problem
        for problem in broken
        if not any(_is_within(problem.field, field) or _is_within(field, problem.field) for field in wrong)
    ]


def _is_within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _problem(rule: Rule) -> Problem:
    return Problem(rule.code, ", ".join(rule.columns) or rule.id, rule.description)


def _columns(sql: str) -> set[str]:
    tree = sqlglot.parse_one(sql, read="duckdb")
    return {column.parts[0].name for column in tree.find_all(exp.Column)}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
