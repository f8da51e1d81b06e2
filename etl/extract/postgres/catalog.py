"""A table as PostgreSQL's catalog describes it, held against a contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from etl.contracts.model import Contract
from etl.errors import NotFound, SourceError
from etl.extract.postgres.columns import Column, Reading, reading_of
from etl.postgres.client import Client
from etl.postgres.names import literal, quoted, relation
from etl.values.json_values import describe

# Domains are followed to what they are made of. Source: "System Catalogs" of PostgreSQL's documentation.
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
    """How a table differs from its contract without harm."""

    extra: tuple[str, ...]
    """Columns that the contract does not declare, which are left out."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has every column of its contract, in types that the contract's hold."""

    relation: str
    """Quoted, with its schema."""
    readings: Mapping[str, Reading]
    """By field."""
    drift: Drift


def table_of(client: Client, contract: Contract) -> Table:
    """Look a contract's table up.

    Parameters
    ----------
    client
        The connection.
    contract
        Its `table` may be qualified by a schema, `sales.orders`; otherwise it is in `public`.

    Returns
    -------
    Table

    Raises
    ------
    NotFound
        There is no such table.
    SourceError
        Columns are missing or have types that the contract's do not hold; the message names all of them.
    """
    name = relation(contract.table)
    about = f"table {contract.table}"
    [found] = client.rows(f"SELECT to_regclass({literal(name)})::oid::bigint AS id", about)
    if found["id"] is None:
        raise NotFound(
            f"{client.name} has no {about}, which contract {contract.id} is about: correct physicalName, or the"
            " database in the connection secret"
        )
    columns = {row["name"]: Column(**row) for row in client.rows(_COLUMNS.format(table=found["id"]), about)}
    readings, wrong = {}, []
    for field in contract.source_fields:
        column = columns.get(field.name)
        if column is None:
            wrong.append(f"has no column {field.name}")
        elif (reading := reading_of(field, column, quoted(field.name))) is None:
            wrong.append(f"has {field.name} as {column.shown}, where the contract has {describe(field.type)}")
        else:
            readings[field.name] = reading
    if wrong:
        raise SourceError(
            f"{client.name}: table {contract.table} {'; it '.join(wrong)}. Mend the table, or say in contract"
            f" {contract.id} what it is now"
        )
    extra = tuple(sorted(set(columns) - set(readings)))
    return Table(name, MappingProxyType(readings), Drift(extra))
