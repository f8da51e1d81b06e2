"""Objects that one stage hands to the next: JSON Lines on S3, with a reference that says what has to be in them."""

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec

from etl.aws import translate_errors
from etl.errors import EtlError, StagingError

PART_BYTES = 8 * 1024 * 1024
"""Size from which a part is sent; S3 asks for at least 5 MiB."""

CHUNK_BYTES = 1024 * 1024

_encoder = msgspec.json.Encoder(decimal_format="number")


class StagedObject(msgspec.Struct, frozen=True):
    """A reference to a staging object, with what a reader has to find in it."""

    key: str
    records: int
    bytes: int


class JsonLinesWriter:
    """Writes one object, a record a line: leaving the context publishes it whole, an exception leaves no object.

    Parameters
    ----------
    s3
        boto3's client.
    bucket, key
        Where the object goes; an object that stands there is replaced, atomically.
    part_bytes
        Size of the parts of a long object, in bytes.
    """

    def __init__(self, s3: Any, bucket: str, key: str, *, part_bytes: int = PART_BYTES) -> None:
        self._s3 = s3
        self._key = key
        self._name = f"s3://{bucket}/{key}"
        self._target = {"Bucket": bucket, "Key": key}
        self._part_bytes = part_bytes
        self._buffer = bytearray()
        self._records = 0
        self._bytes = 0
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, record: object) -> None:
        """Add a record.

        Parameters
        ----------
        record
            What `msgspec` encodes; `Decimal` becomes a number with all its digits, bytes become base64. The
            fields keep their order, so that equal records in equal order are equal bytes.

        Raises
        ------
        EtlError
            A part cannot be sent.
        """
        _encoder.encode_into(record, self._buffer, -1)
        self._buffer += b"\n"
        self._records += 1
        if len(self._buffer) >= self._part_bytes:
            self._send_part()

    @property
    def staged(self) -> StagedObject:
        """The reference to the object as written so far."""
        return StagedObject(self._key, self._records, self._bytes + len(self._buffer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._abort()
            return
        try:
            self._publish()
        except EtlError:
            self._abort()
            raise

    def _abort(self) -> None:
        if self._upload is not None:
            # Parts that stay behind are invisible, and the bucket's lifecycle removes them after a day.
            with suppress(EtlError), translate_errors(self._name):
                self._s3.abort_multipart_upload(**self._target, UploadId=self._upload)

    def _publish(self) -> None:
        if self._upload is None:
            with translate_errors(self._name):
                self._s3.put_object(**self._target, Body=bytes(self._buffer), ContentType="application/x-ndjson")
            return
        if self._buffer:
            self._send_part()
        with translate_errors(self._name):
            self._s3.complete_multipart_upload(
                **self._target, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
            )

    def _send_part(self) -> None:
        with translate_errors(self._name):
            if self._upload is None:
                upload = self._s3.create_multipart_upload(**self._target, ContentType="application/x-ndjson")
                self._upload = upload["UploadId"]
            number = len(self._parts) + 1
            part = self._s3.upload_part(
                **self._target, UploadId=self._upload, PartNumber=number, Body=bytes(self._buffer)
            )
        self._parts.append({"PartNumber": number, "ETag": part["ETag"]})
        self._bytes += len(self._buffer)
        self._buffer.clear()


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
    with translate_errors(name):
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
