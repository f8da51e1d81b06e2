"""The footers of Parquet objects: their schema and counts, without their data."""

from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from etl.aws import translate_errors
from etl.errors import StagingError

MAGIC: Final = b"PAR1"
TRAILER: Final = 8
"""Bytes behind the footer: its length, and the magic."""

_TAIL: Final = 64 * 1024


def read_tail(s3: Any, bucket: str, key: str, version: str | None = None) -> tuple[bytes, int]:
    """Return the end of an object, with its whole footer, and the object's size in bytes.

    It is the version that readers see unless another is given. EtlError when it is missing or cannot be read.
    """
    of = {"Bucket": bucket, "Key": key, **({} if version is None else {"VersionId": version})}
    with translate_errors(f"s3://{bucket}/{key}"):
        answer = s3.get_object(**of, Range=f"bytes=-{_TAIL}")
        tail: bytes = answer["Body"].read()
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else len(tail)
        footer = int.from_bytes(tail[-TRAILER:-4], "little") + TRAILER
        if tail[-4:] == MAGIC and len(tail) < footer <= size:
            tail = s3.get_object(**of, Range=f"bytes=-{footer}")["Body"].read()
    return tail, size


def footer_of(tail: bytes) -> tuple[pq.FileMetaData, pa.Schema]:
    """Read the footer from the end of a Parquet file, or raise StagingError with a message that begins with a verb."""
    try:
        with pq.ParquetFile(pa.BufferReader(tail)) as file:
            return file.metadata, file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise StagingError(f"is not a Parquet file ({error})") from error


def rows_of(s3: Any, bucket: str, key: str, version: str) -> int:
    """Return how many rows a version of a Parquet object has, by its footer; StagingError if it is not Parquet."""
    tail, _ = read_tail(s3, bucket, key, version)
    try:
        metadata, _ = footer_of(tail)
    except StagingError as error:
        raise StagingError(
            f"s3://{bucket}/{key}, version {version}, {error}: somebody else put it there; remove that version"
        ) from error
    rows: int = metadata.num_rows
    return rows
