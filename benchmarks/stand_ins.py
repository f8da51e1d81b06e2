"""What a measured stage gets instead of the real thing: a window, and a file instead of S3."""

import io
from collections.abc import Iterator
from pathlib import Path

WEEK = {"start": "2018-01-30T00:00:00Z", "end": "2018-02-08T00:00:00Z"}
"""A window that contains the whole sample."""


class _Body(io.FileIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class FileStore:
    """The methods of boto3's S3 client that the stages use: every read opens `source`, every write is dropped."""

    def __init__(self, source: Path) -> None:
        self._source = source

    def get_object(self, **_: object) -> dict[str, _Body]:
        """Open the file."""
        return {"Body": _Body(self._source)}

    def put_object(self, **_: object) -> None:
        """Drop an object."""

    def create_multipart_upload(self, **_: object) -> dict[str, str]:
        """Begin an object in parts."""
        return {"UploadId": "upload"}

    def upload_part(self, **_: object) -> dict[str, str]:
        """Drop a part."""
        return {"ETag": "part"}

    def complete_multipart_upload(self, **_: object) -> dict[str, str]:
        """End an object in parts."""
        return {"ETag": "whole"}
