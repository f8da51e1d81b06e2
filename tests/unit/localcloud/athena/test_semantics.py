"""Where DuckDB differs silently from Trino, the answer is Trino's, or there is none.

Sources: Trino's documentation of functions, sections "Mathematical", "Decimal", "Conversion", "Array", "Comparison".
"""

import pytest

from localcloud.athena.errors import AthenaError
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
        ("substr('abc', 2, NULL)", None),
        ("substr('abc', 2, -1)", ""),
        ("day(NULL)", None),
        ("TIMESTAMP '2020-01-01 00:00:00+00:00'", "2020-01-01 00:00:00.000 UTC"),
        ("CAST('2020-01-01 00:00:00.000001+00:00' AS timestamp(6) with time zone)", "2020-01-01 00:00:00.000001 UTC"),
        ("split_part('a,b', ',', 5)", None),
        ("regexp_extract('abc', 'x')", None),
        ("upper('ß')", "ß"),
        ("element_at(ARRAY[1], 2)", None),
        ("contains(ARRAY[1, NULL], 2)", None),
        ("date_trunc('month', DATE '2024-02-29')", "2024-02-01"),
        ("date_parse('69', '%y')", "2069-01-01 00:00:00.000"),
        ("date_parse('70', '%y')", "1970-01-01 00:00:00.000"),
        ("date_parse('05:10', '%H:%i')", "1970-01-01 05:10:00.000"),
        ("date_parse('2020-01-05 01:02:03.123456', '%Y-%m-%d %T.%f')", "2020-01-05 01:02:03.123"),
        ("try(date_parse('05.01.2020', '%Y-%m-%d'))", None),
        ("format_datetime(TIMESTAMP '2020-01-05 13:02:03', 'EEE d MMM yy, h:mm a')", "Sun 5 Jan 20, 1:02 PM"),
        ("format_datetime(TIMESTAMP '2020-01-05 13:02:03', 'HH ''o''''clock %''')", "13 o'clock %"),
        ("CAST(TIMESTAMP '9999-12-31 23:59:59.999999' AS timestamp(3)) > TIMESTAMP '9999-12-31 23:59:59.999'", "true"),
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
        ("regexp_like('1', 1)", "NOT_SUPPORTED"),
        ("regexp_replace('1', '1', 1)", "FUNCTION_NOT_FOUND"),
        ("date_trunc('day', TIMESTAMP '2020-02-29 01:02:03 America/New_York')", "NOT_SUPPORTED"),
        ("array_agg(x) IGNORE NULLS OVER () FROM (VALUES 1) AS t(x)", "NOT_SUPPORTED"),
        ("date_parse(' 2020-01-01', '%Y-%m-%d')", "INVALID_FUNCTION_ARGUMENT"),
        ("date_format(DATE '2020-01-01', '%U')", "NOT_SUPPORTED"),
        ("format_datetime(DATE '2020-01-01', 'QQ')", "NOT_SUPPORTED"),
        ("greatest(1e0, nan())", "NOT_SUPPORTED"),
        ("try(json_extract('{}', '$..a'))", "NOT_SUPPORTED"),
        ("try(replace('a', '', 'b'))", "NOT_SUPPORTED"),
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
