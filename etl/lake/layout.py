"""Where the lake keeps what: a Parquet object for each UTC day of a dataset, or one for the whole dataset."""

from dataclasses import replace
from datetime import UTC, date, datetime

from etl.contracts import Contract
from etl.runs.ledger import WHOLE
from etl.windows import Window

PARTITIONS = ("year", "month", "day")
ALL_TIME = Window(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
"""The window of a whole dataset."""


def day_of(part: str) -> date | None:
    """Return the day that a part names; None for `whole`."""
    return None if part == WHOLE else date.fromisoformat(part)


def part_of(day: date | None) -> str:
    """Return the part that is this day, or `whole` for None."""
    return WHOLE if day is None else day.isoformat()


def window_of(day: date | None) -> Window:
    """Return the window of a day in UTC, or all time for a whole dataset."""
    return ALL_TIME if day is None else Window.of_day(day)


def of_source(contract: Contract) -> Contract:
    """Return the contract of the rows within a file: without the columns that the path already says."""
    return replace(contract, fields=contract.source_fields)


def partition_values(day: date) -> tuple[str, str, str]:
    """Return the values of the partition columns: `("2024", "12", "22")`."""
    return (f"{day.year:04}", f"{day.month:02}", f"{day.day:02}")


def folder_of(contract: Contract, day: date | None) -> str:
    """Return the folder of a day, or of a whole dataset, within the lake bucket; it ends with a slash."""
    if day is None:
        return f"{contract.table}/"
    values = zip(PARTITIONS, partition_values(day), strict=True)
    return f"{contract.table}/{'/'.join(f'{name}={value}' for name, value in values)}/"


def object_key(contract: Contract, day: date | None) -> str:
    """Return the key of the object: `workflows/year=2024/month=12/day=22/data.parquet`."""
    return f"{folder_of(contract, day)}data.parquet"
