"""`etl validate`: what is held against what, how it is shown, and what counts as a finding."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from etl.pipelines.lake_export.messages import Finding, PlanResult, ValidateResult
from etl.runs.ledger import ChunkRecord
from tests.unit.cli.account import Account, failure, planned

FIRST, LAST = "2024-12-20", "2024-12-21"
LINE = f"validate lake_export --start-date {FIRST} --end-date {LAST} --table workflows"
KEY = "workflows/year=2024/month=12/day={}/data.parquet"


def good(day: str, rows: int = 100) -> ChunkRecord:
    return ChunkRecord(
        "published",
        run="a",
        rows_in=rows,
        rows_out=rows - 1,
        rejected=1,
        fingerprint="1.0.0/x/y",
        key=KEY.format(day[8:]),
    )


@pytest.fixture
def lake(account: Account) -> Account:
    """Two days that stand in the lake as they are in the source."""
    account.know(FIRST, good(FIRST))
    account.know(LAST, good(LAST, rows=1234))
    plans(account)
    finds(account)
    return account


def plans(account: Account, days: dict[str, int] | None = None, **known: Any) -> None:
    def plan(request: dict[str, Any]) -> PlanResult:
        first, last = request["input"]["start_date"], request["input"]["end_date"]
        return planned(request["dataset"], days or {}, first=first, last=last, **known)

    account.functions.by_name["lake-plan"] = plan


def finds(account: Account, *findings: Finding) -> None:
    account.functions.by_name["lake-validate"] = lambda given: ValidateResult(len(given["chunks"]), list(findings))


def row(shown: str, day: str) -> list[str]:
    (found,) = [line.split() for line in shown.splitlines() if line.split()[:2] == ["workflows", day]]
    return found[2:]


def test_a_lake_that_has_everything_passes(lake: Account) -> None:
    result = lake.etl(LINE)
    assert row(result.stdout, LAST) == ["1,234", "1", "1,233", "✓", "✓", "✓", "✓", "✓"]
    assert "The destination has what the source has: 2 chunks." in result.stdout
    assert result.exit_code == 0


def test_the_lake_is_asked_for_what_the_ledger_says_was_exported(lake: Account) -> None:
    lake.etl(LINE)
    ((_, asked),) = [one for one in lake.functions.asked if one[0] == "lake-validate"]
    assert asked["chunks"] == [
        {"dataset": "workflows", "part": FIRST, "status": "published", "rows": 99, "key": KEY.format("20")},
        {"dataset": "workflows", "part": LAST, "status": "published", "rows": 1233, "key": KEY.format("21")},
    ]


@pytest.mark.parametrize(
    ("check", "marks"),
    [
        ("object", ["✗", "✓", "✓", "-", "-"]),
        ("rows", ["✓", "✗", "✓", "✓", "✓"]),
        ("partition", ["✓", "✓", "✗", "✓", "✓"]),
        ("parquet", ["✓", "✓", "✓", "✗", "✓"]),
        ("schema", ["✓", "✓", "✓", "✓", "✗"]),
    ],
)
def test_a_finding_is_a_cross_under_its_check_and_an_exit_code(lake: Account, check: Any, marks: list[str]) -> None:
    finds(lake, Finding("workflows", LAST, check, "is not as it should be"))
    result = lake.etl(LINE)
    assert row(result.stdout, LAST)[3:] == marks
    assert row(result.stdout, FIRST)[3:] == ["✓"] * 5
    assert f"workflows {LAST}: is not as it should be" in result.stdout
    assert result.exit_code == 1


def test_late_rows_are_a_finding_and_named(lake: Account) -> None:
    plans(lake, {FIRST: 103})
    result = lake.etl(LINE)
    assert row(result.stdout, FIRST)[:3] == ["103", "1", "99"]
    assert row(result.stdout, FIRST)[4] == "✗"
    assert "3 late rows: PostgreSQL has 103, 100 were exported" in result.stdout
    assert result.exit_code == 1


def test_a_day_that_was_never_exported_is_a_finding_when_it_has_rows(account: Account) -> None:
    plans(account, {LAST: 4, FIRST: 0})
    finds(account)
    result = account.etl(LINE)
    assert row(result.stdout, LAST) == ["4", "0", "0", "✗", "✓", "✓", "-", "-"]
    assert row(result.stdout, FIRST) == ["0", "0", "0", "✓", "✓", "✓", "-", "-"]
    assert "was never exported, and PostgreSQL has 4 rows" in result.stdout
    assert result.exit_code == 1


def test_a_table_that_cannot_be_read_does_not_keep_the_others_from_being_checked(lake: Account) -> None:
    def plan(request: dict[str, Any]) -> Any:
        if request["dataset"] == "agent_tasks":
            return failure("SourceError", "table agent_tasks lacks the column tags")
        return planned(request["dataset"], {}, first=FIRST, last=LAST)

    lake.functions.by_name["lake-plan"] = plan
    result = lake.etl(f"{LINE} --table agent_tasks")
    assert row(result.stdout, LAST)[3:] == ["✓"] * 5
    assert "agent_tasks: SourceError: table agent_tasks lacks the column tags" in result.stdout
    assert result.exit_code == 1


def test_what_the_contract_does_not_know_is_a_note_and_no_finding(lake: Account) -> None:
    plans(lake, extra_columns=["shoe_size"], unplaced=3)
    result = lake.etl(LINE)
    assert "workflows has columns that its contract does not know: shoe_size are left out" in result.stdout
    assert "workflows has 3 rows that belong to no day" in result.stdout
    assert result.exit_code == 0


def test_as_json_counts_and_findings_stand_beside_each_other(lake: Account) -> None:
    finds(lake, Finding("workflows", LAST, "partition", "has no partition"))
    result = lake.etl(f"{LINE} --json")
    document = json.loads(result.stdout)
    assert (document["passed"], document["first"], document["last"], result.exit_code) == (False, FIRST, LAST, 1)
    assert document["findings"] == [
        {"dataset": "workflows", "part": LAST, "check": "partition", "found": "has no partition"}
    ]
    assert [(one["rows"], one["exported"], one["rejected"]) for one in document["chunks"]] == [
        (100, 99, 1),
        (1234, 1233, 1),
    ]


@pytest.mark.parametrize(("option", "days"), [("", 7), ("--days 1", 1), ("--days 40", 40)])
def test_days_end_yesterday_and_go_month_by_month(account: Account, option: str, days: int) -> None:
    plans(account)
    finds(account)
    before = datetime.now(UTC).date()
    account.etl(f"validate lake_export --table workflows {option}")
    asked = [given["input"] for name, given in account.functions.asked if name == "lake-plan"]
    first, last = date.fromisoformat(asked[0]["start_date"]), date.fromisoformat(asked[-1]["end_date"])
    # The test may run across midnight.
    assert last in (before - timedelta(days=1), before)
    assert (last - first).days + 1 == days
    assert all(one["start_date"][:7] == one["end_date"][:7] for one in asked)


@pytest.mark.parametrize(
    "options",
    ["--days 3 --start-date 2024-12-01 --end-date 2024-12-03", "--start-date 2024-12-01", "--date 2024-12-01 --days 3"],
)
def test_days_are_named_in_one_way(account: Account, options: str) -> None:
    result = account.etl(f"validate lake_export {options}")
    assert (result.exit_code, account.functions.asked) == (1, [])
    assert "give --days, --date, or both --start-date and --end-date" in result.stderr
