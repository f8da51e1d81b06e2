"""S3 as one file to read and a sink to write to, so that what is measured is the stage and not a store."""

import io
from collections.abc import Iterator
from pathlib import Path


class _Body(io.FileIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class FileStore:
    """As much of boto3's S3 client as the stages use; every object that is read is `source`."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.written = 0

    def get_object(self, **_: object) -> dict[str, _Body]:
        """Open the file."""
        return {"Body": _Body(self._source)}

    def put_object(self, *, Body: bytes, **_: object) -> None:  # noqa: N803 -- boto3's name
        """Count and drop an object."""
        self.written += len(Body)

    def create_multipart_upload(self, **_: object) -> dict[str, str]:
        """Begin an object in parts."""
        return {"UploadId": "upload"}

    def upload_part(self, *, Body: bytes, **_: object) -> dict[str, str]:  # noqa: N803 -- boto3's name
        """Count and drop a part."""
        self.written += len(Body)
        return {"ETag": "part"}

    def complete_multipart_upload(self, **_: object) -> None:
        """End an object in parts."""
