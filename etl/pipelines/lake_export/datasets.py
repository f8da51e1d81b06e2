"""The datasets of `lake_export`: a contract each, and where their chunks stand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

from etl.contracts import Contract, read_contract
from etl.errors import ContractError, InputError
from etl.windows import Window

PIPELINE = "lake_export"
PARTITIONS = ("year", "month", "day")
WHOLE = Window(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
"""The window of a chunk that is a whole dataset."""

_FOLDER = Path(__file__).parent / "contracts"


@cache
def datasets(folder: Path = _FOLDER) -> Mapping[str, Contract]:
    """Return the contracts of a folder by the names of their datasets, in the order of those.

    Parameters
    ----------
    folder
        With a YAML file for each dataset; the pipeline's own unless given.

    Returns
    -------
    mapping of str to Contract

    Raises
    ------
    ContractError
        A file is no contract, or its partitions are not those that an export writes.
    """
    found = [_checked(read_contract(path), path) for path in sorted(folder.glob("*.yaml"))]
    return MappingProxyType({contract.dataset: contract for contract in found})


def dataset(name: str) -> Contract:
    """Return the contract of a dataset.

    Parameters
    ----------
    name
        Of the dataset.

    Returns
    -------
    Contract

    Raises
    ------
    InputError
        There is no such dataset.
    """
    known = datasets()
    if name not in known:
        raise InputError(f"there is no table {name!r} in {PIPELINE}; there are {', '.join(known)}")
    return known[name]


def of_source(contract: Contract) -> Contract:
    """Return the contract without what the pipeline computes: that of the rows within a file."""
    return replace(contract, fields=contract.source_fields)


def window_of(day: date | None) -> Window:
    """Return the window of a chunk: its day in UTC, or all time for a whole dataset."""
    return WHOLE if day is None else Window.of_day(day)


def partition_values(day: date) -> tuple[str, str, str]:
    """Return the values of the partition columns: `("2024", "12", "22")`."""
    return (f"{day.year:04}", f"{day.month:02}", f"{day.day:02}")


def folder_of(contract: Contract, day: date | None) -> str:
    """Return the folder of a chunk within the lake bucket, ended by a slash."""
    if day is None:
        return f"{contract.table}/"
    parts = zip(PARTITIONS, partition_values(day), strict=True)
    return f"{contract.table}/{'/'.join(f'{name}={value}' for name, value in parts)}/"


def object_key(contract: Contract, day: date | None) -> str:
    """Return the key of a chunk: `workflows/year=2024/month=12/day=22/data.parquet`."""
    return f"{folder_of(contract, day)}data.parquet"


def _checked(contract: Contract, path: Path) -> Contract:
    wanted = PARTITIONS if contract.window_column else ()
    if contract.partition_columns != wanted:
        raise ContractError(
            f"{path}: {contract.dataset} is partitioned by {', '.join(contract.partition_columns) or 'nothing'}:"
            " declare year, month and day where there is a windowColumn, and nothing where there is none"
        )
    return contract
