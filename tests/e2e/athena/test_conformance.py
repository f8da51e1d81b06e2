"""Every statement comes to what the documentation says, or is refused by name where that is allowed."""

import re
from collections.abc import Callable

import pytest

from tests.e2e.athena.conformance import STATEMENTS
from tests.e2e.athena.conformance.statement import Statement
from tests.e2e.athena.queries import Answer, Athena


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.sql[:80])
def test_a_statement_comes_to_what_the_documentation_says(
    lake: Athena, statement: Statement, record_property: Callable[[str, object], None]
) -> None:
    answer = lake.ask(statement.sql)

    if statement.may_refuse and answer.refused:
        record_property("refused", statement.sql)
        return
    if statement.error:
        assert answer.state == "FAILED", f"answered {answer.rows}; {statement.cite}"
        assert re.search(statement.error, answer.reason), f"{answer.reason}; {statement.cite}"
        return
    _check(answer, statement)


def _check(answer: Answer, statement: Statement) -> None:
    rows = answer.get()
    assert dict(answer.columns) == dict(statement.columns), statement.cite
    if statement.ordered:
        assert rows == list(statement.rows), statement.cite
    else:
        assert sorted(rows, key=repr) == sorted(statement.rows, key=repr), statement.cite


def test_there_is_no_statement_without_its_source() -> None:
    assert [statement.sql for statement in STATEMENTS if ": " not in statement.cite] == []


def test_no_statement_is_there_twice() -> None:
    every = [statement.sql for statement in STATEMENTS]

    assert sorted(every) == sorted(set(every))
