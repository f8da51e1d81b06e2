"""A real PostgreSQL for tests: its own data, its own port, gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.postgres import PostgresServer

# Nothing survives the tests, so nothing has to reach the disk. The time zone is one in which no forgotten conversion
# stays unseen: five hours and three quarters from UTC.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "timezone": "Asia/Kathmandu",
}


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server and yield how libpq reaches it, with a password that only this run knows."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgresServer(Path(folder) / "server", settings=_SETTINGS)
        try:
            yield server.start().conninfo
        finally:
            server.wipe()
