"""The DuckDB connection that a worker thread has to itself."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


class Engine:
    """One connection with one thread, and a file for what it is to read."""

    def __init__(self, scratch: Path, number: int) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})
        # Instants come out in UTC, on whatever machine.
        self.connection.execute("SET TimeZone = 'UTC'")
        self.file = scratch / f"stretch-{number}"
        self._opened = self.file.open("wb")

    def give(self, data: bytes) -> None:
        """Let the file hold these bytes and no others."""
        # The pages of what it held are written again: to free them and get others takes as long as to copy.
        self._opened.seek(0)
        self._opened.write(data)
        self._opened.truncate()
        self._opened.flush()

    def close(self) -> None:
        self._opened.close()
        self.connection.close()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="split-") as folder:
        yield Path(folder)
