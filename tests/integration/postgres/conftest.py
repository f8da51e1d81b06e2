"""One PostgreSQL for all tests of a worker, and a schema of its own for each."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from etl.extract.postgres import Source, Timeouts, connect
from tests.integration.postgres.database import Database
from tests.postgres import running_postgres, settings_of


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """How libpq reaches the server."""
    with running_postgres() as found:
        yield found


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """A schema of the test's own, and who may fill it."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA own")
        try:
            yield Database(address, connection)
        finally:
            connection.execute("DROP SCHEMA own CASCADE")


@pytest.fixture
def source(address: str) -> Iterator[Source]:
    """A connection as the functions have it."""
    with opened(address) as found:
        yield found


@contextmanager
def opened(address: str, timeouts: Timeouts | None = None, **changes: object) -> Iterator[Source]:
    """Connect as a secret says, with changes to it."""
    with connect(settings_of(address, **changes), timeouts=timeouts or Timeouts(connect=5)) as source:
        yield source
