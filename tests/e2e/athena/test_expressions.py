"""Random expressions come to the same in PostgreSQL, where the two dialects mean the same."""

# ruff: noqa: S608 -- the statements are what is tested

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.athena import expressions
from tests.e2e.athena.queries import Athena, Row
from tests.postgres import running_postgres

# Which side of AND and OR is looked at first is up to the engine, and so is the error of the other; DuckDB also moves
# constants across a comparison, so that an overflow of `i - 2 = 0` goes unnoticed.
UNORDERED = (" AND ", " OR ", " IN ", "WHERE", "nullif", "=", "<", ">", "DISTINCT FROM")
ERRORS = ("NUMERIC_VALUE_OUT_OF_RANGE", "DIVISION_BY_ZERO")
any_expression = st.one_of(
    expressions.integers(), expressions.texts(), expressions.booleans(), expressions.dates(), expressions.decimals()
)
# Quick, and the same on every machine.
some = settings(max_examples=40, derandomize=True)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    with running_postgres() as address, psycopg.connect(address, autocommit=True) as connection:
        yield connection


def assert_alike(lake: Athena, postgres: Any, columns: list[str], rest: str) -> None:
    """Compare a query of both, value by value as text; an error of one is one of the other."""
    named = ", ".join(f"{expression} AS c{number}" for number, expression in enumerate(columns))
    answer = lake.ask(f"SELECT {named} {rest}")
    text = ", ".join(f"CAST(c{number} AS varchar)" for number in range(len(columns)))
    expected: list[Row] | None = None
    with suppress(psycopg.DataError):
        expected = postgres.execute(f"SELECT {text} FROM (SELECT {named} {rest}) AS q").fetchall()
    failed = answer.reason.startswith(ERRORS)
    if failed != (expected is None) and any(word in named + rest for word in UNORDERED):
        return
    assert failed == (expected is None), f"{answer.rows or answer.reason}, not {expected}"
    if expected is not None:
        assert sorted(answer.get(), key=repr) == sorted(expected, key=repr)


@some
@given(relation=expressions.relations(), columns=st.lists(any_expression, min_size=1, max_size=3))
def test_expressions_of_columns(lake: Athena, postgres: Any, relation: str, columns: list[str]) -> None:
    assert_alike(lake, postgres, columns, f"FROM {relation}")


@some
@given(relation=expressions.relations(), condition=expressions.booleans())
def test_conditions_choose_rows(lake: Athena, postgres: Any, relation: str, condition: str) -> None:
    assert_alike(lake, postgres, ["i", "s"], f"FROM {relation} WHERE {condition}")


@some
@given(relation=expressions.relations(), columns=st.lists(expressions.aggregates(), min_size=1, max_size=3))
def test_aggregates_of_all_rows(lake: Athena, postgres: Any, relation: str, columns: list[str]) -> None:
    assert_alike(lake, postgres, columns, f"FROM {relation}")


@some
@given(
    relation=expressions.relations(),
    key=st.one_of(expressions.texts(1), expressions.booleans(1), expressions.dates()),
    column=expressions.aggregates(),
)
def test_aggregates_of_groups(lake: Athena, postgres: Any, relation: str, key: str, column: str) -> None:
    assert_alike(lake, postgres, [key, column], f"FROM {relation} GROUP BY 1")


@some
@given(
    left=expressions.relations(),
    right=expressions.relations(),
    kind=st.sampled_from(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]),
    on=st.sampled_from(["x.i = y.i", "x.s = y.t", "x.i = y.b", "x.d = y.e", "x.i = y.i AND x.s = y.s", "x.f = y.f"]),
)
def test_joins(  # noqa: PLR0917 -- hypothesis names them
    lake: Athena, postgres: Any, left: str, right: str, kind: str, on: str
) -> None:
    rest = f"FROM (SELECT * FROM {left}) AS x {kind} (SELECT * FROM {right}) AS y ON {on}"

    assert_alike(lake, postgres, ["x.i", "x.s", "y.i", "y.t"], rest)


@some
@given(
    relation=expressions.relations(),
    function=st.sampled_from(["row_number()", "rank()", "dense_rank()", "sum(i)", "count(s)", "lag(s)", "max(i)"]),
    order=st.sampled_from(["b NULLS LAST, s NULLS LAST", "b DESC NULLS FIRST, s NULLS LAST"]),
)
def test_windows(lake: Athena, postgres: Any, relation: str, function: str, order: str) -> None:
    # Peers that a function would number in any order are made one row.
    distinct = f"(SELECT b, s, max(i) AS i FROM {relation} GROUP BY b, s) AS g"

    assert_alike(lake, postgres, ["b", "s", f"{function} OVER (ORDER BY {order})"], f"FROM {distinct}")
