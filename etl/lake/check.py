"""Compares what readers of the lake see with what was published: the object, its footer, and its partition."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Literal

from etl.aws import translate_errors
from etl.contracts import Contract
from etl.contracts.arrow import file_schema
from etl.errors import NotFound, StagingError
from etl.lake.footers import TRAILER, footer_of, read_tail
from etl.lake.layout import folder_of, object_key, of_source

Check = Literal["object", "parquet", "schema", "rows", "partition"]
Failure = tuple[Check, str]
"""The check that failed, and what it found."""

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Expected:
    """What should stand in the lake for one day, or for a whole dataset."""

    contract: Contract
    day: date | None
    rows: int
    key: str | None
    """None when readers should find no object."""


def check_object(s3: Any, bucket: str, expected: Expected) -> Iterator[Failure]:
    """Yield what is wrong with the object, its footer and its folder; EtlError when S3 fails."""
    key, folder = object_key(expected.contract, expected.day), folder_of(expected.contract, expected.day)
    try:
        tail, size = read_tail(s3, bucket, key)
    except NotFound:
        if expected.key is not None:
            yield "object", f"s3://{bucket}/{key} does not exist: run the day again with force"
    else:
        if expected.key is None:
            yield "object", f"s3://{bucket}/{key} is there, though the source has no rows: run the day again with force"
        else:
            yield from _check_file(tail, size, expected)
    if others := list(islice(_other_objects(s3, bucket, folder, key), _NAMED + 1)):
        names = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
        yield "object", f"s3://{bucket}/{folder} has other objects, whose rows are read as well: remove {names}"


def check_partition(expected: Expected, location: str | None, right: str, *, run: str) -> Iterator[Failure]:
    """Yield what is wrong with a day's partition.

    `location` is where the catalog has it (None without a partition), `right` where it belongs, and `run` the command
    that exports the day again.
    """
    if expected.key is None:
        if location is not None:
            yield "partition", f"still has a partition, but no rows: `{run}`"
    elif location is None:
        yield "partition", f"has no partition: `etl athena repair {expected.contract.dataset}`"
    elif location != right:
        yield "partition", f"has its partition at {location}, not at {right}: `{run}`"


def _check_file(tail: bytes, size: int, expected: Expected) -> Iterator[Failure]:
    contract = expected.contract
    try:
        metadata, schema = footer_of(tail)
    except StagingError as error:
        yield "parquet", f"{error}: run the day again with force"
        return
    if (least := _end_of_columns(metadata) + metadata.serialized_size + TRAILER) > size:
        yield "parquet", f"is truncated: by its footer it has at least {least:,} bytes, not {size:,}"
    if not schema.equals(file_schema(of_source(contract))):
        yield (
            "schema",
            f"has another schema than contract {contract.id} {contract.version}: run the day again with force",
        )
    if metadata.num_rows != expected.rows:
        yield "rows", f"has {metadata.num_rows:,} rows, the source {expected.rows:,}: run the day again"


def _other_objects(s3: Any, bucket: str, folder: str, key: str) -> Iterator[str]:
    """Yield the names of other objects that readers find in a folder: they skip `_…`, `.…` and empty objects."""
    with translate_errors(f"s3://{bucket}/{folder}"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for item in page.get("Contents", ()):
                name = item["Key"].removeprefix(folder)
                hidden = any(step.startswith(("_", ".")) for step in name.split("/"))
                if item["Key"] != key and item["Size"] and not hidden:
                    yield name


def _end_of_columns(metadata: Any) -> int:
    """Return the offset of the byte behind the last column chunk."""
    ends = (
        (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size
        for group in range(metadata.num_row_groups)
        for column in map(metadata.row_group(group).column, range(metadata.num_columns))
    )
    return max(ends, default=0)
