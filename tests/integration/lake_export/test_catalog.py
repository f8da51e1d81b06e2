"""Partitions follow the ledger: registered where their day lies, removed when it is empty, the same when repeated."""

from datetime import date, timedelta
from typing import Any

import pytest

from etl.errors import NotFound, TransientError
from etl.lake.layout import part_of
from etl.lake.partitions import Partition
from etl.pipelines.lake_export.catalog import partitions_of, register_partitions
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult
from etl.runs.ledger import ChunkId, ChunkRecord
from tests.integration.lake_export.conftest import DATABASE, Lake

DAY = date(2024, 12, 22)
BEFORE = DAY - timedelta(days=1)
VERSION = dataset("workflows").version
PUBLISHED = ChunkRecord("published", key="some/key", fingerprint=f"{VERSION}/3/17")
OF_AN_EARLIER_VERSION = ChunkRecord("published", key="some/key", fingerprint=f"0.{VERSION}/3/17")
ROLLED_BACK = ChunkRecord("rolled_back", key="some/key", fingerprint=f"{VERSION}/3/17")
PLACE = "s3://lake/workflows/year=2024/month=12/day=22/"
EMPTY = ChunkRecord("empty")


def know(lake: Lake, day: date | None, record: ChunkRecord, name: str = "workflows") -> None:
    chunk = ChunkId(PIPELINE, name, part_of(day))
    lake.ledger.finish(lake.ledger.claim(chunk, owner="a-run", now=0, lease_seconds=1), record)


def registered(lake: Lake, *names: str) -> CatalogResult:
    return register_partitions(CatalogRequest("a-run", list(names)), lake.settings, glue=lake.glue, ledger=lake.ledger)


def test_a_published_day_becomes_a_partition_at_its_place(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)

    assert registered(lake) == CatalogResult(registered=1, removed=0)
    assert lake.partitions("workflows") == {("2024", "12", "22"): "s3://lake/workflows/year=2024/month=12/day=22/"}


