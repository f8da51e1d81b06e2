"""A table of PostgreSQL (14 or later) that takes only rows which keep the contract.

Texts are `text`, their widths checks: `varchar(n)` would cut surplus blanks off a text in silence. Arrays of plain
values are arrays, everything else that nests is `jsonb`, whose inside is not checked here; nor are rules written in
SQL, or those that allow some failures. Partitions are the lake's, not the table's.
Sources: "CREATE TABLE", "Data Types", "Lexical Structure" in PostgreSQL's documentation.
"""

import hashlib
from collections.abc import Iterator

from etl.contracts.ddl.names import listed, quoted, refuse_unfit
from etl.contracts.ddl.options import Options
from etl.contracts.ddl.postgres_checks import constraints, literal
from etl.contracts.ddl.relations import foreign_keys, qualified, unique_keys
from etl.contracts.model import Contract, Field
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)

_ENGINE = "postgres"
_LONGEST_NAME = 63
_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
_INTEGERS = {16: "smallint", 32: "integer", 64: "bigint"}
_FLOATS = {32: "real", 64: "double precision"}


def statements(contract: Contract, options: Options) -> tuple[str, ...]:
    """Return the table, its indexes and its comments; `etl.contracts.ddl.ddl` says more."""
    options.refuse_location(_ENGINE)
    refuse_unfit(contract, _ENGINE, longest=_LONGEST_NAME, system_columns=_SYSTEM_COLUMNS)
    checks, unsaid = constraints(contract)
    lines = [_column(field) for field in contract.fields]
    lines += [f"CONSTRAINT {quoted(_short(name))} CHECK ({condition})" for name, condition in checks.items()]
    lines += [*unique_keys(contract), *foreign_keys(contract, options)]
    table = qualified(contract.table, options)
    body = ",\n".join(f"    {line}" for line in lines)
    notes = "".join(f"-- not checked here: {name!r}\n" for name in unsaid)
    return (
        f"{notes}CREATE TABLE {options.guard}{table} (\n{body}\n)",
        *_indexes(contract, options, table),
        *_comments(contract, table),
    )


def postgres_type(type_: Type) -> str:  # noqa: C901, PLR0911 -- one case for each type
    """Return the type of a column."""
    match type_:
        case Text():
            return "text"
        case Uuid():
            return "uuid"
        case Boolean():
            return "boolean"
        case Integer(bits):
            return _INTEGERS[bits]
        case Number():
            return "numeric"
        case Decimal(precision, scale):
            return f"numeric({precision},{scale})"
        case Float(bits):
            return _FLOATS[bits]
        case Date():
            return "date"
        case Timestamp(zoned):
            return "timestamp with time zone" if zoned else "timestamp without time zone"
        case Array(item) if not isinstance(item.type, Array | Struct | Json):
            return f"{postgres_type(item.type)}[]"
        case Json() | Array() | Struct():
            return "jsonb"


def _column(field: Field) -> str:
    required = " NOT NULL" if field.required or field.key_position is not None else ""
    return f"{quoted(field.name)} {postgres_type(field.type)}{required}"


def _indexes(contract: Contract, options: Options, table: str) -> Iterator[str]:
    for columns in contract.layout.indexes:
        name = quoted(_short("_".join((contract.table, *columns, "idx"))))
        yield f"CREATE INDEX {options.guard}{name} ON {table} {listed(columns)}"


def _comments(contract: Contract, table: str) -> Iterator[str]:
    if said := contract.description or contract.purpose or contract.name:
        yield f"COMMENT ON TABLE {table} IS {literal(said)}"
    for field in contract.fields:
        if said := field.description or field.business_name:
            yield f"COMMENT ON COLUMN {table}.{quoted(field.name)} IS {literal(said)}"


def _short(name: str) -> str:
    """Return a name that PostgreSQL does not cut: two long ones stay two."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    kept = name.encode()[: _LONGEST_NAME - len(digest) - 1].decode(errors="ignore")
    return f"{kept}_{digest}"
