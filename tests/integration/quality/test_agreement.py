"""Random tables and contracts: DuckDB against a plain evaluation row by row, and Spark against DuckDB."""

import operator
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from etl.contracts import Contract, Field
from etl.contracts.model import Check as Rule
from etl.contracts.model import Metric
from etl.contracts.types import Date, Float, Integer, Text, Timestamp, Type
from etl.contracts.types import Decimal as Exact
from etl.quality.scorecard import Scorecard
from tests.integration.quality.engines import duckdb_check, same, spark_check

Row = dict[str, Any]
SCHEMA = pa.schema([
    ("i", pa.int64()), ("j", pa.int16()), ("d", pa.decimal128(9, 3)), ("f", pa.float64()),
    ("s", pa.string()), ("day", pa.date32()), ("at", pa.timestamp("us", "UTC")),
])  # fmt: skip
TYPES: dict[str, Type] = {
    "i": Integer(64),
    "j": Integer(16),
    "d": Exact(9, 3),
    "f": Float(64),
    "s": Text(),
    "day": Date(),
    "at": Timestamp(),
}
TEXTS = ["", "a", "A", "ab", "a_b", "a%", "\u00e9", "e\u0301", "\U0001f600", "'", "\\", "a\nb", "NaN", "null"]
DAYS = [date(1, 1, 1), date(1582, 10, 10), date(1970, 1, 1), date(2018, 2, 28), date(9999, 12, 31)]
TIMES = [datetime(day.year, day.month, day.day, 5, 30, tzinfo=UTC) for day in DAYS]
VALUES: dict[str, list[Any]] = {
    "i": [-(2**63), -1, 0, 1, 2, 3, 2**63 - 1],
    "j": [-32768, -1, 0, 1, 2, 32767],
    "d": [Decimal(one) for one in ("-999999.999", "-0.001", "0", "0.001", "1", "1.500", "999999.999")],
    "f": [float("nan"), float("inf"), float("-inf"), -0.0, 0.0, 0.1, 1.0, 1.5, -2.0],
    "s": TEXTS,
    "day": DAYS,
    "at": TIMES,
}
rows = st.lists(
    st.fixed_dictionaries({name: st.none() | st.sampled_from(VALUES[name]) for name in VALUES}), max_size=12
)


@dataclass(frozen=True)
class Condition:
    """SQL and what it means: true, false or None for a row."""

    sql: str
    meaning: Callable[[Row], bool | None]


def read(name: str) -> Callable[[Row], Any]:
    """A column's value; what is no value of its type is absent."""
    return lambda row: None if name == "f" and row["f"] is not None and not abs(row["f"]) < float("inf") else row[name]


OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
WRITTEN: dict[str, list[tuple[str, Any]]] = {
    "i": [("0", 0), ("-1", -1), ("9223372036854775807", 2**63 - 1), ("0.5", Decimal("0.5"))],
    "j": [("0", 0), ("2", 2), ("40000", 40000), ("1.0", Decimal(1))],
    "d": [("0", 0), ("0.001", Decimal("0.001")), ("1.5", Decimal("1.5")), ("1.5001", Decimal("1.5001"))],
    "f": [("0", 0.0), ("0.1", 0.1), ("1.5", 1.5), ("-2", -2.0)],
    "s": [("'" + one.replace("'", "''") + "'", one) for one in TEXTS],
    "day": [(f"'{one.isoformat()}'", one) for one in DAYS],
    "at": [(f"'{one.isoformat()}'", one) for one in TIMES],
}
Operand = tuple[str, Callable[[Row], Any]]


@st.composite
def operands(draw: st.DrawFn, name: str) -> Operand:
    if draw(st.booleans()):
        text, value = draw(st.sampled_from(WRITTEN[name]))
        return text, lambda _: value
    if name not in ("i", "j", "d") or draw(st.booleans()):
        return name, read(name)
    sign, other = draw(st.sampled_from(["+", "-", "*"])), draw(st.sampled_from(["j", "d", "i"]))
    apply = {"+": operator.add, "-": operator.sub, "*": operator.mul}[sign]
    return f"{name} {sign} {other}", lambda row: strict(apply, read(name)(row), read(other)(row))


