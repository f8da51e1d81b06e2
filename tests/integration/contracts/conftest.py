"""One PostgreSQL for all tests of a worker, and a transaction of its own for each."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """How to reach the server."""
    with running_postgres() as address:
        yield address


@pytest.fixture
def connection(postgres: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose work is rolled back."""
    with psycopg.connect(postgres) as open_connection:
        yield open_connection
        open_connection.rollback()
