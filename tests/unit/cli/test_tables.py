"""Executions as people see them: a map in a row, long lists cut, and nothing said twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from serverless_app.cli.tables import references_table, run_tables, states_table
from serverless_app.executions import Execution, State

START = datetime(2024, 12, 22, 2, tzinfo=UTC)


def state(name: str, given: Any, made: Any, *, failures: list[str] | None = None, seconds: float = 2) -> State:
    return State(name, START, given, START + timedelta(seconds=seconds), made, failures or [])


def execution(*states: State, **known: Any) -> Execution:
    given = {"status": "SUCCEEDED", "output": None, "error": None, "cause": None} | known
    return Execution("a-run", started=START, stopped=START, input={}, states=states, **given)


def lines(*tables: Table) -> list[list[str]]:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(*tables)
    return [line.split() for line in captured.get().splitlines()]


def test_the_items_of_a_map_are_one_row_with_their_failures() -> None:
    items = [state("Item", number, number, failures=["TransientError: busy"] * number) for number in range(3)]
    ran = execution(state("Map", [], {"rows": 3}, seconds=7), *items)
    assert ["Item", "3", "of", "3", "visits,", "3", "attempts", "failed", "6.00"] in lines(states_table(ran))
    assert lines(references_table(ran)).count(["Item", "failed", "TransientError:", "busy"]) == 3


def test_counts_stand_where_they_were_made_and_not_where_they_are_handed_on() -> None:
    ran = execution(state("Export", {}, {"rows": 1234}), state("Verdict", {"rows": 1234}, {"rows": 1234}))
    assert ["Export", "succeeded", "2.00", "rows", "1,234"] in lines(states_table(ran))
    assert ["Verdict", "succeeded", "2.00"] in lines(states_table(ran))
    assert [line for line in lines(references_table(ran)) if line[:1] == ["Verdict"]] == []


def test_of_a_long_list_the_first_items_are_shown() -> None:
    shown = lines(references_table(execution(state("Plan", {}, {"chunks": [1, 2, 3, 4, 5], "days": [6, 7, 8]}))))
    assert " ".join(shown[-1]) == 'Plan output {"chunks": [1, 2, 3, "… and 2 more"], "days": [6, 7, 8]}'


def test_what_failed_in_a_run_is_listed_also_when_nothing_could_be_planned() -> None:
    one = {"state": "Plan", "dataset": "workflows", "part": None, "error": "SourceError", "cause": "it is gone"}
    ran = execution(state("Incomplete", {"failed": [one]}, {}), status="FAILED", error="SourceError", cause="a list")
    assert ["workflows", "SourceError:", "it", "is", "gone"] in lines(*run_tables(ran))
