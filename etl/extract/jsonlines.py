"""JSON Lines from an S3 staging object, streamed, and checked against the reference that came with it."""

from collections.abc import Iterator
from typing import Any

from etl.aws import naming
from etl.errors import StagingError
from etl.load.jsonlines import StagedObject

CHUNK_BYTES = 1024 * 1024


def read_lines(s3: Any, bucket: str, staged: StagedObject) -> Iterator[bytes]:
    """Yield the lines of a staging object; memory holds a chunk of a megabyte and the longest line.

    Parameters
    ----------
    s3
        boto3's client.
    bucket
        The staging bucket.
    staged
        The object's key, and the records and bytes that have to be in it.

    Yields
    ------
    bytes
        A line, without its end.

    Raises
    ------
    StagingError
        The object holds more or fewer records or bytes than the reference says: it was truncated, or another
        run wrote it in between.
    EtlError
        S3 cannot be read.
    """
    name = f"s3://{bucket}/{staged.key}"
    records = size = 0
    rest = b""
    with naming(name):
        body = s3.get_object(Bucket=bucket, Key=staged.key)["Body"]
        for chunk in body.iter_chunks(CHUNK_BYTES):
            size += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            records += len(lines)
            yield from lines
    if rest or (records, size) != (staged.records, staged.bytes):
        raise StagingError(
            f"{name} holds {records} records in {size} bytes, its reference says {staged.records} in {staged.bytes}:"
            " it was truncated, or another run of the same window wrote it meanwhile. Run the window again"
        )
