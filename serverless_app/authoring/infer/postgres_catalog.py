"""What PostgreSQL's catalog declares about a table.

Source: chapter "System Catalogs" of PostgreSQL's documentation (14 and later).
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from etl.errors import InputError, NotFound

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

DEFAULT_SCHEMA = "public"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column; of a domain, what it stands for."""

    name: str
    type: str
    """PostgreSQL's own name, `int4` or `varchar`; of an array that of its elements."""
    spelled: str
    """As its documentation spells it, with width, precision and brackets: `character varying(20)`."""
    kind: str
    """`b`ase, `c`omposite, `e`num, `r`ange, `m`ultirange; of an array that of its elements."""
    array: bool
    required: bool
    labels: list[str]
    """Of an enum, in their order."""
    comment: str | None


class Key(msgspec.Struct, frozen=True):
    """Columns that no two rows have alike."""

    columns: list[str]
    primary: bool


class Reference(msgspec.Struct, frozen=True):
    """A foreign key."""

    columns: list[str]
    table: str
    to_columns: list[str]


class TableCheck(msgspec.Struct, frozen=True):
    """A CHECK constraint that every row has passed."""

    name: str
    expression: str
    column: str | None = None
    """For that of a domain: the column, which the expression calls VALUE."""


class Table(msgspec.Struct, frozen=True):
    """A table, view or foreign table."""

    schema: str
    name: str
    comment: str | None
    columns: list[Column]
    keys: list[Key]
    references: list[Reference]
    checks: list[TableCheck]


def read_table(connection: Connection, name: str) -> Table:
    """Read what is declared about a table.

    `name`: `table` for one of the schema `public`, or `schema.table`.

    Raises
    ------
    NotFound
        There is no such table; the message names those that there are.
    InputError
        The table has no columns.
    """
    schema, _, table = name.rpartition(".")
    schema = schema or DEFAULT_SCHEMA
    with closing(connection.cursor()) as cursor:
        cursor.execute(_DECLARED, [schema, table])
        found = cursor.fetchall()
        if not found:
            cursor.execute(_TABLES, [schema])
            others = ", ".join(row[0] for row in cursor.fetchall()) or "no table at all"
            raise NotFound(f"there is no table {table!r} in schema {schema!r}: there is {others}; write schema.table")
    read = msgspec.json.decode(found[0][0], type=Table)
    if not read.columns:
        raise InputError(f"table {schema}.{table} has no columns, so there is nothing to infer from")
    return read


_TABLES = """
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition ORDER BY 1 LIMIT 50
"""

_DECLARED = """
WITH RECURSIVE relation AS (
    SELECT c.oid, n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), resolved AS (
    SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS required
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT d.attnum, d.attname, t.typbasetype, t.typtypmod, d.required OR t.typnotnull
    FROM resolved d JOIN pg_type t ON t.oid = d.type
    WHERE t.typtype = 'd'
), plain AS (
    SELECT d.*, t.typcategory = 'A' AND t.typelem <> 0 AS is_array,
        CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END AS element
    FROM resolved d JOIN pg_type t ON t.oid = d.type
    WHERE t.typtype <> 'd'
), foreign_keys AS (
    SELECT c.* FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype = 'f'
), numbered AS (
    SELECT i.indrelid AS owner, i.indkey[0:i.indnkeyatts - 1]::int2[] AS numbers, i.indexrelid AS id,
        CASE WHEN i.indisprimary THEN 'primary' ELSE 'unique' END AS kind
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    UNION ALL SELECT conrelid, conkey, oid, 'from' FROM foreign_keys
    UNION ALL SELECT confrelid, confkey, oid, 'to' FROM foreign_keys
), named AS (
    SELECT owner, id, kind, (
        SELECT json_agg(a.attname ORDER BY k.place)
        FROM unnest(numbers) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute a ON a.attrelid = owner AND a.attnum = k.number
    ) AS columns
    FROM numbered
), checks AS (
    SELECT c.conname AS name, pg_get_expr(c.conbin, c.conrelid) AS expression, NULL::name AS "column"
    FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype = 'c' AND c.convalidated
    UNION ALL
    SELECT c.conname, pg_get_expr(c.conbin, 0), d.attname
    FROM resolved d JOIN pg_constraint c ON c.contypid = d.type AND c.contype = 'c' AND c.convalidated
)
SELECT json_build_object(
    'schema', r.nspname,
    'name', r.relname,
    'comment', obj_description(r.oid, 'pg_class'),
    'columns', (
        SELECT coalesce(json_agg(json_build_object(
            'name', p.attname,
            'type', t.typname,
            'spelled', format_type(p.type, p.modifier),
            'kind', t.typtype,
            'array', p.is_array,
            'required', p.required,
            'labels', (
                SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]')
                FROM pg_enum e WHERE e.enumtypid = t.oid
            ),
            'comment', col_description(r.oid, p.attnum)
        ) ORDER BY p.attnum), '[]')
        FROM plain p JOIN pg_type t ON t.oid = p.element
    ),
    'keys', (
        SELECT coalesce(json_agg(json_build_object('columns', columns, 'primary', kind = 'primary') ORDER BY id), '[]')
        FROM named WHERE kind IN ('primary', 'unique')
    ),
    'references', (
        SELECT coalesce(json_agg(json_build_object(
            'columns', f.columns, 'table', c.relname, 'to_columns', t.columns
        ) ORDER BY f.id), '[]')
        FROM named f JOIN named t ON t.id = f.id AND t.kind = 'to' JOIN pg_class c ON c.oid = t.owner
        WHERE f.kind = 'from'
    ),
    'checks', (SELECT coalesce(json_agg(to_json(checks) ORDER BY name), '[]') FROM checks)
)::text
FROM relation r
"""
