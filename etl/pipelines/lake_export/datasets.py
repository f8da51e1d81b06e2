"""The datasets of `lake_export`, a contract each."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from etl.contracts import Contract, read_contract
from etl.errors import ContractError, InputError
from etl.lake.layout import PARTITIONS

PIPELINE = "lake_export"

_FOLDER = Path(__file__).parent / "contracts"


@cache
def datasets(folder: Path = _FOLDER) -> Mapping[str, Contract]:
    """Return the contracts of a folder (by default the pipeline's own) by dataset, in the order of their names.

    ContractError when a file is not a contract, or declares other partitions than an export writes.
    """
    found = [_checked(read_contract(path), path) for path in sorted(folder.glob("*.yaml"))]
    return MappingProxyType({contract.dataset: contract for contract in found})


def dataset(name: str) -> Contract:
    """Return the contract of a dataset; InputError when there is no such dataset."""
    known = datasets()
    if name not in known:
        raise InputError(f"there is no dataset {name!r} in {PIPELINE}; there are {', '.join(known)}")
    return known[name]


def _checked(contract: Contract, path: Path) -> Contract:
    wanted = PARTITIONS if contract.window_column else ()
    if contract.partition_columns != wanted:
        raise ContractError(
            f"{path}: {contract.dataset} is partitioned by {', '.join(contract.partition_columns) or 'nothing'}:"
            " declare year, month and day where there is a windowColumn, and nothing where there is none"
        )
    return contract
