"""Objects that one stage hands to the next: JSON Lines on S3, with a reference that says what they must hold."""

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec

from etl.aws import translate_errors
from etl.errors import EtlError, StagingError

PART_BYTES = 8 * 1024 * 1024
"""Size at which a part is sent; S3 requires at least 5 MiB."""
CHUNK_BYTES = 1024 * 1024

_encoder = msgspec.json.Encoder(decimal_format="number")


class StagedObject(msgspec.Struct, frozen=True):
    """A reference to a staging object: its key, and the records and bytes that a reader must find."""

    key: str
    records: int
    bytes: int


class JsonLinesWriter:
    """Writes one object, a record a line, and replaces it atomically.

    Leaving the context publishes the whole object; an exception leaves the old one.
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
        """Add a record that `msgspec` can encode; raise EtlError when a part cannot be sent.

        `Decimal` becomes a number with all its digits, bytes become base64. Fields keep their order: equal records in
        equal order are equal bytes.
        """
        _encoder.encode_into(record, self._buffer, -1)
        self._buffer += b"\n"
        self._records += 1
        if len(self._buffer) >= self._part_bytes:
            self._send_part()

    @property
    def staged(self) -> StagedObject:
        """The reference to what is written so far."""
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
            # Leftover parts are invisible, and the bucket's lifecycle removes them after a day.
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
    """Yield the lines of a staging object without their ends; memory holds a megabyte and the longest line.

    Raise StagingError at the end when the object does not hold the records and bytes that its reference says: it was
    truncated, or another run wrote it meanwhile.
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
