"""Partitions follow the ledger: registered where their day lies, removed when it is empty, the same when repeated."""

from datetime import date, timedelta
from typing import Any

import pytest

from etl.errors import NotFound
from etl.pipelines.lake_export.catalog import Partitions, register_partitions
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult
from etl.runs.ledger import ChunkId, ChunkRecord
from tests.integration.lake_export.conftest import DATABASE, Lake

DAY = date(2024, 12, 22)
BEFORE = DAY - timedelta(days=1)
PUBLISHED = ChunkRecord("published", key="some/key")
EMPTY = ChunkRecord("empty")


def know(lake: Lake, day: date | None, record: ChunkRecord, name: str = "workflows") -> None:
    chunk = ChunkId(PIPELINE, name, None if day is None else day.isoformat())
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

    partitions = Partitions(Forgetful(), lake.settings, dataset("workflows"))
    assert partitions.registered([DAY, BEFORE]) == {DAY: "s3://lake/workflows/year=2024/month=12/day=22/"}
