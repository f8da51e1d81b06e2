"""A chunk from a real PostgreSQL to the lake: whole or not at all, exported again when it changed, and only then."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.errors import QualityError, SourceError, ToleranceExceeded, WindowTaken
from etl.extract.postgres import Source
from etl.lake.layout import object_key
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.export import ExportSettings, export_chunk
from etl.pipelines.lake_export.messages import Chunk, ExportRequest, ExportResult
from etl.quality.scorecard import Verdict, read_scorecard
from etl.runs.kept_rejects import read_rejects
from etl.runs.ledger import ChunkId, ChunkRecord
from tests.integration.lake_export.conftest import BUCKET, LEDGER, STAGING, Lake
from tests.integration.lake_export.source_database import Database

DAY = date(2024, 12, 22)
KEY = object_key(dataset("agent_metrics"), DAY)
NOW = 1_734_912_000.0


def exported(
    lake: Lake, database: Database, *, run: str = "a-run", force: bool = False, **settings: Any
) -> ExportResult:
    return export_chunk(
        ExportRequest(run, Chunk("agent_metrics", DAY.isoformat()), force),
        ExportSettings(BUCKET, STAGING, LEDGER, **settings),
        s3=lake.s3,
        ledger=lake.ledger,
        source=database.source,
        now=lambda: NOW,
    )


def three_metrics(database: Database) -> None:
    database.metric(1, "2024-12-22T00:00:00Z")
    database.metric(2, "2024-12-22T23:59:59.999999Z")
    database.metric(3, "2024-12-22T12:00:00+09:00")


def record(lake: Lake) -> ChunkRecord:
    return lake.ledger.chunks(PIPELINE, "agent_metrics")[DAY.isoformat()]


def versions(lake: Lake) -> list[str]:
    found = lake.s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)
    return [one["VersionId"] for one in found.get("Versions", [])]


def read(lake: Lake) -> pa.Table:
    body = lake.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    return pq.read_table(pa.BufferReader(body))


def keys(lake: Lake, bucket: str) -> list[str]:
    return [one["Key"] for one in lake.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_a_day_is_what_the_source_has_of_it(lake: Lake, database: Database) -> None:
    three_metrics(database)
    database.metric(4, "2024-12-21T23:59:59.999999Z")
    database.metric(5, "2024-12-23T00:00:00Z")

    result = exported(lake, database)

    assert (result.status, result.rows, result.rejected, result.key) == ("published", 3, 0, KEY)
    assert read(lake).column("id").to_pylist() == [1, 3, 2]


def test_the_ledger_says_what_was_published(lake: Lake, database: Database) -> None:
    three_metrics(database)
    result = exported(lake, database)

    known = record(lake)
    head = lake.s3.head_object(Bucket=BUCKET, Key=KEY)
    assert (known.status, known.run, known.rows_in, known.rows_out) == ("published", "a-run", 3, 3)
    assert (known.version, known.etag, known.bytes) == (head["VersionId"], head["ETag"], head["ContentLength"])
    assert (known.version, known.lease_until) == (result.version, None)


def test_the_scorecard_of_the_day_is_kept(lake: Lake, database: Database) -> None:
    three_metrics(database)
    result = exported(lake, database)

    card = read_scorecard(lake.s3.get_object(Bucket=STAGING, Key=result.scorecard)["Body"].read())
    assert (card.dataset, card.rows, card.verdict) == ("agent_metrics", 3, Verdict.PASSED)


def test_what_did_not_change_is_not_exported_again(lake: Lake, database: Database) -> None:
    three_metrics(database)
    first = exported(lake, database)
    second = exported(lake, database, run="another")

    assert (second.status, second.version, second.rows) == ("unchanged", first.version, 3)
    assert len(versions(lake)) == 1
    assert record(lake).run == "a-run"


def test_force_exports_it_again(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)

    assert exported(lake, database, run="another", force=True).status == "published"
    assert len(versions(lake)) == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE agent_metrics SET metric_value = 1.25 WHERE id = 2",
        "UPDATE agent_metrics SET labels = '{}' WHERE id = 2",
        "UPDATE agent_metrics SET unit = NULL WHERE id = 2",
        "UPDATE agent_metrics SET recorded_at = recorded_at - interval '1 microsecond' WHERE id = 2",
        "DELETE FROM agent_metrics WHERE id = 2",
        "INSERT INTO agent_metrics SELECT 9, agent_id, 'n', 1, unit, labels, recorded_at FROM agent_metrics WHERE id=1",
    ],
)
def test_any_change_of_a_day_is_exported(lake: Lake, database: Database, change: str) -> None:
    three_metrics(database)
    # An older row: nothing here looks like a purge.
    database.metric(8, "2024-12-01T00:00:00Z")
    exported(lake, database)
    database.execute(change)

    assert exported(lake, database, run="another").status == "published"
    assert sorted(read(lake).column("id").to_pylist()) == sorted(
        number for (number,) in database.execute("SELECT id FROM agent_metrics WHERE id <> 8")
    )


def test_an_owner_that_died_after_publishing_is_found_out(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    # Somebody published, and died before the ledger heard of it; meanwhile the source is as it was before.
    lake.put_day("agent_metrics", DAY, [])

    assert exported(lake, database, run="another").status == "published"
    assert read(lake).num_rows == 3


def test_the_same_rows_are_the_same_bytes(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    first = record(lake).etag
    exported(lake, database, force=True)

    assert record(lake).etag == first


def test_an_empty_day_has_no_object(lake: Lake, database: Database) -> None:
    result = exported(lake, database)

    assert (result.status, result.key, result.rows) == ("empty", None, 0)
    assert keys(lake, BUCKET) == []
    assert record(lake).status == "empty"


def test_an_empty_day_stays_unchanged_until_a_row_comes(lake: Lake, database: Database) -> None:
    exported(lake, database)
    assert exported(lake, database, run="another").status == "unchanged"

    three_metrics(database)
    assert exported(lake, database, run="a third").status == "published"


def test_an_empty_day_is_an_empty_file_where_that_is_configured(lake: Lake, database: Database) -> None:
    result = exported(lake, database, empty_days="write")

    assert (result.status, result.key) == ("published", KEY)
    assert read(lake).num_rows == 0
    assert read(lake).schema.names[0] == "id"


def test_a_day_that_lost_all_its_rows_is_kept(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    database.execute("TRUNCATE agent_metrics")

    result = exported(lake, database, run="another")
    assert (result.status, result.rows, read(lake).num_rows) == ("kept", 3, 3)
    assert (record(lake).status, record(lake).run) == ("published", "a-run")


def test_the_oldest_day_is_kept_when_a_purge_has_taken_a_part_of_it(lake: Lake, database: Database) -> None:
    three_metrics(database)
    database.metric(9, "2024-12-23T10:00:00Z")
    exported(lake, database)
    database.execute("DELETE FROM agent_metrics WHERE recorded_at < '2024-12-22T03:00:00Z'")

    assert exported(lake, database, run="another").status == "kept"
    assert read(lake).num_rows == 3


def test_rows_that_are_deleted_from_a_day_with_older_ones_leave_the_lake(lake: Lake, database: Database) -> None:
    three_metrics(database)
    database.metric(9, "2024-12-21T10:00:00Z")
    exported(lake, database)
    database.execute("DELETE FROM agent_metrics WHERE id = 3")

    assert exported(lake, database, run="another").status == "published"
    assert read(lake).num_rows == 2


def test_a_purged_day_that_is_filled_again_is_exported_again(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    database.execute("TRUNCATE agent_metrics")
    exported(lake, database, run="another")
    three_metrics(database)
    database.metric(4, "2024-12-22T13:00:00Z")

    assert exported(lake, database, run="a third").status == "published"
    assert read(lake).num_rows == 4


def test_an_object_that_the_ledger_does_not_know_is_not_removed(lake: Lake, database: Database) -> None:
    lake.put_day("agent_metrics", DAY, [])

    with pytest.raises(SourceError, match="of which the ledger knows nothing: the lake keeps it"):
        exported(lake, database)
    assert keys(lake, BUCKET) == [KEY]


def test_force_takes_it_out_of_the_lake_and_leaves_a_version_to_go_back_to(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    database.execute("TRUNCATE agent_metrics")

    assert exported(lake, database, run="another", force=True).status == "empty"
    assert keys(lake, BUCKET) == []
    assert len(versions(lake)) == 1


def hundreds(database: Database, *, broken: int) -> None:
    for number in range(1, 301):
        value = "NaN" if number <= broken else 2.5
        database.metric(number, f"2024-12-22T{number % 24:02}:00:00Z", value=value)


def test_rows_that_break_the_contract_are_kept_as_rejects(lake: Lake, database: Database) -> None:
    hundreds(database, broken=3)
    result = exported(lake, database)

    assert (result.status, result.rows, result.rejected) == ("published", 297, 3)
    (found,) = read_rejects(lake.s3, STAGING)
    assert [(one.dataset, one.run, one.source) for one in found.rejects] == [
        ("agent_metrics", "a-run", "table agent_metrics")
    ] * 3
    assert {(reason.code, reason.field) for one in found.rejects for reason in one.reasons} == {
        ("type", "metric_value")
    }
    assert sorted(one.record["id"] for one in found.rejects) == [1, 2, 3]
    assert min(read(lake).column("id").to_pylist()) == 4


def test_the_scorecard_knows_of_the_rejects(lake: Lake, database: Database) -> None:
    hundreds(database, broken=3)
    result = exported(lake, database)

    card = read_scorecard(lake.s3.get_object(Bucket=STAGING, Key=result.scorecard)["Body"].read())
    assert (card.rows, card.rejected, card.verdict) == (300, 3, Verdict.WARNED)


def test_too_many_rejects_publish_nothing_and_leave_the_day_as_it_was(lake: Lake, database: Database) -> None:
    three_metrics(database)
    before = exported(lake, database)
    hundreds(database, broken=4)

    with pytest.raises(ToleranceExceeded, match=r"4 of 303 records broke contract lake-export-agent-metrics"):
        exported(lake, database, run="another")
    assert read(lake).num_rows == 3
    assert (record(lake).status, record(lake).version) == ("failed", before.version)
    assert [len(one.rejects) for one in read_rejects(lake.s3, STAGING)] == [4]


def open_rejects(lake: Lake) -> int:
    return sum(len(one.rejects) for one in read_rejects(lake.s3, STAGING))


def fail_on_rejects(lake: Lake, database: Database, broken: int = 9) -> None:
    hundreds(database, broken=broken)
    with pytest.raises(ToleranceExceeded):
        exported(lake, database, run="failing")
    assert open_rejects(lake) == broken


def test_rejects_whose_day_became_empty_are_settled(lake: Lake, database: Database) -> None:
    fail_on_rejects(lake, database)
    database.execute("TRUNCATE agent_metrics")

    assert exported(lake, database, run="another").status == "empty"
    assert open_rejects(lake) == 0


def test_rejects_whose_day_is_as_it_was_published_are_settled(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    fail_on_rejects(lake, database)
    database.execute("DELETE FROM agent_metrics WHERE unit = 'ms' AND metric_value <> 1.5")

    assert exported(lake, database, run="another").status == "unchanged"
    assert open_rejects(lake) == 0


def test_a_day_published_with_rejects_gets_them_back_after_a_run_that_failed(lake: Lake, database: Database) -> None:
    hundreds(database, broken=3)
    exported(lake, database)
    database.execute(
        "INSERT INTO agent_metrics SELECT id + 500, agent_id, metric_name, 'NaN', unit, labels, recorded_at"
        " FROM agent_metrics"
    )
    with pytest.raises(ToleranceExceeded):
        exported(lake, database, run="failing")
    database.execute("DELETE FROM agent_metrics WHERE id > 500")

    assert exported(lake, database, run="another").rejected == 3
    assert open_rejects(lake) == 3


def test_rejects_whose_day_was_purged_are_settled(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    fail_on_rejects(lake, database)
    database.execute("TRUNCATE agent_metrics")

    assert exported(lake, database, run="another").status == "kept"
    assert open_rejects(lake) == 0


def test_rejects_stay_open_while_their_rows_may_still_be_in_the_source(lake: Lake, database: Database) -> None:
    three_metrics(database)
    hundreds(database, broken=0)
    database.execute("DELETE FROM agent_metrics WHERE id <= 3 AND metric_value = 2.5")
    exported(lake, database)
    database.execute("UPDATE agent_metrics SET metric_value = 'NaN' WHERE id > 290")
    with pytest.raises(ToleranceExceeded):
        exported(lake, database, run="failing")
    database.execute("DELETE FROM agent_metrics WHERE id < 100")

    assert exported(lake, database, run="another").status == "kept"
    assert open_rejects(lake) == 10


def test_a_failed_audit_leaves_no_upload_behind(lake: Lake, database: Database) -> None:
    hundreds(database, broken=9)
    with pytest.raises(ToleranceExceeded):
        exported(lake, database)

    assert "Uploads" not in lake.s3.list_multipart_uploads(Bucket=BUCKET)
    assert keys(lake, BUCKET) == []


def test_a_rule_on_the_whole_day_is_held_before_anybody_sees_it(lake: Lake, database: Database) -> None:
    three_metrics(database)
    database.metric(3, "2024-12-22T13:00:00Z")

    with pytest.raises(QualityError, match=r"agent_metrics 2024-12-22 breaks .*nothing was published\. See s3://"):
        exported(lake, database)
    assert keys(lake, BUCKET) == []


def test_a_chunk_that_another_run_is_at_is_left_alone(lake: Lake, database: Database) -> None:
    three_metrics(database)
    lake.ledger.claim(ChunkId(PIPELINE, "agent_metrics", DAY.isoformat()), owner="other", now=NOW, lease_seconds=60)

    with pytest.raises(WindowTaken):
        exported(lake, database)
    assert keys(lake, BUCKET) == []
    assert record(lake).owner == "other"


def test_an_owner_whose_lease_was_lost_cannot_publish_over_the_new_one(lake: Lake, database: Database) -> None:
    three_metrics(database)
    settings = ExportSettings(BUCKET, STAGING, LEDGER)
    chunk = Chunk("agent_metrics", DAY.isoformat())

    def export(run: str, source: Callable[[], Source], now: float) -> ExportResult:
        request = ExportRequest(run, chunk)
        return export_chunk(request, settings, s3=lake.s3, ledger=lake.ledger, source=source, now=lambda: now)

    def hanging() -> Source:
        export("the next", database.source, NOW + settings.lease_seconds + 1)
        database.execute("DELETE FROM agent_metrics WHERE id = 3")
        return database.source()

    with pytest.raises(WindowTaken):
        export("the first", hanging, NOW)
    assert (record(lake).run, record(lake).status, read(lake).num_rows) == ("the next", "published", 3)


def test_a_column_that_is_gone_ends_the_dataset_with_its_name(lake: Lake, database: Database) -> None:
    database.execute("ALTER TABLE agent_metrics DROP COLUMN unit")

    with pytest.raises(SourceError, match="unit"):
        exported(lake, database)
    assert "unit" in str(record(lake).cause)


def test_an_extra_column_is_left_out(lake: Lake, database: Database) -> None:
    three_metrics(database)
    database.execute("ALTER TABLE agent_metrics ADD COLUMN note text DEFAULT 'x'")

    exported(lake, database)
    assert "note" not in read(lake).schema.names


def test_a_new_version_of_the_contract_exports_the_day_again(lake: Lake, database: Database) -> None:
    three_metrics(database)
    exported(lake, database)
    chunk = ChunkId(PIPELINE, "agent_metrics", DAY.isoformat())
    claim = lake.ledger.claim(chunk, owner="before", now=NOW, lease_seconds=60)
    fingerprint = str(record(lake).fingerprint).replace("1.0.0/", "0.9.0/")
    lake.ledger.finish(claim, msgspec.structs.replace(record(lake), fingerprint=fingerprint))

    assert exported(lake, database, run="another").status == "published"
