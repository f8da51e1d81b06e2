"""`etl backfill`: a run a month, in order, taken up again where somebody left it; and what it would take."""

import json
from typing import Any

import pytest

from etl.pipelines.lake_export.messages import PlanResult
from etl.runs.ledger import ChunkRecord
from tests.unit.cli.account import Account, Run, exported, failure, planned

THREE_MONTHS = "backfill lake_export --start-date 2024-11-30 --end-date 2025-01-01"
SPANS = [("2024-11-30", "2024-11-30"), ("2024-12-01", "2024-12-31"), ("2025-01-01", "2025-01-01")]


def month(first: str, last: str, *, rows: int = 5, **ended: Any) -> Run:
    """A run that exports the first day of its month."""
    return Run(
        [planned("workflows", {first: rows}, first=first, last=last), exported("workflows", first, rows)], **ended
    )


def failed() -> Run:
    """A run that exports nothing."""
    one = {"state": "Plan", "dataset": "workflows", "part": None, "error": "TransientError", "cause": "refused"}
    return Run(status="FAILED", failed=[one])


def spans(account: Account) -> list[tuple[str, str]]:
    return [(one.input["start_date"], one.input["end_date"]) for one in account.machine.started]


def test_a_backfill_is_a_run_for_each_month_in_order(account: Account) -> None:
    account.machine.runs = [month(*span) for span in SPANS]
    result = account.etl(THREE_MONTHS)
    assert (result.exit_code, spans(account)) == (0, SPANS)
    assert "3 chunks with 15 rows were published, 0 stood there already, 0 have no rows, 0 are kept" in result.stdout


def test_tables_and_force_go_to_every_run(account: Account) -> None:
    account.machine.runs = [month(*span) for span in SPANS]
    account.etl(f"{THREE_MONTHS} --table workflows --table agent_tasks --table workflows --force")
    assert [(one.input["datasets"], one.input["force"]) for one in account.machine.started] == [
        (["workflows", "agent_tasks"], True)
    ] * 3


def test_an_interrupt_leaves_the_run_and_says_how_it_goes_on(account: Account) -> None:
    account.machine.runs = [month(*SPANS[0]), month(*SPANS[1], interrupted=True)]
    result = account.etl(THREE_MONTHS)
    assert result.exit_code == 130
    assert "The run of 2024-12-01 to 2024-12-31 goes on without you: etl show run-2 --target local." in result.stderr
    assert spans(account) == SPANS[:2]


def test_a_run_that_somebody_left_is_followed_and_not_started_again(account: Account) -> None:
    left = month(*SPANS[0], running=3)
    left.input = {"start_date": SPANS[0][0], "end_date": SPANS[0][1]}
    account.machine.started = [left]
    account.machine.runs = [month(*SPANS[1]), month(*SPANS[2])]
    result = account.etl(THREE_MONTHS)
    assert (result.exit_code, spans(account)) == (0, SPANS)
    assert "3 chunks with 15 rows" in result.stdout


def test_a_run_over_other_days_is_nobody_s_to_follow(account: Account) -> None:
    other = month("2024-11-30", "2024-11-30", running=9)
    other.input = {"date": "2024-11-30"}
    account.machine.started = [other]
    account.machine.runs = [month(*span) for span in SPANS]
    account.etl(THREE_MONTHS)
    assert len(account.machine.started) == 4


def test_a_failed_chunk_does_not_stop_the_months_after_it(account: Account) -> None:
    one = {"state": "Export", "dataset": "workflows", "part": "2024-12-02", "error": "SourceError", "cause": "gone"}
    account.machine.runs = [month(*SPANS[0]), month(*SPANS[1], status="FAILED", failed=[one]), month(*SPANS[2])]
    result = account.etl(THREE_MONTHS)
    assert (result.exit_code, spans(account)) == (1, SPANS)
    assert "SourceError: gone" in result.stdout
    assert "1 failed." in result.stdout


def test_a_run_in_which_nothing_succeeds_ends_the_backfill(account: Account) -> None:
    account.machine.runs = [month(*SPANS[0]), failed(), month(*SPANS[2])]
    result = account.etl(THREE_MONTHS)
    assert (result.exit_code, spans(account)) == (1, SPANS[:2])
    assert "the runs from 2025-01-01 on were not started" in " ".join(result.stdout.split())


