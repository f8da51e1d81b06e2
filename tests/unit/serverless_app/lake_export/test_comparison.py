"""What is said of a day whose rows are not those that were exported, and that nothing is said of the others."""

from dataclasses import replace

import pytest

from etl.contracts import Contract
from etl.pipelines.lake_export.datasets import dataset
from etl.pipelines.lake_export.messages import Finished, PlannedChunk, PlanResult, Reason
from etl.runs.ledger import ChunkRecord
from serverless_app.pipelines.lake_export.comparison import ChunkComparison, compare_source_to_ledger

DAY = "2024-12-21"
KEY = "workflows/year=2024/month=12/day=21/data.parquet"
PUBLISHED = ChunkRecord(
    "published", run="a-run", rows_in=100, rows_out=98, rejected=2, fingerprint="1.0.0/100/7", key=KEY
)
EMPTY = ChunkRecord("empty", run="a-run", fingerprint="1.0.0/0/")


@pytest.fixture
def workflows() -> Contract:
    return dataset("workflows")


def plan(*chunks: PlannedChunk, last: str = DAY) -> PlanResult:
    return PlanResult("workflows", DAY, last, list(chunks), unchanged=0, extra_columns=[], unplaced=0, kept=0)


def held(contract: Contract, planned: tuple[int, Reason] | None, record: ChunkRecord | None) -> ChunkComparison:
    """The only day of a plan that has it with rows and reason, or leaves it out as unchanged."""
    chunks = [] if planned is None else [PlannedChunk("workflows", DAY, *planned)]
    (found,) = compare_source_to_ledger(contract, plan(*chunks), {} if record is None else {DAY: record})
    return found


def finding(found: ChunkComparison) -> tuple[str, str]:
    assert found.finding is not None
    assert (found.finding.dataset, found.finding.part) == ("workflows", DAY)
    return found.finding.check, found.finding.found


def test_a_day_that_stands_as_it_is_in_the_source_has_its_rows_from_the_ledger(workflows: Contract) -> None:
    found = held(workflows, None, PUBLISHED)
    assert (found.rows, found.exported, found.finding) == (100, 98, None)
    assert found.finished == Finished("workflows", DAY, "published", 98, KEY)


def test_a_day_without_rows_is_nothing_to_find(workflows: Contract) -> None:
    assert held(workflows, None, EMPTY).finding is None
    assert held(workflows, None, EMPTY).finished == Finished("workflows", DAY, "empty", 0, None)


def test_a_day_without_rows_that_no_run_has_looked_at_is_nothing_to_find(workflows: Contract) -> None:
    found = held(workflows, (0, "new"), None)
    assert (found.finding, found.finished) == (None, Finished("workflows", DAY, "empty", 0, None))


def test_an_empty_day_may_have_an_object(workflows: Contract) -> None:
    written = ChunkRecord("published", rows_in=0, fingerprint="1.0.0/0/", key=KEY)
    assert held(workflows, None, written).finished == Finished("workflows", DAY, "published", 0, KEY)


@pytest.mark.parametrize(
    ("planned", "record", "said"),
    [
        ((7, "new"), None, ("object", "was never exported, and PostgreSQL has 7 rows: `etl run lake_export")),
        ((1, "new"), None, ("object", "PostgreSQL has 1 row: `")),
        ((103, "changed"), PUBLISHED, ("rows", "has 3 late rows: PostgreSQL has 103, 100 were exported: `")),
        ((3, "changed"), EMPTY, ("rows", "has 3 late rows: PostgreSQL has 3, 0 were exported: `")),
        ((99, "changed"), PUBLISHED, ("rows", "lacks 1 row that were exported: PostgreSQL has 99 of 100: `")),
        ((100, "changed"), PUBLISHED, ("rows", "has 100 rows as when it was exported, but not the same ones: `")),
    ],
)
def test_a_difference_is_named(
    workflows: Contract, planned: tuple[int, Reason], record: ChunkRecord | None, said: tuple[str, str]
) -> None:
    check, found = finding(held(workflows, planned, record))
    assert check == said[0]
    assert said[1] in found
    assert found.endswith(": `etl run lake_export --table workflows --date 2024-12-21`")


def test_a_purged_day_is_named_and_takes_force(workflows: Contract) -> None:
    _, found = finding(held(workflows, (0, "changed"), PUBLISHED))
    assert "had 100 rows when it was exported, and PostgreSQL has none any more; the lake keeps them" in found
    assert found.endswith("--date 2024-12-21 --force`")


def test_another_version_of_the_contract_is_named(workflows: Contract) -> None:
    older = ChunkRecord("published", rows_in=100, rows_out=100, fingerprint="0.9.0/100/7", key=KEY)
    _, found = finding(held(workflows, (100, "changed"), older))
    assert f"was exported by version 0.9.0 of the contract, which is {workflows.version} now" in found


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (ChunkRecord("running", owner="b-run"), "run b-run is at it, or was killed"),
        (ChunkRecord("failed", owner="b-run", cause="SourceError: gone"), "SourceError: gone"),
    ],
)
def test_a_day_that_no_run_has_finished_says_why(workflows: Contract, record: ChunkRecord, why: str) -> None:
    assert f"was not finished ({why})" in finding(held(workflows, (5, "unfinished"), record))[1]


def test_a_day_that_was_rolled_back_is_a_finding_until_it_is_forced(workflows: Contract) -> None:
    record = ChunkRecord("rolled_back", rows_in=100, rows_out=98, fingerprint="1.0.0/100/7", key=KEY)
    check, found = finding(held(workflows, None, record))
    assert (check, found.endswith("--force`")) == ("rows", True)
    assert "was rolled back, and shows an earlier version" in found


def test_every_day_of_the_plan_is_held_in_order(workflows: Contract) -> None:
    found = compare_source_to_ledger(workflows, plan(last="2024-12-23"), {DAY: PUBLISHED})
    assert [(one.part, one.rows) for one in found] == [(DAY, 100), ("2024-12-22", 0), ("2024-12-23", 0)]


def test_a_dataset_that_is_exported_whole_is_one_chunk(workflows: Contract) -> None:
    whole = replace(workflows, window_column=None)
    late = PlannedChunk("workflows", "whole", 103, "changed")
    (found,) = compare_source_to_ledger(whole, plan(late, last="2024-12-23"), {"whole": PUBLISHED})
    assert (found.part, found.rows) == ("whole", 103)
    assert found.finding is not None
    assert found.finding.found.endswith(": `etl run lake_export --table workflows`")
