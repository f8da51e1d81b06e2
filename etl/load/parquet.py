"""Arrow batches to one Parquet object on S3: sent while it is written, visible to readers once it is published.

The writer writes a local file, and its finished stretches go to S3 as parts of an upload that is not completed yet. The
file can be opened and audited before anybody sees the object, and unsent bytes wait on the disk, not in memory.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from etl.aws import translate_errors
from etl.errors import EtlError, TerminalError, WindowTaken
from etl.load.row_groups import ROW_GROUP_BYTES, RowGroups
from etl.staging import PART_BYTES
from etl.values.parquet import repeats

_CONTENT_TYPE: Final = "application/vnd.apache.parquet"
_OWNER: Final = "upload"
# The object is not the one to replace, or changes right now; or the upload is gone, as after its completion.
_LOST: Final = frozenset({"412", "ConditionalRequestConflict", "NoSuchKey", "NoSuchUpload", "PreconditionFailed"})
_SAMPLE: Final = 2048


@dataclass(frozen=True, slots=True)
class Published:
    """An object that readers see."""

    key: str
    etag: str
    version: str | None
    """None in a bucket without versions."""
    rows: int
    bytes: int


class ParquetUpload:
    """Writes one object; leaving the context without `publish` leaves the old one.

    The same rows give the same bytes, in whatever batches they come.

    Parameters
    ----------
    compression
        `snappy`, `zstd`, `gzip` or `none`.
    scratch
        The local file: complete after `close_file`, removed with the context.
    replaces
        The ETag of the object to replace; None when there must be none.
    sorted_by
        The columns by which the rows come sorted, ascending with nulls last: noted in the file.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        key: str,
        schema: pa.Schema,
        *,
        compression: str,
        scratch: Path,
        replaces: str | None,
        sorted_by: Sequence[str] = (),
        part_bytes: int = PART_BYTES,
        row_group_bytes: int = ROW_GROUP_BYTES,
    ) -> None:
        self.scratch = scratch
        self._key = key
        self._name = f"s3://{bucket}/{key}"
        self._schema = schema
        self._groups = RowGroups(schema, row_group_bytes)
        self._written = 0
        self._sink: pa.NativeFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._options: dict[str, Any] = {"compression": compression}
        if sorted_by:
            order = [(name, "ascending") for name in sorted_by]
            self._options["sorting_columns"] = pq.SortingColumn.from_ordering(schema, order, null_placement="at_end")
        self._parts = _Parts(s3, bucket, key, file=scratch, part_bytes=part_bytes, replaces=replaces)

    @property
    def rows(self) -> int:
        """The number of rows in the file."""
        return self._written

    @property
    def bytes(self) -> int:
        """The size of the file, once it is closed."""
        return self.scratch.stat().st_size

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; raise TerminalError when the disk is full, EtlError when a part could not be sent."""
        self._written += batch.num_rows
        for group in self._groups.add(batch):
            self._write(group)

    def close_file(self) -> None:
        """Write the rest and the footer: from now on the scratch file can be opened. Errors are those of `write`."""
        rest = self._groups.rest()
        if rest.num_rows or self._writer is None:
            self._write(rest)
        with self._on_disk():
            self._close()
        self._parts.end(self.bytes)

    def publish(self) -> Published:
        """Make the object visible in one step.

        Raise WindowTaken, and leave the object that stands there, when it is not the one to replace; EtlError when S3
        fails.
        """
        answer = self._parts.complete()
        return Published(self._key, answer["ETag"], answer.get("VersionId"), self.rows, self.bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._parts.close()
        finally:
            with suppress(pa.ArrowException, OSError):
                self._close()
            self.scratch.unlink(missing_ok=True)

    def _write(self, group: pa.Table) -> None:
        with self._on_disk():
            self._append(group)
        if self._sink is not None:
            self._parts.grown(self._sink.tell())

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise TerminalError(
                f"{self._name}: its scratch file was not written ({error}). If the disk is full, raise scratch_mb:"
                " the whole object has to fit"
            ) from error

    def _append(self, group: pa.Table) -> None:
        if self._writer is None:
            self._sink = pa.OSFile(str(self.scratch), "wb")
            self._writer = pq.ParquetWriter(
                self._sink,
                self._schema,
                use_dictionary=[path for path, values in _leaves(group) if repeats(values)] or False,
                # Nobody asks for the smallest JSON document, and each page would carry two.
                write_statistics=[path for path, _ in _leaves(group.select(self._compared()))] or False,
                store_decimal_as_integer=True,
                **self._options,
            )
        self._writer.write_table(group, row_group_size=max(group.num_rows, 1))

    def _compared(self) -> list[str]:
        return [field.name for field in self._schema if (field.metadata or {}).get(b"logicalType") != b"json"]

    def _close(self) -> None:
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            if self._sink is not None:
                self._sink.close()


class _Parts:
    """Sends a growing file to S3: part by part on its own thread, or all at once when it is short."""

    def __init__(self, s3: Any, bucket: str, key: str, *, file: Path, part_bytes: int, replaces: str | None) -> None:
        self._s3 = s3
        self._name = f"s3://{bucket}/{key}"
        self._target = {"Bucket": bucket, "Key": key}
        self._file = file
        self._part_bytes = part_bytes
        self._condition = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": replaces}
        # Marks the object as this upload's. It tells a lost answer from a lost condition.
        self._described = {"ContentType": _CONTENT_TYPE, "Metadata": {_OWNER: secrets.token_hex(16)}}
        self._thread = ThreadPoolExecutor(1, "parts")
        self._upload: str | None = None
        self._sent = 0
        self._parts: list[Future[dict[str, Any]]] = []

    def grown(self, size: int) -> None:
        """Send the whole parts of a file that has `size` bytes by now."""
        for part in self._parts:
            if part.done():
                part.result()
        while size - self._sent >= self._part_bytes:
            self._submit(self._part_bytes)

    def end(self, size: int) -> None:
        """Send the rest of a file that grows no more, unless it is so short that no part was sent."""
        self.grown(size)
        if self._parts and size > self._sent:
            self._submit(size - self._sent)

    def complete(self) -> dict[str, Any]:
        """Make the object appear, and return S3's answer."""
        parts = [part.result() for part in self._parts]
        if not parts:
            return self._publish(
                lambda: self._s3.put_object(
                    **self._target, **self._described, **self._condition, Body=self._file.read_bytes()
                )
            )
        answer = self._publish(
            lambda: self._s3.complete_multipart_upload(
                **self._target, **self._condition, UploadId=self._upload, MultipartUpload={"Parts": parts}
            )
        )
        self._upload = None
        return answer

    def close(self) -> None:
        """Abort an upload that was not completed."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._upload is not None:
            # Leftover parts are invisible, and the bucket's lifecycle removes them after a day.
            with suppress(EtlError), translate_errors(self._name):
                self._s3.abort_multipart_upload(**self._target, UploadId=self._upload)

    def _submit(self, length: int) -> None:
        self._parts.append(self._thread.submit(self._send, len(self._parts) + 1, self._sent, length))
        self._sent += length

    def _send(self, number: int, start: int, length: int) -> dict[str, Any]:
        if number > 1:
            # No part is sent behind one that failed: this one fails in the same way.
            self._parts[number - 2].result()
        with translate_errors(self._name), self._file.open("rb") as file:
            if self._upload is None:
                self._upload = self._s3.create_multipart_upload(**self._target, **self._described)["UploadId"]
            file.seek(start)
            part = self._s3.upload_part(
                **self._target, UploadId=self._upload, PartNumber=number, Body=file.read(length)
            )
        return {"PartNumber": number, "ETag": part["ETag"]}

    def _publish(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            with translate_errors(self._name):
                return call()
        except EtlError as error:
            code = _code_of(error)
            if code not in _LOST:
                raise
            # The SDK repeats a call whose answer was lost: its own first attempt then breaks the condition.
            if (own := self._standing_if_own()) is not None:
                return own
            if code == "NoSuchUpload":
                raise
            raise WindowTaken(
                f"{self._name} was replaced by another run meanwhile ({code}): that object stays, and this run"
                " published nothing"
            ) from error

    def _standing_if_own(self) -> dict[str, Any] | None:
        with suppress(EtlError), translate_errors(self._name):
            found: dict[str, Any] = self._s3.head_object(**self._target)
            return found if found.get("Metadata") == self._described["Metadata"] else None
        return None


def _code_of(error: EtlError) -> str:
    cause = error.__cause__
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""


def _leaves(group: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    """Yield the paths of the columns in Parquet, with the values of a sample."""
    for name, column in zip(group.column_names, group.slice(0, _SAMPLE).columns, strict=True):
        yield from _within(name, column.combine_chunks())


def _within(path: str, values: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    if pa.types.is_list(values.type):
        yield from _within(f"{path}.list.element", values.flatten())
    elif pa.types.is_struct(values.type):
        for field, inner in zip(values.type, values.flatten(), strict=True):
            yield from _within(f"{path}.{field.name}", inner)
    else:
        yield path, values
