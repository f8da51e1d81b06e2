"""One DuckDB for all queries: it reads the files of the local cloud's objects, and nothing else."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import duckdb

from localcloud.athena import types, udfs
from localcloud.athena.duck import text
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.queries import Queries
from localcloud.athena.scope import Found, Scope, TableUse
from localcloud.athena.storage import Clients
from localcloud.athena.tables import CatalogTables

_CODED: Final = re.compile(r"\b((?:[A-Z]+_)+[A-Z]+): (.*)", re.DOTALL)
_ROWS: Final = 10_000
# A part of DuckDB's message, or its class, with Athena's code and message; DuckDB's own message where there is none.
_KNOWN: Final = (
    ("Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    ("More than one row returned by a", "SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"),
    ("casting from source column sum(", "NUMERIC_VALUE_OUT_OF_RANGE", "sum overflow"),
    ("must appear in the GROUP BY clause", "EXPRESSION_NOT_AGGREGATE", ""),
    ("cannot contain aggregates", "EXPRESSION_NOT_SCALAR", ""),
    ("cannot contain window functions", "EXPRESSION_NOT_SCALAR", ""),
    ("Map key", "INVALID_FUNCTION_ARGUMENT", ""),
    ("map key list does not align", "INVALID_FUNCTION_ARGUMENT", ""),
    ("cannot be nested", "NESTED_AGGREGATION", ""),
)
_KINDS: Final[dict[type, tuple[str, str]]] = {
    duckdb.InterruptException: ("USER_CANCELED", "Query was cancelled by user"),
    duckdb.ConversionException: ("INVALID_CAST_ARGUMENT", ""),
    duckdb.OutOfRangeException: ("NUMERIC_VALUE_OUT_OF_RANGE", ""),
    duckdb.OutOfMemoryException: ("EXCEEDED_LOCAL_MEMORY_LIMIT", ""),
}


def open_database(clients: Clients) -> duckdb.DuckDBPyConnection:
    """Return a database that can read the bodies of objects and can do nothing else to this machine."""
    database = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "2"}
    )
    udfs.register(database)
    folders = ", ".join(text(f"{path}/") for path in (clients.objects, clients.scratch))
    database.execute("SET TimeZone = 'UTC'")
    database.execute(f"SET temp_directory = {text(str(clients.scratch / 'duckdb'))}")
    database.execute(f"SET allowed_directories = [{folders}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


class Session:
    """What one statement works with: its own connection, its own now, and what it scanned."""

    def __init__(
        self, clients: Clients, database: duckdb.DuckDBPyConnection, default: str, output: str, cutoff: int | None
    ) -> None:
        self.clients = clients
        self.cursor = database.cursor()
        self.default = default
        self.output = output
        self.now = datetime.now(UTC).replace(tzinfo=None)
        self.tables = CatalogTables(clients, self.cursor, self.now, cutoff)
        self.cancelled = threading.Event()
        self.planned = time.monotonic()

    def cancel(self) -> None:
        """Stop what runs."""
        self.cancelled.set()
        self.cursor.interrupt()

    def translate(self, node: Any) -> Found:
        """Return a query as SQL that can be run now: the tables that it reads are defined."""
        queries = Queries(self.tables, self.now)
        found = queries.query(node, Scope(database=self.default))
        self.define(queries)
        return found

    def define(self, queries: Queries) -> None:
        """Define the tables that queries read, as far as they use them."""
        for relation, column in queries.expressions.used:
            if isinstance(relation.table, TableUse):
                relation.table.used.add(relation.table.columns[column.place][0])
        for use in queries.uses:
            self.tables.define(use)
        self.planned = time.monotonic()
        if self.cancelled.is_set():
            raise AthenaError("USER_CANCELED", "Query was cancelled by user")

    def execute(self, found: Found) -> duckdb.DuckDBPyConnection:
        """Run a query; what DuckDB would answer in another type than Athena is an error, not an answer."""
        cursor = self.cursor.execute(found.sql)
        for (name, given, *_), (_, kind) in zip(cursor.description or [], found.columns, strict=True):
            if kind != types.UNKNOWN and str(given) != str(duckdb.sqltype(types.duckdb(kind))):
                message = f"column {name} came out as {given} where Athena has {kind}; please report the query"
                raise AthenaError("GENERIC_INTERNAL_ERROR", message)
        return cursor

    def rows(self, found: Found) -> Iterator[Sequence[Any]]:
        """Return the rows of a query, a batch at a time."""
        cursor = self.execute(found)
        while batch := cursor.fetchmany(_ROWS):
            yield from batch


def named(columns: Sequence[tuple[str | None, types.Type]]) -> list[tuple[str, types.Type]]:
    """Return columns with the names that Athena gives to those that have none."""
    return [(name or f"_col{at}", kind) for at, (name, kind) in enumerate(columns)]


def spoken(error: Exception) -> AthenaError:
    """Return an error in Athena's words."""
    if isinstance(error, AthenaError):
        return error
    said = str(error)
    if isinstance(error, RecursionError):
        return unsupported("a statement nested as deep as this")
    if not isinstance(error, duckdb.Error):
        return AthenaError("GENERIC_INTERNAL_ERROR", f"{type(error).__name__}: {said}")
    coded = _CODED.search(said)
    if coded is not None:
        return AthenaError(coded[1], coded[2].splitlines()[0])
    first = said.splitlines()[0].partition(": ")[2] if said else type(error).__name__
    known = next((known for part, *known in _KNOWN if part in said), None) or _KINDS.get(type(error))
    if known is None:
        return AthenaError("GENERIC_INTERNAL_ERROR", f"the engine could not answer this query: {first}")
    return AthenaError(known[0], known[1] or first)
