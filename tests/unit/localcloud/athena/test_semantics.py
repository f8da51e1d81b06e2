"""Where DuckDB differs silently from Trino, the answer is Trino's, or there is none.

Sources: Trino's documentation of functions, sections "Mathematical", "Decimal", "Conversion", "Array", "Comparison".
"""

import pytest

from serverless_app.localcloud.athena.errors import AthenaError
from tests.unit.localcloud.athena.conftest import Ask


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("1.00 / 3", "0.33"),
        ("CAST(2 AS decimal(10,2)) / CAST(3 AS decimal(10,2))", "0.67"),
        ("CAST(2.5e0 AS bigint)", "3"),
        ("CAST(-2.5e0 AS bigint)", "-3"),
        ("CAST(1.005e0 AS decimal(10,2))", "1.01"),
        ("CAST(1e10 AS varchar)", "1.0E10"),
        ("nan() = nan()", "false"),
        ("nan() <> nan()", "true"),
        ("1 IN (2, NULL)", None),
        ("greatest(1, NULL)", None),
        ("concat('a', NULL)", None),
        ("substr('abc', 0, 2)", ""),
        ("split_part('a,b', ',', 5)", None),
        ("regexp_extract('abc', 'x')", None),
        ("upper('ß')", "ß"),
        ("element_at(ARRAY[1], 2)", None),
        ("contains(ARRAY[1, NULL], 2)", None),
        ("date_trunc('month', DATE '2024-02-29')", "2024-02-01"),
        ("try_cast('1.5' AS integer)", None),
        ("try_cast(' 1' AS integer)", None),
    ],
)
def test_an_expression_comes_to_what_trino_says(ask: Ask, expression: str, answer: str | None) -> None:
    assert ask(f"SELECT {expression}") == [[answer]]


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("1 = '1'", "TYPE_MISMATCH"),
        ("1 || 'a'", "TYPE_MISMATCH"),
        ("true + 1", "TYPE_MISMATCH"),
        ("1 / 0", "DIVISION_BY_ZERO"),
        ("2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("CAST('1.5' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("ARRAY[1][2]", "INVALID_FUNCTION_ARGUMENT"),
        ("map(ARRAY['a'], ARRAY[1])['b']", "INVALID_FUNCTION_ARGUMENT"),
        ("regexp_like('a', '(?=a)')", "NOT_SUPPORTED"),
        ("json_extract('{}', '$..a')", "NOT_SUPPORTED"),
        ("(SELECT x FROM (VALUES 1, 2) AS t(x))", "SUBQUERY_MULTIPLE_ROWS"),
    ],
)
def test_what_trino_refuses_is_refused(ask: Ask, expression: str, error: str) -> None:
    with pytest.raises(AthenaError, match=error):
        ask(f"SELECT {expression}")


def test_nulls_come_last_in_either_direction(ask: Ask) -> None:
    assert ask("SELECT x FROM (VALUES 1, NULL, 2) AS t(x) ORDER BY x DESC") == [["2"], ["1"], [None]]


def test_an_alias_of_the_select_list_is_unknown_in_where(ask: Ask) -> None:
    with pytest.raises(AthenaError, match="COLUMN_NOT_FOUND"):
        ask("SELECT 1 AS a WHERE a = 1")
