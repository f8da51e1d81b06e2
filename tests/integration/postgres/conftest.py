"""One PostgreSQL for all tests of a worker, and a schema of its own for each."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from etl.extract.postgres import Source, Timeouts, connect, connection_settings
from tests.integration.postgres.database import Database
from tests.postgres import running_postgres


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
def opened(address: str, **changes: object) -> Iterator[Source]:
    """Connect as a secret says, with changes to it."""
    said = conninfo_to_dict(address)
    secret = {"username": said.pop("user"), **said}
    with connect(connection_settings({**secret, **changes}), timeouts=Timeouts(connect=5)) as found:
        yield found
