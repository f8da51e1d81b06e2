"""The translator on a DuckDB of its own, without a catalog: expressions and queries over VALUES."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from localcloud.athena import udfs
from localcloud.athena.engine import spoken
from localcloud.athena.errors import AthenaError
from localcloud.athena.parsing import bind, parse
from localcloud.athena.queries import Queries
from localcloud.athena.results import formatter

Ask = Callable[..., list[list[str | None]]]


class NoTables:
    """A catalog in which nothing is."""

    def use(self, database: str, name: str, _view: str, _version: Any) -> Any:
        raise AthenaError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist")


@pytest.fixture(scope="session")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    udfs.register(connection)
    yield connection
    connection.close()


@pytest.fixture
def ask(engine: duckdb.DuckDBPyConnection) -> Ask:
    """Run a query as Athena shows its answer."""

    def ask(sql: str, *parameters: str) -> list[list[str | None]]:
        queries = Queries(NoTables(), datetime(2024, 1, 2, 3, 4, 5))  # noqa: DTZ001 - Athena's now, in UTC
        found = queries.query(parse(bind(sql, parameters)), None)
        forms = [formatter(kind) for _, kind in found.columns]
        try:
            rows = engine.cursor().execute(found.sql).fetchall()
        except duckdb.Error as error:
            raise spoken(error) from error
        return [[None if v is None else form(v) for form, v in zip(forms, row, strict=True)] for row in rows]

    return ask
