"""Compare a table, as PostgreSQL's catalog describes it, with its contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from etl.contracts.model import Contract
from etl.errors import NotFound, SourceError
from etl.extract.postgres.columns import Reading, TableColumn, reading_of
from etl.postgres.client import Client
from etl.postgres.names import literal, quoted, relation
from etl.values.json_values import describe

# Resolves domains to the types they are made of. Source: "System Catalogs" of PostgreSQL's documentation.
_COLUMNS = """
WITH RECURSIVE bases AS (
    SELECT a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS shown, a.atttypid AS id, a.atttypmod AS modifier
    FROM pg_attribute AS a
    WHERE a.attrelid = {table}::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, b.attname, b.shown, t.typbasetype, t.typtypmod
    FROM bases AS b JOIN pg_type AS t ON t.oid = b.id
    WHERE t.typtype = 'd'
)
SELECT b.attname::text AS name, b.shown, t.typname::text AS type, t.typtype::text AS kind, b.modifier >= 0 AS bounded,
       e.typname::text AS item, e.typtype::text AS item_kind
FROM bases AS b
JOIN pg_type AS t ON t.oid = b.id
LEFT JOIN pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE t.typtype <> 'd'
ORDER BY b.attnum
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """The harmless differences between a table and its contract."""

    extra: tuple[str, ...]
    """Columns that the contract does not declare; they are not read."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has every column of its contract, each in a type that fits into the contract's."""

    relation: str
    """Quoted, with its schema."""
    readings: Mapping[str, Reading]
    """How each field is read, by its name."""
    drift: Drift


def table_of(client: Client, contract: Contract) -> Table:
    """Look up a contract's table; without a schema, as in `sales.orders`, it is in `public`.

    Raises
    ------
    NotFound
        There is no such table.
    SourceError
        Columns are missing or have types that do not fit into the contract's; the message names all of them.
    """
    name = relation(contract.table)
    about = f"table {contract.table}"
    [row] = client.rows(f"SELECT to_regclass({literal(name)})::oid::bigint AS id", about)
    if row["id"] is None:
        raise NotFound(
            f"{client.name} has no {about}, which contract {contract.id} describes: correct physicalName, or the"
            " database in the connection secret"
        )
    columns = {row["name"]: TableColumn(**row) for row in client.rows(_COLUMNS.format(table=row["id"]), about)}
    readings, differences = {}, []
    for field in contract.source_fields:
        column = columns.get(field.name)
        if column is None:
            differences.append(f"has no column {field.name}")
        elif (reading := reading_of(field, column, quoted(field.name))) is None:
            differences.append(f"has {field.name} as {column.shown}, where the contract has {describe(field.type)}")
        else:
            readings[field.name] = reading
    if differences:
        raise SourceError(
            f"{client.name}: table {contract.table} {'; it '.join(differences)}. Correct the"
            f" table, or contract {contract.id}"
        )
    extra = tuple(sorted(set(columns) - set(readings)))
    return Table(name, MappingProxyType(readings), Drift(extra))
