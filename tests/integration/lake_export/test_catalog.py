"""Partitions follow the lake: registered where their day lies, removed when it is empty, the same when repeated."""

from datetime import date, timedelta
from typing import Any

import pytest

from etl.errors import NotFound
from etl.pipelines.lake_export.catalog import Partitions, register_partitions
from etl.pipelines.lake_export.datasets import dataset
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult, Finished
from tests.integration.lake_export.conftest import DATABASE, Lake

DAY = date(2024, 12, 22)


def published(day: date, dataset: str = "workflows") -> Finished:
    return Finished(dataset, day.isoformat(), "published", 3, "some/key")


def empty(day: date) -> Finished:
    return Finished("workflows", day.isoformat(), "empty", 0, None)


def registered(lake: Lake, *chunks: Finished) -> CatalogResult:
    return register_partitions(CatalogRequest("a-run", list(chunks)), lake.settings, glue=lake.glue)


def test_a_published_day_becomes_a_partition_at_its_place(lake: Lake) -> None:
    assert registered(lake, published(DAY)) == CatalogResult(registered=1, removed=0)
    assert lake.partitions("workflows") == {("2024", "12", "22"): "s3://lake/workflows/year=2024/month=12/day=22/"}


def test_a_partition_is_read_as_its_table_is(lake: Lake) -> None:
    registered(lake, published(DAY))

    (partition,) = lake.glue.get_partitions(DatabaseName=DATABASE, TableName="workflows")["Partitions"]
    table = lake.glue.get_table(DatabaseName=DATABASE, Name="workflows")["Table"]
    storage = partition["StorageDescriptor"] | {"Location": None}
    assert storage == table["StorageDescriptor"] | {"Location": None}


def test_a_second_time_changes_nothing(lake: Lake) -> None:
    registered(lake, published(DAY))
    before = lake.partitions("workflows")

    assert registered(lake, published(DAY)) == CatalogResult(registered=0, removed=0)
    assert lake.partitions("workflows") == before


def test_an_empty_day_loses_its_partition_and_no_other_day_does(lake: Lake) -> None:
    registered(lake, published(DAY), published(DAY - timedelta(days=1)))

    assert registered(lake, empty(DAY)) == CatalogResult(registered=0, removed=1)
    assert list(lake.partitions("workflows")) == [("2024", "12", "21")]


def test_an_empty_day_that_never_had_a_partition_is_no_error(lake: Lake) -> None:
    assert registered(lake, empty(DAY)) == CatalogResult(registered=0, removed=0)


def test_every_dataset_has_its_own_table(lake: Lake) -> None:
    registered(lake, published(DAY), published(DAY, "user_sessions"))

    assert list(lake.partitions("user_sessions")) == [("2024", "12", "22")]


def test_a_dataset_that_is_exported_whole_needs_no_partition(lake: Lake) -> None:
    whole = Finished("workflows", None, "published", 3, "workflows/data.parquet")

    assert registered(lake, whole) == CatalogResult(registered=0, removed=0)


def test_more_days_than_one_call_takes_are_all_registered_and_removed(lake: Lake) -> None:
    days = [DAY - timedelta(days=number) for number in range(130)]

    assert registered(lake, *map(published, days)).registered == 130
    assert registered(lake, *map(empty, days)).removed == 130


def test_a_table_that_is_missing_says_how_to_create_it(lake: Lake) -> None:
    lake.glue.delete_table(DatabaseName=DATABASE, Name="workflows")

    with pytest.raises(NotFound, match=r"table lake_export.workflows: .* Create it: deploy the stack, or `etl athena"):
        registered(lake, published(DAY))


def test_partitions_that_glue_leaves_out_are_asked_for_one_by_one(lake: Lake) -> None:
    registered(lake, published(DAY))

    class Forgetful:
        """Glue, which returns no partition of a batch and says so."""

        def __getattr__(self, name: str) -> Any:
            return getattr(lake.glue, name)

        def batch_get_partition(self, *, PartitionsToGet: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803 -- boto3's
            return {"Partitions": [], "UnprocessedKeys": PartitionsToGet}

    partitions = Partitions(Forgetful(), lake.settings, dataset("workflows"))
    assert partitions.registered([DAY, DAY - timedelta(days=1)]) == {
        DAY: "s3://lake/workflows/year=2024/month=12/day=22/"
    }
