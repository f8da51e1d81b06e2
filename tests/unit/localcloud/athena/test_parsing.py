"""Parameters are literals and nothing else; what other dialects allow is a syntax error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.athena.errors import AthenaError
from localcloud.athena.parsing import bind, parse
from localcloud.athena.results import _line, read_csv
from tests.unit.localcloud.athena.conftest import Ask


def test_parameters_take_the_places_of_the_marks_in_their_order() -> None:
    assert (
        bind("SELECT ?, '?' FROM t WHERE a = ? LIMIT ?", ["1", "'it''s'", "3"])
        == "SELECT 1, '?' FROM t WHERE a = 'it''s' LIMIT 3"
    )


@pytest.mark.parametrize("value", ["1; DROP TABLE t", "(SELECT 1)", "a", "1 OR 1=1", "1 -- ", "f(1)", "1, 2", ""])
def test_a_parameter_that_is_more_than_a_literal_never_reaches_the_statement(value: str) -> None:
    try:
        bound = bind("SELECT ? FROM t", [value])
    except AthenaError:
        return
    assert bound == "SELECT 1 FROM t"  # a comment is dropped with the rest of the value's own text


def test_too_few_parameters_are_refused() -> None:
    with pytest.raises(AthenaError, match="expected 2 but found 1"):
        bind("SELECT ?, ?", ["1"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '1'::integer",
        "SELECT 1 == 1",
        "SELECT [1, 2]",
        "SELECT INTERVAL 1 DAY",
        "SELECT * FROM (FROM t)",
        "SELECT 1x",
        "SELECT 1; SELECT 2",
    ],
)
def test_what_only_other_dialects_have_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(AthenaError, match="SYNTAX_ERROR"):
        parse(sql)


def test_underscores_in_numbers_are_ignored(ask: Ask) -> None:
    assert ask("SELECT 1_000_000 + 1") == [["1000001"]]


@given(st.lists(st.lists(st.none() | st.text(), min_size=2, max_size=2), max_size=5))
def test_a_result_file_reads_back_as_it_was_written(rows: list[list[str | None]]) -> None:
    body = b"".join(_line(row) for row in rows).decode(errors="surrogatepass")

    assert list(read_csv(body)) == rows
