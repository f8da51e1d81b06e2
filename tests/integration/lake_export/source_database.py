"""The source of the tests: a real PostgreSQL with tables as the contracts say, without the constraints."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from etl.extract.postgres import Source, connect
from tests.postgres import running_postgres, settings_of

TABLES = """
CREATE TABLE agent_metrics (
    id bigint, agent_id text, metric_name text, metric_value double precision, unit text, labels jsonb,
    recorded_at timestamptz
);
CREATE TABLE agent_interactions (
    id uuid, workflow_id uuid, from_agent text, to_agent text, interaction_type text, message text, latency_ms integer,
    created_at timestamptz
);
"""
METRIC = "INSERT INTO agent_metrics VALUES (%s, %s, 'latency_ms', %s, 'ms', %s, %s)"


class Database:
    """A database of the tests' own."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True)
        self._address = address
        self._source: Source | None = None

    def execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        cursor = self._connection.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []

    def metric(self, number: int, at: str, *, value: float | str = 1.5, agent: str = "akira") -> None:
        """Insert a measurement."""
        self.execute(METRIC, number, agent, value, '{"region": "tokyo"}', at)

    def source(self) -> Source:
        """Return the connection that the pipeline would keep between invocations."""
        if self._source is None:
            self._source = connect(settings_of(self._address, sslmode="disable"))
        return self._source

    def reset(self) -> None:
        """Make the tables anew."""
        self.execute("DROP TABLE IF EXISTS agent_metrics, agent_interactions")
        self.execute(TABLES)

    def close(self) -> None:
        """Let go of the server."""
        if self._source is not None:
            self._source.close()
        self._connection.close()


@contextmanager
def running_database() -> Iterator[Database]:
    """Start a server and yield a database on it."""
    with running_postgres() as address:
        database = Database(address)
        try:
            yield database
        finally:
            database.close()