def test_as_json_a_backfill_is_its_runs(account: Account) -> None:
    account.machine.runs = [month(*SPANS[0]), failed()]
    result = account.etl(f"{THREE_MONTHS} --json")
    document = json.loads(result.stdout)
    assert [(one["run"], one["status"], len(one["chunks"])) for one in document["runs"]] == [
        ("run-1", "SUCCEEDED", 1),
        ("run-2", "FAILED", 0),
    ]
    assert document["not_started"] == [{"start_date": "2025-01-01", "end_date": "2025-01-01"}]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--start-date 2024-12-02 --end-date 2024-12-01", "the days end on 2024-12-01, before their start 2024-12-02"),
        (
            "--start-date yesterday --end-date 2024-12-01",
            "--start-date yesterday is not a day: write it like",
        ),
        ("--start-date 2024-12-01 --end-date 20241231", "--end-date 20241231 is not a day"),
        (
            "--start-date 2024-12-01 --end-date 2024-12-01 --table nope",
            "there is no dataset 'nope' in lake_export; there are agent_interactions,",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_starts(account: Account, line: str, said: str) -> None:
    result = account.etl(f"backfill lake_export {line}")
    assert (result.exit_code, result.stdout, account.machine.started) == (1, "", [])
    assert said in result.stderr


def test_another_pipeline_is_refused_with_what_it_knows_instead(account: Account) -> None:
    result = account.etl("backfill etl_pipeline --start-date 2024-12-01 --end-date 2024-12-01")
    assert "etl_pipeline has no parts to backfill: it is run by its windows, `etl run etl_pipeline`" in result.stderr


def plans(request: dict[str, Any]) -> PlanResult:
    """Of workflows a day of 1,000 rows in every month, of the others nothing."""
    first = request["input"]["start_date"]
    days = {first: 1000} if request["dataset"] == "workflows" else {}
    return planned(request["dataset"], days, first=first, last=request["input"]["end_date"])


def test_a_dry_run_starts_nothing_and_asks_for_every_month_and_table(account: Account) -> None:
    account.functions.by_name["lake-plan"] = plans
    result = account.etl(f"{THREE_MONTHS} --dry-run --table workflows --table agent_tasks")
    assert (result.exit_code, account.machine.started) == (0, [])
    assert [(name, asked["dataset"], asked["input"]["start_date"]) for name, asked in account.functions.asked] == [
        ("lake-plan", dataset, first) for first, _ in SPANS for dataset in ("workflows", "agent_tasks")
    ]


def test_a_dry_run_says_what_it_assumes_and_whose_prices_it_takes(account: Account) -> None:
    account.functions.by_name["lake-plan"] = plans
    shown = " ".join(account.etl(f"{THREE_MONTHS} --dry-run --table workflows").stdout.split())
    for said in (
        "workflows 3 3,000",
        "minutes in 3 runs, 4 chunks at a time",
        "An estimate",
        "it knows too little of workflows, for which 120 bytes a row, 200,000 rows a second and 2 seconds a chunk are",
        "List prices of us-east-1, December 2024",
        "aws.amazon.com/lambda/pricing",
        "Nothing was run.",
    ):
        assert said in shown


def test_a_dry_run_goes_by_what_earlier_exports_took(account: Account) -> None:
    account.functions.by_name["lake-plan"] = plans
    for day, rows in (("2024-10-01", 100_000), ("2024-10-02", 300_000)):
        known = ChunkRecord("published", rows_in=rows, rows_out=rows, seconds=1 + rows / 100_000, bytes=rows * 50)
        account.know(day, known)
    document = json.loads(account.etl(f"{THREE_MONTHS} --dry-run --table workflows --json").stdout)
    assert document["paces"]["workflows"] == pytest.approx(
        {"bytes_per_row": 50, "rows_per_second": 100_000, "seconds_per_chunk": 1, "rows_known": 400_000}
    )
    found = document["estimate"]
    assert (found["chunks"], found["rows"], found["bytes"]) == (3, 3000, 150_000)
    # Three runs, each of which plans for ten seconds and exports one chunk in 1.01.
    assert found["minutes"] == pytest.approx(3 * 11.01 / 60)
    assert (document["connections"], document["memory_mb"]) == (4, 2048)
    assert [one["part"] for one in document["chunks"]] == [first for first, _ in SPANS]


def test_a_plan_that_fails_ends_the_dry_run_with_the_function_s_message(account: Account) -> None:
    account.functions.by_name["lake-plan"] = lambda _: failure("SourceError", "workflows lacks the column name")
    result = account.etl(f"{THREE_MONTHS} --dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: SourceError: workflows lacks the column name")