def test_a_partition_is_read_as_its_table_is(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    registered(lake)

    (partition,) = lake.glue.get_partitions(DatabaseName=DATABASE, TableName="workflows")["Partitions"]
    table = lake.glue.get_table(DatabaseName=DATABASE, Name="workflows")["Table"]
    storage = partition["StorageDescriptor"] | {"Location": None}
    assert storage == table["StorageDescriptor"] | {"Location": None}


def test_a_second_time_changes_nothing(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    registered(lake)
    before = lake.partitions("workflows")

    assert registered(lake) == CatalogResult(registered=0, removed=0)
    assert lake.partitions("workflows") == before


def test_an_empty_day_loses_its_partition_and_no_other_day_does(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    know(lake, BEFORE, PUBLISHED)
    registered(lake)
    know(lake, DAY, EMPTY)

    assert registered(lake) == CatalogResult(registered=0, removed=1)
    assert list(lake.partitions("workflows")) == [("2024", "12", "21")]


def test_an_empty_day_that_never_had_a_partition_is_no_error(lake: Lake) -> None:
    know(lake, DAY, EMPTY)

    assert registered(lake) == CatalogResult(registered=0, removed=0)


def test_a_day_that_another_run_is_at_keeps_its_partition(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    lake.ledger.claim(ChunkId(PIPELINE, "workflows", DAY.isoformat()), owner="other", now=10, lease_seconds=60)

    assert registered(lake) == CatalogResult(registered=1, removed=0)


def test_a_day_that_failed_and_was_never_published_gets_none(lake: Lake) -> None:
    claim = lake.ledger.claim(ChunkId(PIPELINE, "workflows", DAY.isoformat()), owner="other", now=10, lease_seconds=60)
    lake.ledger.fail(claim, "the database was gone")

    assert registered(lake) == CatalogResult(registered=0, removed=0)


def test_every_dataset_has_its_own_table(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED, "user_sessions")
    know(lake, BEFORE, PUBLISHED)

    assert registered(lake, "user_sessions") == CatalogResult(registered=1, removed=0)
    assert (list(lake.partitions("user_sessions")), lake.partitions("workflows")) == ([("2024", "12", "22")], {})


def test_more_days_than_one_call_takes_are_all_registered_and_removed(lake: Lake) -> None:
    days = [DAY - timedelta(days=number) for number in range(130)]
    for day in days:
        know(lake, day, PUBLISHED)
    assert registered(lake).registered == 130

    for day in days:
        know(lake, day, EMPTY)
    assert registered(lake).removed == 130


def test_a_table_that_is_missing_says_how_to_create_it(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    lake.glue.delete_table(DatabaseName=DATABASE, Name="workflows")

    with pytest.raises(NotFound, match=r"table lake_export.workflows: .* Create it: deploy the stack, or `etl athena"):
        registered(lake)


def test_partitions_that_glue_leaves_out_are_asked_for_one_by_one(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    registered(lake)

    class Forgetful:
        """Glue, which returns no partition of a batch and says so."""

        def __getattr__(self, name: str) -> Any:
            return getattr(lake.glue, name)

        def batch_get_partition(self, *, PartitionsToGet: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803 -- boto3's
            return {"Partitions": [], "UnprocessedKeys": PartitionsToGet}

    partitions = partitions_of(Forgetful(), lake.settings, dataset("workflows"))
    found = partitions.registered([DAY, BEFORE])
    assert {day: one.location for day, one in found.items()} == {DAY: PLACE}


def alter_table(lake: Lake) -> list[dict[str, str]]:
    """Let the table have another type and one more column, as a deployment does; return its columns."""
    table = lake.glue.get_table(DatabaseName=DATABASE, Name="workflows")["Table"]
    first, *rest = table["StorageDescriptor"]["Columns"]
    columns = [first | {"Type": "bigint"}, *rest, {"Name": "added", "Type": "date"}]
    given = {key: table[key] for key in ("Name", "PartitionKeys", "TableType", "Parameters") if key in table}
    storage = table["StorageDescriptor"] | {"Columns": columns}
    lake.glue.update_table(DatabaseName=DATABASE, TableInput={**given, "StorageDescriptor": storage})
    return columns


def move_partition(lake: Lake, location: str) -> None:
    """Let the partition of the day lie elsewhere, as somebody's ALTER TABLE does."""
    (partition,) = lake.glue.get_partitions(DatabaseName=DATABASE, TableName="workflows")["Partitions"]
    storage = partition["StorageDescriptor"] | {"Location": location}
    given = {"Values": partition["Values"], "StorageDescriptor": storage}
    lake.glue.update_partition(
        DatabaseName=DATABASE, TableName="workflows", PartitionValueList=partition["Values"], PartitionInput=given
    )


def columns_of_the_partition(lake: Lake) -> list[dict[str, str]]:
    (partition,) = lake.glue.get_partitions(DatabaseName=DATABASE, TableName="workflows")["Partitions"]
    found: list[dict[str, str]] = partition["StorageDescriptor"]["Columns"]
    return found


def test_a_day_exported_by_the_present_contract_is_read_by_its_tables_columns(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    registered(lake)
    columns = alter_table(lake)

    assert registered(lake) == CatalogResult(registered=0, removed=0, updated=1)
    assert columns_of_the_partition(lake) == columns
    assert lake.partitions("workflows") == {("2024", "12", "22"): PLACE}
    assert registered(lake) == CatalogResult(registered=0, removed=0, updated=0)


@pytest.mark.parametrize("record", [OF_AN_EARLIER_VERSION, ROLLED_BACK], ids=lambda record: record.status)
def test_a_file_of_an_earlier_contract_is_read_by_the_columns_that_it_has(lake: Lake, record: ChunkRecord) -> None:
    know(lake, DAY, record)
    registered(lake)
    before = columns_of_the_partition(lake)
    alter_table(lake)

    assert registered(lake) == CatalogResult(registered=0, removed=0, updated=0)
    assert columns_of_the_partition(lake) == before


def test_a_partition_that_lies_elsewhere_is_brought_back_to_its_place(lake: Lake) -> None:
    know(lake, DAY, PUBLISHED)
    registered(lake)
    move_partition(lake, "s3://lake/elsewhere/")

    assert registered(lake) == CatalogResult(registered=0, removed=0, updated=1)
    assert lake.partitions("workflows") == {("2024", "12", "22"): PLACE}


def test_more_partitions_than_one_call_takes_are_all_mended(lake: Lake) -> None:
    for number in range(130):
        know(lake, DAY - timedelta(days=number), PUBLISHED)
    registered(lake)
    alter_table(lake)

    assert registered(lake).updated == 130
    assert registered(lake).updated == 0


def test_a_partition_that_goes_while_it_is_mended_is_tried_again(lake: Lake) -> None:
    gone = {DAY: Partition("s3://lake/elsewhere/", ())}

    with pytest.raises(TransientError, match="partition 2024-12-22: EntityNotFoundException"):
        partitions_of(lake.glue, lake.settings, dataset("workflows")).mend(gone)
