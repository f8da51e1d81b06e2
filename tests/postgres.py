"""A real PostgreSQL for tests: its own data, its own port, gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from etl.postgres.settings import ConnectionSettings, connection_settings
from localcloud.postgres import PostgresServer

# Nothing outlives the tests, so nothing has to reach the disk. A time zone 5:45 hours from UTC shows every forgotten
# conversion.
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


def settings_of(address: str, **changes: object) -> ConnectionSettings:
    """Return the settings of a server's address, as a connection secret with `changes` gives them."""
    parts = conninfo_to_dict(address)
    return connection_settings({"username": parts.pop("user"), **parts, **changes})
