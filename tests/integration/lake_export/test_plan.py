"""What a run has to do: the day asked for, what changed since, what was left unfinished, and nothing else."""

from datetime import date
from typing import Any

import pytest

from etl.contracts import Contract
from etl.errors import InputError, NotFound, SourceError
from etl.extract.postgres import Snapshot
from etl.pipelines.lake_export.datasets import PIPELINE
from etl.pipelines.lake_export.export import ExportSettings, export_chunk
from etl.pipelines.lake_export.messages import Chunk, ExportRequest, PlannedChunk, PlanRequest, PlanResult
from etl.pipelines.lake_export.plan import PlanSettings, plan
from etl.runs.ledger import ChunkId
from tests.integration.lake_export.conftest import BUCKET, LEDGER, STAGING, Lake
from tests.integration.lake_export.source_database import Database

STARTED = "2024-12-23T02:00:05Z"
NOW = 1_734_912_000.0


def planned(lake: Lake, database: Database, *, retention_days: int = 7, **input_: Any) -> PlanResult:
    return plan(
        PlanRequest("a-run", STARTED, input_, "agent_metrics"),
        PlanSettings(LEDGER, retention_days),
        ledger=lake.ledger,
        source=database.source,
    )


def export(lake: Lake, database: Database, day: str) -> None:
    export_chunk(
        ExportRequest("before", Chunk("agent_metrics", day)),
        ExportSettings(BUCKET, STAGING, LEDGER),
        s3=lake.s3,
        ledger=lake.ledger,
        source=database.source,
        now=lambda: NOW,
    )


def chunk(day: str, rows: int, reason: Any) -> PlannedChunk:
    return PlannedChunk("agent_metrics", day, rows, reason)


def test_yesterday_is_planned_even_when_it_is_empty(lake: Lake, database: Database) -> None:
    assert planned(lake, database).chunks == [chunk("2024-12-22", 0, "new")]


