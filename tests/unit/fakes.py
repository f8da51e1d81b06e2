"""Stand-ins for AWS where a test looks inside the calls, or makes too many for moto."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from etl.runs.ledger import ChunkId, ChunkRecord


class MemoryS3:
    """Whole objects by key; a body comes back in chunks of the given size, whatever the reader asks for."""

    def __init__(self, chunk_bytes: int = 7) -> None:
        self.objects: dict[str, bytes] = {}
        self._chunk_bytes = chunk_bytes

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: ARG002, N803
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: ARG002, N803
        return {"Body": _Body(self.objects[Key], self._chunk_bytes)}


class _Body:
    def __init__(self, content: bytes, chunk_bytes: int) -> None:
        self._content = content
        self._chunk_bytes = chunk_bytes

    def iter_chunks(self, _chunk_size: int) -> Iterator[bytes]:
        for start in range(0, len(self._content), self._chunk_bytes):
            yield self._content[start : start + self._chunk_bytes]


class FreeLedger:
    """A ledger in which every chunk is free, and which keeps the records that it is told."""

    def __init__(self) -> None:
        self.finished: list[ChunkRecord] = []

    @contextmanager
    def lease(self, _chunk: ChunkId, *, owner: str, seconds: float) -> Iterator["FreeLedger"]:
        assert owner
        assert seconds > 0
        yield self

    def finish(self, record: ChunkRecord) -> None:
        self.finished.append(record)
