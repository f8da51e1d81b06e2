"""What readers see, held against what was exported: the object, its footer, and its partition."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl.aws import naming
from etl.contracts import Contract
from etl.contracts.arrow import file_schema
from etl.errors import NotFound
from etl.pipelines.lake_export.catalog import CatalogSettings, Partitions, by_dataset
from etl.pipelines.lake_export.datasets import dataset, object_key, of_source
from etl.pipelines.lake_export.messages import Finding, Finished, ValidateRequest, ValidateResult

_MAGIC = b"PAR1"
_TRAILER = 8
_TAIL = 64 * 1024


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
    registered: dict[tuple[str, date], bool] = {}
    for name, chunks in by_dataset(request.chunks):
        partitions = Partitions(glue, settings, dataset(name))
        found = partitions.registered([day for day, _ in chunks])
        registered |= {(name, day): found.get(day) == partitions.location(day) for day, _ in chunks}
    findings = [
        Finding(chunk.dataset, chunk.day, check, text)
        for chunk in request.chunks
        for check, text in _findings(chunk, settings.s3_data_lake_bucket, s3, registered)
    ]
    return ValidateResult(len(request.chunks), findings)


def _findings(
    chunk: Finished, bucket: str, s3: Any, registered: Mapping[tuple[str, date], bool]
) -> Iterator[tuple[Any, str]]:
    contract = dataset(chunk.dataset)
    day = None if chunk.day is None else date.fromisoformat(chunk.day)
    key = object_key(contract, day)
    try:
        tail, size = _tail(s3, bucket, key)
    except NotFound:
        if chunk.key is not None:
            yield "object", f"s3://{bucket}/{key} does not exist: run the day again with force"
    else:
        if chunk.key is None:
            yield "object", f"s3://{bucket}/{key} is there, though the source has no rows: run the day again with force"
        else:
            yield from _of_file(tail, size, contract, chunk.rows)
    if day is not None and registered[chunk.dataset, day] != (chunk.key is not None):
        said = "has no partition at its place" if chunk.key else "still has a partition, but no rows"
        yield "partition", f"{said}: `etl athena repair {chunk.dataset}`"


def _tail(s3: Any, bucket: str, key: str) -> tuple[bytes, int]:
    """Return the end of an object, its footer whole, and the object's size."""
    name = f"s3://{bucket}/{key}"
    with naming(name):
        answer = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{_TAIL}")
        tail: bytes = answer["Body"].read()
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else len(tail)
        footer = int.from_bytes(tail[-_TRAILER:-4], "little") + _TRAILER
        if tail[-4:] == _MAGIC and len(tail) < footer <= size:
            tail = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{footer}")["Body"].read()
    return tail, size


def _of_file(tail: bytes, size: int, contract: Contract, rows: int) -> Iterator[tuple[Any, str]]:
    try:
        with pq.ParquetFile(pa.BufferReader(tail)) as file:
            metadata, schema = file.metadata, file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        yield "parquet", f"is no Parquet file ({error}): run the day again with force"
        return
    if (least := _extent(metadata) + metadata.serialized_size + _TRAILER) > size:
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