def test_the_first_run_takes_up_the_look_back_where_there_are_rows(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-22T00:00:00Z")
    database.metric(2, "2024-12-15T23:59:59.999999Z")
    database.metric(3, "2024-12-14T23:59:59.999999Z")

    assert planned(lake, database).chunks == [chunk("2024-12-15", 1, "new"), chunk("2024-12-22", 1, "new")]


def test_what_is_done_and_unchanged_is_skipped(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-22T00:00:00Z")
    export(lake, database, "2024-12-22")

    result = planned(lake, database)
    assert (result.chunks, result.unchanged) == ([], 1)


def test_days_that_are_new_are_not_counted_as_unchanged(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-19T00:00:00Z")
    database.metric(2, "2024-12-20T00:00:00Z")
    export(lake, database, "2024-12-20")
    export(lake, database, "2024-12-22")

    result = planned(lake, database)
    assert ([chunk.part for chunk in result.chunks], result.unchanged) == (["2024-12-19"], 2)


def test_a_late_row_is_taken_up_by_the_look_back(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-20T00:00:00Z")
    export(lake, database, "2024-12-20")
    export(lake, database, "2024-12-22")
    database.metric(2, "2024-12-20T10:00:00Z")

    assert planned(lake, database).chunks == [chunk("2024-12-20", 2, "changed")]


def test_a_row_that_moved_to_another_day_changes_both(lake: Lake, database: Database) -> None:
    for number, day in enumerate(("2024-12-20", "2024-12-20", "2024-12-21", "2024-12-22"), start=1):
        database.metric(number, f"{day}T10:00:00Z")
    for day in ("2024-12-20", "2024-12-21", "2024-12-22"):
        export(lake, database, day)
    database.execute("UPDATE agent_metrics SET recorded_at = '2024-12-21T11:00:00Z' WHERE id = 1")

    assert planned(lake, database).chunks == [chunk("2024-12-20", 1, "changed"), chunk("2024-12-21", 2, "changed")]


def test_a_purged_day_is_left_alone_and_counted(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-20T00:00:00Z")
    export(lake, database, "2024-12-20")
    export(lake, database, "2024-12-22")
    database.execute("TRUNCATE agent_metrics")

    result = planned(lake, database)
    assert (result.chunks, result.kept, result.unchanged) == ([], 1, 1)


def test_a_purged_day_that_somebody_names_is_planned_for_the_export_to_judge(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-20T00:00:00Z")
    export(lake, database, "2024-12-20")
    database.execute("TRUNCATE agent_metrics")

    assert planned(lake, database, date="2024-12-20").chunks == [chunk("2024-12-20", 0, "changed")]


def test_force_reaches_a_purged_day_that_is_asked_for(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-22T00:00:00Z")
    export(lake, database, "2024-12-22")
    database.execute("TRUNCATE agent_metrics")

    assert planned(lake, database, force=True).chunks == [chunk("2024-12-22", 0, "forced")]


def test_what_a_run_left_unfinished_is_taken_up_however_old_it_is(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-11-02T00:00:00Z")
    claim = lake.ledger.claim(ChunkId(PIPELINE, "agent_metrics", "2024-11-02"), owner="old", now=NOW, lease_seconds=1)
    lake.ledger.fail(claim, "the database was gone")

    assert planned(lake, database).chunks == [chunk("2024-11-02", 1, "unfinished"), chunk("2024-12-22", 0, "new")]


def test_old_unfinished_days_do_not_widen_the_look_back(
    lake: Lake, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[tuple[str, str]] = []

    def record(name: str) -> None:
        ask = getattr(Snapshot, name)

        def recording(snapshot: Snapshot, contract: Contract, *days: date) -> Any:
            looked_at.append((str(days[0]), str(days[-1])))
            return ask(snapshot, contract, *days)

        monkeypatch.setattr(Snapshot, name, recording)

    record("fingerprint")
    record("fingerprints")
    for day in ("2023-11-02", "2024-10-31"):
        claim = lake.ledger.claim(ChunkId(PIPELINE, "agent_metrics", day), owner="old", now=NOW, lease_seconds=1)
        lake.ledger.fail(claim, "the database was gone")

    assert [chunk.part for chunk in planned(lake, database).chunks] == ["2023-11-02", "2024-10-31", "2024-12-22"]
    assert looked_at == [("2023-11-02",) * 2, ("2024-10-31",) * 2, ("2024-12-15", "2024-12-22")]


def test_a_purged_day_that_a_run_left_unfinished_is_planned_once_more(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-20T00:00:00Z")
    export(lake, database, "2024-12-20")
    export(lake, database, "2024-12-22")
    lease = ChunkId(PIPELINE, "agent_metrics", "2024-12-20")
    lake.ledger.fail(lake.ledger.claim(lease, owner="other", now=NOW, lease_seconds=1), "too many rejects")
    database.execute("TRUNCATE agent_metrics")

    assert planned(lake, database).chunks == [chunk("2024-12-20", 0, "unfinished")]
    export(lake, database, "2024-12-20")
    assert (planned(lake, database).chunks, planned(lake, database).kept) == ([], 1)


def test_named_days_are_planned_alone(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-01T00:00:00Z")
    database.metric(2, "2024-12-22T00:00:00Z")

    result = planned(lake, database, start_date="2024-12-01", end_date="2024-12-02")
    assert result.chunks == [chunk("2024-12-01", 1, "new"), chunk("2024-12-02", 0, "new")]
    assert (result.first, result.last) == ("2024-12-01", "2024-12-02")


def test_named_days_that_are_done_are_skipped_unless_forced(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-01T00:00:00Z")
    export(lake, database, "2024-12-01")

    assert planned(lake, database, date="2024-12-01").chunks == []
    assert planned(lake, database, date="2024-12-01", force=True).chunks == [chunk("2024-12-01", 1, "forced")]


def test_force_reaches_the_day_asked_for_and_not_the_look_back(lake: Lake, database: Database) -> None:
    for number, day in enumerate(("2024-12-20", "2024-12-22"), start=1):
        database.metric(number, f"{day}T00:00:00Z")
        export(lake, database, day)

    assert planned(lake, database, force=True).chunks == [chunk("2024-12-22", 1, "forced")]


def test_rows_that_belong_to_no_day_are_counted(lake: Lake, database: Database) -> None:
    database.metric(1, "infinity")
    database.metric(2, "-infinity")
    database.execute("INSERT INTO agent_metrics VALUES (3)")

    assert planned(lake, database).unplaced == 3


def test_columns_that_the_contract_does_not_know_are_named(lake: Lake, database: Database) -> None:
    database.execute("ALTER TABLE agent_metrics ADD COLUMN note text, ADD COLUMN origin text")

    assert planned(lake, database).extra_columns == ["note", "origin"]


def test_a_column_of_another_type_ends_the_dataset(lake: Lake, database: Database) -> None:
    database.execute("ALTER TABLE agent_metrics ALTER COLUMN recorded_at TYPE text")

    with pytest.raises(SourceError, match="recorded_at"):
        planned(lake, database)


def test_a_table_that_is_not_there_is_named(lake: Lake, database: Database) -> None:
    database.execute("DROP TABLE agent_metrics")

    with pytest.raises(NotFound, match="agent_metrics"):
        planned(lake, database)


def test_an_input_that_cannot_be_reaches_no_database(lake: Lake) -> None:
    def nowhere() -> Any:
        raise AssertionError("the database was asked")

    with pytest.raises(InputError):
        plan(
            PlanRequest("a-run", STARTED, {"date": "tomorrow"}, "agent_metrics"),
            PlanSettings(LEDGER, 7),
            ledger=lake.ledger,
            source=nowhere,
        )


def test_days_are_utc_days(lake: Lake, database: Database) -> None:
    database.metric(1, "2024-12-22T08:59:59+09:00")

    assert planned(lake, database, start_date="2024-12-21", end_date="2024-12-22").chunks == [
        chunk("2024-12-21", 1, "new"),
        chunk("2024-12-22", 0, "new"),
    ]
