"""Partitions of a dataset's table in the Glue Data Catalog, a UTC day each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

from etl.aws import translate_errors
from etl.contracts import Contract
from etl.contracts.ddl.hive import table_name
from etl.errors import NotFound, TransientError
from etl.lake.layout import folder_of, partition_values

_WRITTEN_AT_ONCE, _DELETED_AT_ONCE, _READ_AT_ONCE = 100, 25, 1000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition as the catalog has it."""

    location: str
    """Ends with a slash."""
    columns: tuple[tuple[str, str], ...]
    """The names and types by which its files are read."""


class Partitions:
    """The partitions of one dataset's table, by boto3's client of Glue."""

    def __init__(self, glue: Any, contract: Contract, *, database: str, bucket: str) -> None:
        self._glue = glue
        self._bucket = bucket
        self._contract = contract
        self._table = {"DatabaseName": database, "TableName": table_name(contract, "glue")}
        self._name = f"table {database}.{self._table['TableName']}"

    def location(self, day: date) -> str:
        """Return where the files of a day lie."""
        return f"s3://{self._bucket}/{folder_of(self._contract, day)}"

    def registered(self, days: Sequence[date]) -> dict[date, Partition]:
        """Return the partitions of those of the days that have one."""
        partitions = {}
        day_of_values = {partition_values(day): day for day in days}
        for batch in _batches(day_of_values, _READ_AT_ONCE):
            with self._calling():
                answer = self._glue.batch_get_partition(
                    **self._table, PartitionsToGet=[{"Values": list(values)} for values in batch]
                )
            # A key that Glue leaves unprocessed has no partition, or one too much for a single answer.
            others = (self._get(key["Values"]) for key in answer.get("UnprocessedKeys", ()))
            for partition in (*answer["Partitions"], *filter(None, others)):
                storage = partition["StorageDescriptor"]
                location = storage["Location"].rstrip("/") + "/"
                partitions[day_of_values[tuple(partition["Values"])]] = Partition(location, _columns(storage))
        return partitions

    def register(self, days: Sequence[date]) -> int:
        """Create the partitions of the days; return how many did not exist."""
        created = 0
        for batch in _batches(days, _WRITTEN_AT_ONCE):
            inputs = [self._input(day) for day in batch]
            with self._calling():
                answer = self._glue.batch_create_partition(**self._table, PartitionInputList=inputs)
            errors = answer.get("Errors", [])
            self._raise_for(errors, unless="AlreadyExistsException")
            created += len(batch) - len(errors)
        return created

    def mend(self, partitions: Mapping[date, Partition]) -> int:
        """Update the partitions that lie elsewhere or are read by other columns than the table's; return how many."""
        if not partitions:
            return 0
        columns = _columns(self._storage)
        stale = [day for day, partition in partitions.items() if partition != Partition(self.location(day), columns)]
        for batch in _batches(stale, _WRITTEN_AT_ONCE):
            inputs = [self._input(day) for day in batch]
            entries = [{"PartitionValueList": one["Values"], "PartitionInput": one} for one in inputs]
            with self._calling():
                answer = self._glue.batch_update_partition(**self._table, Entries=entries)
            self._raise_for(answer.get("Errors", []))
        return len(stale)

    def remove(self, days: Sequence[date]) -> int:
        """Delete the partitions of the days; return how many existed."""
        removed = 0
        for batch in _batches(days, _DELETED_AT_ONCE):
            values = [{"Values": list(partition_values(day))} for day in batch]
            with self._calling():
                answer = self._glue.batch_delete_partition(**self._table, PartitionsToDelete=values)
            errors = answer.get("Errors", [])
            self._raise_for(errors, unless="EntityNotFoundException")
            removed += len(batch) - len(errors)
        return removed

    def _get(self, values: list[str]) -> dict[str, Any] | None:
        try:
            with translate_errors(self._name):
                answer: dict[str, dict[str, Any]] = self._glue.get_partition(**self._table, PartitionValues=values)
        except NotFound:
            return None
        return answer["Partition"]

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

    def _raise_for(self, errors: Sequence[dict[str, Any]], *, unless: str | None = None) -> None:
        for error in errors:
            detail = error["ErrorDetail"]
            if detail["ErrorCode"] != unless:
                # An update names the partition by another key than a creation or a removal.
                day = "-".join(error.get("PartitionValues") or error["PartitionValueList"])
                raise TransientError(
                    f"{self._name}, partition {day}: {detail['ErrorCode']}: {detail.get('ErrorMessage', '')}"
                )


def _columns(storage: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((column["Name"], column.get("Type", "")) for column in storage.get("Columns", ()))


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
