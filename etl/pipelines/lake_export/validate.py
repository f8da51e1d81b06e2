"""What readers see, held against what was exported: the object, its footer, and its partition."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from etl.aws import translate_errors
from etl.contracts import Contract
from etl.contracts.arrow import file_schema
from etl.errors import NotFound, StagingError
from etl.lake.footers import TRAILER, footer_of, read_tail
from etl.pipelines.lake_export.catalog import CatalogSettings, Partitions, by_dataset
from etl.pipelines.lake_export.datasets import PIPELINE, dataset, folder_of, object_key, of_source
from etl.pipelines.lake_export.messages import Finding, Finished, ValidateRequest, ValidateResult

_NAMED = 3


def validate(request: ValidateRequest, settings: CatalogSettings, *, s3: Any, glue: Any) -> ValidateResult:
    """Check every chunk: its object is there and is Parquet, with the contract's schema and the rows it should have.

    Parameters
    ----------
    request
        The chunks, each with the rows that the source has of it, less those that were rejected.
    settings
        Database and bucket.
    s3, glue
        boto3's clients.

    Returns
    -------
    ValidateResult
        What was not as it should be; nothing is changed.

    Raises
    ------
    EtlError
        S3 or Glue failed.
    """
    misplaced: dict[tuple[str, str | None], str] = {}
    for name, chunks in by_dataset(request.chunks):
        partitions = Partitions(glue, settings, dataset(name))
        found = partitions.registered([day for day, _ in chunks])
        for day, chunk in chunks:
            location = found[day].location if day in found else None
            if said := _of_partition(chunk, location, partitions.location(day)):
                misplaced[name, chunk.day] = said
    findings = [
        Finding(chunk.dataset, chunk.day, check, text)
        for chunk in request.chunks
        for check, text in _findings(chunk, settings.s3_data_lake_bucket, s3, misplaced.get((chunk.dataset, chunk.day)))
    ]
    return ValidateResult(len(request.chunks), findings)


def _findings(chunk: Finished, bucket: str, s3: Any, misplaced: str | None) -> Iterator[tuple[Any, str]]:
    contract = dataset(chunk.dataset)
    day = None if chunk.day is None else date.fromisoformat(chunk.day)
    key = object_key(contract, day)
    try:
        tail, size = read_tail(s3, bucket, key)
    except NotFound:
        if chunk.key is not None:
            yield "object", f"s3://{bucket}/{key} does not exist: run the day again with force"
    else:
        if chunk.key is None:
            yield "object", f"s3://{bucket}/{key} is there, though the source has no rows: run the day again with force"
        else:
            yield from _of_file(tail, size, contract, chunk.rows)
    folder = folder_of(contract, day)
    if others := list(islice(_others(s3, bucket, folder, key), _NAMED + 1)):
        named = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
        yield "object", f"s3://{bucket}/{folder} has other objects, whose rows are read as well: remove {named}"
    if misplaced:
        yield "partition", misplaced


def _of_partition(chunk: Finished, location: str | None, place: str) -> str | None:
    run = f"`etl run {PIPELINE} --table {chunk.dataset} --date {chunk.day}`"
    if chunk.key is None:
        return None if location is None else f"still has a partition, but no rows: {run}"
    if location is None:
        return f"has no partition: `etl athena repair {chunk.dataset}`"
    return None if location == place else f"has its partition at {location}, not at {place}: {run}"


def _others(s3: Any, bucket: str, folder: str, key: str) -> Iterator[str]:
    """Yield the names of what readers find beside a folder's object: they pass over `_…`, `.…` and what is empty."""
    with translate_errors(f"s3://{bucket}/{folder}"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for one in page.get("Contents", ()):
                name = one["Key"].removeprefix(folder)
                hidden = any(part.startswith(("_", ".")) for part in name.split("/"))
                if one["Key"] != key and one["Size"] and not hidden:
                    yield name


def _of_file(tail: bytes, size: int, contract: Contract, rows: int) -> Iterator[tuple[Any, str]]:
    try:
        metadata, schema = footer_of(tail)
    except StagingError as error:
        yield "parquet", f"{error}: run the day again with force"
        return
    if (least := _extent(metadata) + metadata.serialized_size + TRAILER) > size:
        yield "parquet", f"is truncated: by its footer it has at least {least:,} bytes, not {size:,}"
    if not schema.equals(file_schema(of_source(contract))):
        yield (
            "schema",
            f"has another schema than contract {contract.id} {contract.version}: run the day again with force",
        )
    if metadata.num_rows != rows:
        yield "rows", f"has {metadata.num_rows:,} rows, the source {rows:,}: run the day again"


def _extent(metadata: Any) -> int:
    """Return the byte behind the last column chunk."""
    ends = (
        (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size
        for group in range(metadata.num_row_groups)
        for column in map(metadata.row_group(group).column, range(metadata.num_columns))
    )
    return max(ends, default=0)