def strict(apply: Callable[..., Any], *values: Any) -> Any:
    return None if None in values else apply(*values)


@st.composite
def comparisons(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(list(VALUES)))
    sign = draw(st.sampled_from(list(OPERATORS)))
    (left, left_of), (right, right_of) = (name, read(name)), draw(operands(name))
    return Condition(f"{left} {sign} {right}", lambda row: strict(OPERATORS[sign], left_of(row), right_of(row)))


@st.composite
def memberships(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(list(VALUES)))
    among = draw(st.lists(st.sampled_from(WRITTEN[name]) | st.just(("NULL", None)), min_size=1, max_size=3))
    negated = draw(st.booleans())

    def meaning(row: Row) -> bool | None:
        value = read(name)(row)
        if value is None:
            return None
        if any(one is not None and value == one for _, one in among):
            return not negated
        return None if any(one is None for _, one in among) else negated

    return Condition(f"{name} {'NOT ' * negated}IN ({', '.join(text for text, _ in among)})", meaning)


@st.composite
def likes(draw: st.DrawFn) -> Condition:
    parts = draw(st.lists(st.sampled_from(["a", "b", "_", "%", r"\_", r"\%", "!", r"\\", "\u00e9"]), max_size=4))
    expression = re.compile("".join({"_": ".", "%": ".*"}.get(one, re.escape(one[-1])) for one in parts), re.DOTALL)
    return Condition(
        f"s LIKE '{''.join(parts)}'",
        lambda row: None if row["s"] is None else expression.fullmatch(row["s"]) is not None,
    )


def absences() -> st.SearchStrategy[Condition]:
    return st.builds(
        lambda name, negated: Condition(
            f"{name} IS {'NOT ' * negated}NULL", lambda row: (read(name)(row) is None) != negated
        ),
        st.sampled_from(list(VALUES)),
        st.booleans(),
    )


def both(left: Condition, right: Condition) -> Condition:
    def meaning(row: Row) -> bool | None:
        values = (left.meaning(row), right.meaning(row))
        return False if False in values else None if None in values else True

    return Condition(f"({left.sql}) AND ({right.sql})", meaning)


def either(left: Condition, right: Condition) -> Condition:
    def meaning(row: Row) -> bool | None:
        values = (left.meaning(row), right.meaning(row))
        return True if True in values else None if None in values else False

    return Condition(f"({left.sql}) OR ({right.sql})", meaning)


def opposite(one: Condition) -> Condition:
    return Condition(f"NOT ({one.sql})", lambda row: strict(operator.not_, one.meaning(row)))


conditions = st.recursive(
    comparisons() | memberships() | likes() | absences(),
    lambda inner: st.builds(both, inner, inner) | st.builds(either, inner, inner) | st.builds(opposite, inner),
    max_leaves=4,
)


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    rules: dict[str, Any] = {"required": draw(st.booleans()), "unique": draw(st.booleans())}
    if name == "s":
        rules |= {"min_length": draw(st.none() | st.integers(0, 2)), "max_length": draw(st.none() | st.integers(1, 3))}
        rules["pattern"] = draw(st.sampled_from([None, "^a", r"a\z", "^[^\n]{1,2}\\z", "[A-Z]", "\\\\", "'"]))
        rules["allowed"] = draw(st.none() | st.lists(st.sampled_from(TEXTS), min_size=1).map(tuple))
        return Field(name=name, type=TYPES[name], **rules)
    bounds = st.sampled_from([one for one in VALUES[name] if name != "f" or abs(one) < float("inf")])
    exact = bounds.map(lambda one: Decimal(str(one)) if isinstance(one, float) else one)
    for rule in ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum"):
        rules[rule] = draw(st.none() | exact)
    return Field(name=name, type=TYPES[name], **rules)


