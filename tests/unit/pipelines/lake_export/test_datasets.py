"""The datasets: five of them, partitioned by the day, each chunk with one place."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl.contracts.types import Timestamp
from etl.errors import ContractError, InputError
from etl.lake.layout import object_key, of_source, partition_values, window_of
from etl.pipelines.lake_export.datasets import dataset, datasets

# The page's table: what is exported, and by which column.
DATE_COLUMNS = {
    "workflows": "created_at",
    "agent_tasks": "created_at",
    "agent_metrics": "recorded_at",
    "agent_interactions": "created_at",
    "user_sessions": "started_at",
}


def test_the_page_names_the_tables_and_their_date_columns() -> None:
    assert {name: contract.window_column for name, contract in datasets().items()} == DATE_COLUMNS


@pytest.mark.parametrize("name", DATE_COLUMNS)
def test_every_date_column_is_an_instant(name: str) -> None:
    contract = dataset(name)

    assert contract.field(str(contract.window_column)).type == Timestamp(zoned=True)


def test_a_dataset_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="there is no dataset 'orders' in lake_export; there are agent_interactions, "):
        dataset("orders")


@pytest.mark.parametrize(
    ("day", "key"),
    [(date(2024, 12, 2), "workflows/year=2024/month=12/day=02/data.parquet"), (None, "workflows/data.parquet")],
)
def test_a_part_has_its_key_as_the_page_writes_it(day: date | None, key: str) -> None:
    assert object_key(dataset("workflows"), day) == key


def test_partitions_sort_as_days_do() -> None:
    assert partition_values(date(987, 1, 2)) == ("0987", "01", "02")


def test_a_day_is_its_24_hours_in_utc() -> None:
    window = window_of(date(2024, 12, 31))

    assert (window.start, window.end) == (datetime(2024, 12, 31, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))


def test_the_files_hold_what_the_source_brings_and_not_what_paths_say() -> None:
    names = [field.name for field in of_source(dataset("workflows")).fields]

    assert names[0] == "id"
    assert not {"year", "month", "day"} & set(names)


def test_other_partitions_than_the_export_writes_are_refused(tmp_path: Path) -> None:
    text = (Path(datasets.__wrapped__.__code__.co_filename).parent / "contracts" / "workflows.yaml").read_text()
    (tmp_path / "workflows.yaml").write_text(
        text.replace("partitioned: true\n        partitionKeyPosition: 3\n        ", "")
    )

    with pytest.raises(ContractError, match="workflows is partitioned by year, month: declare year, month and day"):
        datasets(tmp_path)
