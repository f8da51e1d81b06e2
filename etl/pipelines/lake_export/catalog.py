"""Partitions of the Glue Data Catalog, as the objects in the lake say they should be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import msgspec

from etl.aws import translate_errors
from etl.contracts import Contract
from etl.contracts.ddl.hive import table_name
from etl.errors import NotFound, TransientError
from etl.pipelines.lake_export.datasets import PIPELINE, datasets, folder_of, partition_values
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult, Finished
from etl.runs.ledger import ChunkRecord, Ledger

_WRITTEN_AT_ONCE, _DELETED_AT_ONCE, _READ_AT_ONCE = 100, 25, 1000

One = TypeVar("One")


class CatalogSettings(msgspec.Struct, frozen=True):
    """What the stack configures."""

    s3_data_lake_bucket: str
    athena_database: str


class LedgerSettings(msgspec.Struct, frozen=True):
    """Where the ledger is."""

    ledger_table: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A partition that there is: where its files lie, and the names and types that they are read by."""

    location: str
    """Ended by a slash."""
    columns: tuple[tuple[str, str], ...]


class Partitions:
    """The partitions of one dataset's table.

    Parameters
    ----------
    glue
        boto3's client.
    settings
        Database and bucket.
    contract
        Of the dataset.
    """

    def __init__(self, glue: Any, settings: CatalogSettings, contract: Contract) -> None:
        self._glue = glue
        self._bucket = settings.s3_data_lake_bucket
        self._contract = contract
        self._table = {"DatabaseName": settings.athena_database, "TableName": table_name(contract, "glue")}
        self._name = f"table {settings.athena_database}.{self._table['TableName']}"

    def location(self, day: date) -> str:
        """Return where the files of a day lie."""
        return f"s3://{self._bucket}/{folder_of(self._contract, day)}"

    def registered(self, days: Sequence[date]) -> dict[date, Registered]:
        """Return the partitions of those of the days that have one."""
        found = {}
        wanted = {partition_values(day): day for day in days}
        for some in _batches(wanted, _READ_AT_ONCE):
            with self._calling():
                answer = self._glue.batch_get_partition(
                    **self._table, PartitionsToGet=[{"Values": list(values)} for values in some]
                )
            # What Glue did not return is not there, or was too much for one answer.
            others = (self._one(key["Values"]) for key in answer.get("UnprocessedKeys", ()))
            for one in (*answer["Partitions"], *filter(None, others)):
                storage = one["StorageDescriptor"]
                location = storage["Location"].rstrip("/") + "/"
                found[wanted[tuple(one["Values"])]] = Registered(location, _columns(storage))
        return found

    def _one(self, values: list[str]) -> dict[str, Any] | None:
        try:
            with translate_errors(self._name):
                answer: dict[str, Any] = self._glue.get_partition(**self._table, PartitionValues=values)
        except NotFound:
            return None
        found: dict[str, Any] = answer["Partition"]
        return found

    def register(self, days: Sequence[date]) -> int:
        """Give each of the days a partition; return how many had none."""
        created = 0
        for some in _batches(days, _WRITTEN_AT_ONCE):
            inputs = [self._input(day) for day in some]
            with self._calling():
                answer = self._glue.batch_create_partition(**self._table, PartitionInputList=inputs)
            errors = answer.get("Errors", [])
            self._refuse(errors, but="AlreadyExistsException")
            created += len(some) - len(errors)
        return created

    def mend(self, found: Mapping[date, Registered]) -> int:
        """Let the partitions lie at their places and be read as the table is; return how many did not."""
        if not found:
            return 0
        columns = _columns(self._storage)
        stale = [day for day, one in found.items() if one != Registered(self.location(day), columns)]
        for some in _batches(stale, _WRITTEN_AT_ONCE):
            inputs = [self._input(day) for day in some]
            entries = [{"PartitionValueList": one["Values"], "PartitionInput": one} for one in inputs]
            with self._calling():
                answer = self._glue.batch_update_partition(**self._table, Entries=entries)
            self._refuse(answer.get("Errors", []))
        return len(stale)

    def remove(self, days: Sequence[date]) -> int:
        """Take the partitions of the days away; return how many had one."""
        removed = 0
        for some in _batches(days, _DELETED_AT_ONCE):
            values = [{"Values": list(partition_values(day))} for day in some]
            with self._calling():
                answer = self._glue.batch_delete_partition(**self._table, PartitionsToDelete=values)
            errors = answer.get("Errors", [])
            self._refuse(errors, but="EntityNotFoundException")
            removed += len(some) - len(errors)
        return removed

    def _input(self, day: date) -> dict[str, Any]:
        return {
            "Values": list(partition_values(day)),
            "StorageDescriptor": {**self._storage, "Location": self.location(day)},
        }

    @cached_property
    def _storage(self) -> dict[str, Any]:
        """The table's own storage descriptor: how a partition's files are read."""
        with self._calling():
            table = self._glue.get_table(DatabaseName=self._table["DatabaseName"], Name=self._table["TableName"])
        storage: dict[str, Any] = table["Table"]["StorageDescriptor"]
        return storage

    @contextmanager
    def _calling(self) -> Iterator[None]:
        try:
            with translate_errors(self._name):
                yield
        except NotFound as error:
            raise NotFound(f"{error}. Create it: deploy the stack, or `etl athena setup`") from error

    def _refuse(self, errors: Sequence[dict[str, Any]], *, but: str | None = None) -> None:
        for one in errors:
            detail = one["ErrorDetail"]
            if detail["ErrorCode"] != but:
                # An update names it otherwise than a creation and a removal.
                day = "-".join(one.get("PartitionValues") or one["PartitionValueList"])
                raise TransientError(
                    f"{self._name}, partition {day}: {detail['ErrorCode']}: {detail.get('ErrorMessage', '')}"
                )


