"""The sample: five related tables with rows of `sample_rows`, in the PostgreSQL that is the source."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from etl.contracts import Contract
from etl.contracts.ddl import statements
from etl.contracts.ddl.names import quoted
from etl.contracts.ddl.options import Options
from etl.contracts.ddl.postgres import postgres_type
from etl.contracts.ddl.postgres_checks import literal
from etl.contracts.ddl.relations import foreign_keys, unique_keys
from etl.errors import InputError
from etl.lake.layout import of_source
from etl.pipelines.lake_export.datasets import datasets
from serverless_app.pipelines.lake_export.sample_rows import TABLES, counts_of, generated, generated_late

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

ROWS: Final = 20_000
"""Of all five tables together, unless somebody asks for another number."""

_ENUMS: Final = {("workflows", "status"): "workflow_status", ("agent_tasks", "status"): "task_status"}
_MARKED: Final = "workflow_status"
"""The comment on this type tells the sample's tables from somebody else's."""
_MARK: Final = "sample of lake_export"
_ADD_LATE: Final = """
WITH added AS (INSERT INTO workflows SELECT * FROM late ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM added
"""
_NO_END: Final = "'9999-12-31 23:59:59.999999+00'"


def load(connection: "Connection", rows: int = ROWS, *, replace: bool = False) -> int:
    """Make the tables and fill them, in one transaction; where they are, nothing changes.

    Raises InputError: the tables are there and are not this sample: nothing is overwritten.
    """
    mark = f"{_MARK}, {rows} rows"
    with closing(connection.cursor()) as cursor:
        if not _is_there(cursor, mark, replace=replace):
            counts = counts_of(rows)
            for statement in _types(mark):
                cursor.execute(statement)
            for name, contract in _tables().items():
                cursor.execute(_table(contract))
                cursor.adbc_ingest(name, generated(name, counts), mode="append")
            cursor.execute(_without_end("workflows"))
            for statement in _afterwards():
                cursor.execute(statement)
        count = standing(cursor)
    connection.commit()
    return count


def late_rows(connection: "Connection", day: date, rows: int) -> int:
    """Add workflows to a day, as somebody would who was late; those that are there already are left."""
    with closing(connection.cursor()) as cursor:
        cursor.execute("CREATE TEMPORARY TABLE late (LIKE workflows) ON COMMIT DROP")
        cursor.adbc_ingest(
            "late",
            generated_late(day, rows),
            mode="append",
            db_schema_name="pg_temp",
        )
        cursor.execute(_without_end("late"))
        count = _number(cursor, _ADD_LATE)
    connection.commit()
    return count


def standing(cursor: "Cursor") -> int:
    """Return how many rows the five tables have together, late ones with them."""
    return sum(_number(cursor, f"SELECT count(*) FROM {quoted(name)}") for name in TABLES)  # noqa: S608 -- ours


def _is_there(cursor: Any, mark: str, *, replace: bool) -> bool:
    names = [name for name in TABLES if _number(cursor, f"SELECT count(to_regclass({literal(name)}))")]
    types = [name for name in _ENUMS.values() if _number(cursor, f"SELECT count(to_regtype({literal(name)}))")]
    if not names and not types:
        return False
    cursor.execute(f"SELECT obj_description(to_regtype('{_MARKED}'), 'pg_type')")
    ((found,),) = cursor.fetchall()
    if found == mark and len(names) == len(TABLES):
        return True
    if found is None or not found.startswith(_MARK):
        what = f"table {names[0]}" if names else f"type {types[0]}"
        raise InputError(
            f"{what} is there and is not of the sample: nothing was touched; load the sample into a database of its own"
        )
    if not replace:
        raise InputError(f"the database holds the {found}, and what was added to it; --replace puts another there")
    for name in names:
        cursor.execute(f"DROP TABLE {quoted(name)} CASCADE")
    for name in types:
        cursor.execute(f"DROP TYPE {quoted(name)}")
    return False


def _tables() -> dict[str, Contract]:
    return {name: of_source(datasets()[name]) for name in TABLES}


def _types(mark: str) -> Iterator[str]:
    for (table, column), name in _ENUMS.items():
        allowed = datasets()[table].field(column).allowed or ()
        yield f"CREATE TYPE {name} AS ENUM ({', '.join(literal(str(value)) for value in allowed)})"
    yield f"COMMENT ON TYPE {_MARKED} IS {literal(mark)}"


def _table(contract: Contract) -> str:
    """Return a table without the contract's rules: a source that breaks none would show nothing."""
    columns = [
        f"{quoted(field.name)} {_ENUMS.get((contract.table, field.name)) or postgres_type(field.type)}"
        + (" NOT NULL" if field.required or field.key_position else "")
        for field in contract.fields
    ]
    return f"CREATE TABLE {quoted(contract.table)} ({', '.join(columns)})"


def _afterwards() -> Iterator[str]:
    """Yield keys, indexes and comments, which cost less once the rows are there."""
    for constraints in (unique_keys, lambda contract: foreign_keys(contract, Options())):
        for name, contract in _tables().items():
            yield from (f"ALTER TABLE {quoted(name)} ADD {one}" for one in constraints(contract))
    for name, contract in _tables().items():
        yield from statements(contract, "postgres")[1:]
        yield f"ANALYZE {quoted(name)}"


def _without_end(table: str) -> str:
    """Return the statement that puts infinity where the rows have its stand-in: Arrow's times have none."""
    return f"UPDATE {table} SET completed_at = 'infinity' WHERE completed_at = {_NO_END}"  # noqa: S608 -- names of ours


def _number(cursor: Any, query: str) -> int:
    cursor.execute(query)
    ((number,),) = cursor.fetchall()
    return int(number)
