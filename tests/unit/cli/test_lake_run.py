"""`etl run lake_export`: options in, chunks out; and options that a pipeline does not know."""

import json

import pytest
from serverless_app.cli.inputs import execution_input

from tests.unit.cli.account import Account, Run, exported, planned
from tests.unit.cli.conftest import Etl

DAY = "2024-12-21"
PLAN = planned("workflows", {DAY: 7, "2024-12-20": 5}, first=DAY, last=DAY)
FAILED = {"state": "Export", "dataset": "workflows", "day": "2024-12-20", "error": "SourceError", "cause": "it is gone"}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("", {}),
        ("--date 2024-12-21", {"date": DAY}),
        (
            "--start-date 2024-12-01 --end-date 2024-12-31 --table workflows --table agent_tasks --force",
            {
                "start_date": "2024-12-01",
                "end_date": "2024-12-31",
                "tables": ["workflows", "agent_tasks"],
                "force": True,
            },
        ),
    ],
)
def test_options_are_the_input_of_the_execution(account: Account, options: str, sent: dict[str, object]) -> None:
    account.machine.runs = [Run()]
    assert account.etl(f"run lake_export {options}").exit_code == 0
    assert account.machine.started[0].input == sent


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "run lake_export --start 2024-12-21T00:00:00Z",
            "lake_export knows no --start; it takes --date, --start-date,",
        ),
        ("run etl_pipeline --table workflows", "etl_pipeline knows no --table; it takes --date, --start, --end"),
        ("run etl_pipeline --force", "etl_pipeline knows no --force"),
        ("run etl_pipeline --start-date 2024-12-01", "etl_pipeline knows no --start-date"),
    ],
)
def test_an_option_that_a_pipeline_does_not_know_is_refused_by_name(etl: Etl, line: str, said: str) -> None:
    result = etl(line)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_a_pipeline_that_is_not_known_here_judges_its_input_itself() -> None:
    assert execution_input("trip_records", None, {"date": "2024-12", "table": None}) == {"date": "2024-12"}


def test_a_run_ends_with_its_chunks_and_totals(account: Account) -> None:
    account.machine.runs = [Run([PLAN, exported("workflows", DAY, 7), exported("workflows", "2024-12-20", 5)])]
    result = account.etl("run lake_export")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["workflows", "2024-12-20", "new", "published", "5", "0", "50"] in lines
    assert ["workflows", "2024-12-21", "new", "published", "7", "0", "70"] in lines
    assert ["2", "chunks", "12", "0", "120"] in lines
    assert result.exit_code == 0


def test_a_chunk_that_failed_is_listed_with_its_cause_and_an_exit_code(account: Account) -> None:
    account.machine.runs = [Run([PLAN, exported("workflows", DAY, 7)], status="FAILED", failed=[FAILED])]
    result = account.etl("run lake_export")
    assert result.exit_code == 1
    assert ["workflows", "2024-12-20", "new", "failed", "0", "0", "0"] in [
        line.split() for line in result.stdout.splitlines()
    ]
    assert "SourceError: it is gone" in result.stdout


def test_as_json_a_run_has_its_chunks_and_what_failed(account: Account) -> None:
    account.machine.runs = [Run([PLAN, exported("workflows", DAY, 7)], status="FAILED", failed=[FAILED])]
    result = account.etl("run lake_export --json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["status"], document["failed"]) == (1, "FAILED", [FAILED])
    assert [(one["day"], one["status"], one["rows"]) for one in document["chunks"]] == [
        ("2024-12-20", "failed", 0),
        (DAY, "published", 7),
    ]


def test_a_run_under_way_has_chunks_that_are_only_planned(account: Account) -> None:
    account.machine.runs = [Run([PLAN, exported("workflows", DAY, 7)], running=2)]
    assert account.etl("run lake_export").exit_code == 0