def register_partitions(
    request: CatalogRequest, settings: CatalogSettings, *, glue: Any, ledger: Ledger
) -> CatalogResult:
    """Let the partitions be those of the days that the ledger knows as published; a second time changes nothing.

    All days are looked at, not those of this run alone: what a run published that died before its partitions were
    registered is unchanged to the next one. A partition that lies elsewhere, or is read by other columns than its
    table's, is mended once its file is one of the contract's present version; until then it is right about its file.

    Parameters
    ----------
    request
        The datasets; all of them when it names none.
    settings
        Database and bucket.
    glue
        boto3's client.
    ledger
        What is published.

    Returns
    -------
    CatalogResult

    Raises
    ------
    NotFound
        A table is missing.
    EtlError
        Glue or the ledger failed.
    """
    registered = updated = removed = 0
    # What there is no dataset for has been refused where the run was planned.
    asked = [datasets()[name] for name in request.datasets or datasets() if name in datasets()]
    for contract in asked:
        if contract.window_column is None:
            continue
        known = ledger.chunks(PIPELINE, contract.dataset)
        days = {date.fromisoformat(day): record for day, record in known.items() if day is not None}
        partitions = Partitions(glue, settings, contract)
        there = partitions.registered(list(days))
        registered += partitions.register([day for day, record in days.items() if record.key and day not in there])
        updated += partitions.mend({day: one for day, one in there.items() if _is_present(days[day], contract)})
        removed += partitions.remove([day for day in there if days[day].status == "empty"])
    return CatalogResult(registered, removed, updated)


def by_dataset(chunks: Iterable[Finished]) -> Iterator[tuple[str, list[tuple[date, Finished]]]]:
    """Yield datasets with their chunks that are days; a dataset that is exported whole has no partitions."""
    found: defaultdict[str, list[tuple[date, Finished]]] = defaultdict(list)
    for chunk in chunks:
        if chunk.day is not None:
            found[chunk.dataset].append((date.fromisoformat(chunk.day), chunk))
    yield from found.items()


def _is_present(record: ChunkRecord, contract: Contract) -> bool:
    # What was rolled back keeps the fingerprint of the file that it replaced.
    return record.status == "published" and (record.fingerprint or "").startswith(f"{contract.version}/")


def _columns(storage: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((column["Name"], column.get("Type", "")) for column in storage.get("Columns", ()))


def _batches(items: Iterable[One], size: int) -> Iterator[list[One]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