@st.composite
def contracts(draw: st.DrawFn, most: int) -> tuple[Contract, dict[str, Condition]]:
    declared = {f"rule {place}": one for place, one in enumerate(draw(st.lists(conditions, min_size=1, max_size=most)))}
    query = "SELECT COUNT(*) FROM ${object} WHERE "
    checks = tuple(
        Rule(metric=Metric.SQL, name=name, query=query + one.sql, at_most=Decimal(0)) for name, one in declared.items()
    )
    asked = tuple(draw(fields(name)) for name in VALUES)
    key = Rule(metric=Metric.DUPLICATES, name="key", columns=("j", "s"), at_most=Decimal(0))
    contract = Contract(id="urn:test", version="1.0.0", dataset="things", fields=asked, checks=(*checks, key))
    return contract, declared


def expected(contract: Contract, declared: dict[str, Condition], table: list[Row]) -> dict[str, tuple[int, int]]:
    """Rows checked and failed of every rule, one row and one rule at a time."""
    counts: dict[str, tuple[int, int]] = {}
    for one in contract.fields:
        usable = [value for value in map(read(one.name), table) if value is not None]
        given = [row[one.name] for row in table if row[one.name] is not None]
        found = {
            "required": (len(table), len(table) - len(given)) if one.required else None,
            "type": (len(given), len(given) - len(usable)) if one.name == "f" else None,
            "length": _failures(usable, [
                None if one.min_length is None else lambda value, least=one.min_length: len(value) >= least,
                None if one.max_length is None else lambda value, most=one.max_length: len(value) <= most,
            ]),
            "pattern": _failures(usable, [one.pattern and re.compile(one.pattern.replace(r"\z", r"\Z")).search]),
            "range": _failures(usable, [
                None if bound is None else lambda value, holds=holds, bound=bound: holds(value, _like(value, bound))
                for holds, bound in (
                    (operator.ge, one.minimum), (operator.le, one.maximum),
                    (operator.gt, one.exclusive_minimum), (operator.lt, one.exclusive_maximum),
                )
            ]),
            "allowed": _failures(usable, [None if one.allowed is None else set(one.allowed).__contains__]),
            "unique": (len(usable), _repeated(usable)) if one.unique else None,
        }  # fmt: skip
        counts |= {f"{one.name}.{code}": numbers for code, numbers in found.items() if numbers is not None}
    keys = [(row["j"], row["s"]) for row in table if None not in (row["j"], row["s"])]
    counts["key"] = (len(keys), _repeated(keys))
    return counts | {
        name: (len(table), sum(one.meaning(row) is True for row in table)) for name, one in declared.items()
    }


def _failures(values: list[Any], tests: list[Any]) -> tuple[int, int] | None:
    asked = [test for test in tests if test is not None]
    return (len(values), sum(not all(test(value) for test in asked) for value in values)) if asked else None


def _like(value: Any, bound: Any) -> Any:
    return float(bound) if isinstance(value, float) else bound


def _repeated(values: list[Any]) -> int:
    return sum(count - 1 for count in Counter(values).values())


def counted(card: Scorecard) -> dict[str, tuple[int, int]]:
    return {one.rule: (one.checked, one.failed) for one in card.rules}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(contracts(6), rows)
def test_duckdb_counts_what_a_plain_evaluation_counts(
    tmp_path: Path, asked: tuple[Contract, dict[str, Condition]], table: list[Row]
) -> None:
    contract, declared = asked
    card = duckdb_check(tmp_path)(pa.Table.from_pylist(table, SCHEMA), contract)
    assert counted(card) == expected(contract, declared, table)


@pytest.mark.usefixtures("spark")
@settings(
    max_examples=2, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(contracts(4), st.lists(rows, min_size=4, max_size=4))
def test_spark_gives_the_scorecard_that_duckdb_gives(
    tmp_path: Path, spark: SparkSession, asked: tuple[Contract, dict[str, Condition]], parts: list[list[Row]]
) -> None:
    contract, _ = asked
    table = pa.Table.from_pylist([row for part in parts for row in part], SCHEMA)
    ours, theirs = duckdb_check(tmp_path)(table, contract), spark_check(tmp_path, spark)(table, contract)
    assert msgspec.to_builtins(same(theirs)) == msgspec.to_builtins(same(ours))
