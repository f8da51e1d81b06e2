"""A first draft of a contract, from a table of PostgreSQL: what the database itself sees to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl.contracts import types
from etl.contracts.model import Field, Relationship
from etl.contracts.reader import parse_contract
from etl.errors import ContractError, InputError
from serverless_app.authoring.infer.postgres_catalog import DEFAULT_SCHEMA, Column, Table, read_table
from serverless_app.authoring.infer.postgres_checks import RowRule, apply_checks
from serverless_app.authoring.infer.postgres_draft import Draft, written

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_MODIFIERS = re.compile(r"\((?P<first>\d+)(?:,(?P<second>-?\d+))?\)")
_MOST_DIGITS = 38
_USUAL_DIGITS = 18
_SCALARS: dict[str, types.Type] = {
    "bool": types.Boolean(),
    "int2": types.Integer(16),
    "int4": types.Integer(32),
    "int8": types.Integer(64),
    "float4": types.Float(32),
    "float8": types.Float(64),
    "date": types.Date(),
    "timestamp": types.Timestamp(zoned=False),
    "timestamptz": types.Timestamp(zoned=True),
    "uuid": types.Uuid(),
    "json": types.Json(),
    "jsonb": types.Json(),
}
_TEXTS = frozenset({"text", "varchar", "bpchar"})
_WITHOUT_TEXT = frozenset({"money"})
"""How it is written depends on the database's locale."""
_SCALAR_KINDS = ("b", "e")
_PARTITIONS = ("year", "month", "day")


def infer_table(connection: Connection, table: str, *, dataset: str | None = None, window: str | None = None) -> str:
    """Draft a contract from a table.

    Returns: YAML that `read_contract` reads, with the rules that the database enforces: types, nulls, keys, references,
    lists of values and CHECK constraints. No rows are read, but for the size of `numeric` without a precision. What has
    no equal in a contract stands there as text, or as a comment.

    Parameters
    ----------
    table
        `table` of the schema `public`, or `schema.table`; a view and a foreign table are tables, too.
    dataset
        Its name; the table's when there is none.

    Raises
    ------
    NotFound
        There is no such table.
    InputError
        The table has no column that can be said, or the window column is none of it.
    ContractError
        The table has what no contract can say, such as two columns whose names differ by case alone.
    """
    found = read_table(connection, table)
    left_out = [column for column in found.columns if column.type in _WITHOUT_TEXT]
    columns = [column for column in found.columns if column not in left_out]
    fields, rules = apply_checks([_field(connection, found, column) for column in columns], found.checks)
    names = {field.name for field in fields}
    draft = Draft(
        dataset=dataset or found.name,
        table=found.name if found.schema == DEFAULT_SCHEMA else f"{found.schema}.{found.name}",
        description=found.comment or "",
        fields=(*_keyed(fields, found), *_partitions(fields, window)),
        relationships=tuple(
            Relationship(columns=tuple(one.columns), to_dataset=one.table, to_columns=tuple(one.to_columns))
            for one in found.references
            if names.issuperset(one.columns)
        ),
        unique=tuple(
            tuple(key.columns)
            for key in found.keys
            if not key.primary and len(key.columns) > 1 and names.issuperset(key.columns)
        ),
        window=window,
        notes={
            column.name: note for column, field in zip(columns, fields, strict=True) if (note := _note(column, field))
        },
        windows=tuple(_windows(fields)) if window is None else (),
        left_out=tuple(f"{column.name} ({column.spelled})" for column in left_out),
    )
    text = written(draft)
    said: list[RowRule] = []
    unsaid: list[RowRule] = []
    for rule in rules:
        can_be_said = rule.portable and _can_be_said(written(draft, [rule]), draft.dataset)
        (said if can_be_said else unsaid).append(rule)
    if rules:
        text = written(draft, said, unsaid)
    parse_contract(text.encode(), Path(f"{draft.dataset}.yaml"))
    return text


def _field(connection: Connection, table: Table, column: Column) -> Field:
    type_ = _type(connection, table, column)
    is_text = isinstance(type_, types.Text)
    width = _MODIFIERS.search(column.spelled) if column.type in _TEXTS and not column.array else None
    return Field(
        name=column.name,
        type=type_,
        description=column.comment or "",
        required=column.required,
        max_length=int(width["first"]) if width else None,
        allowed=tuple(column.labels) if column.labels and is_text else None,
    )


def _type(connection: Connection, table: Table, column: Column) -> types.Type:
    if column.array:
        scalar = column.kind in _SCALAR_KINDS or column.kind in ("r", "m")
        item = _scalar(column) or types.Text() if scalar else types.Json()
        return types.Array(Field(name="element", type=item))
    return _scalar(column) or (_measured(connection, table, column) if column.type == "numeric" else types.Text())


def _scalar(column: Column) -> types.Type | None:
    """Return the type that a column's type has of itself; None for one without."""
    if column.type != "numeric":
        return _SCALARS.get(column.type)
    found = _MODIFIERS.search(column.spelled)
    if found is None:
        return None
    precision, scale = int(found["first"]), int(found["second"] or 0)
    # A negative scale rounds before the point; one above the precision is all zeros after it.
    precision, scale = max(precision - min(scale, 0), scale), max(scale, 0)
    return types.Decimal(precision, scale) if precision <= _MOST_DIGITS else None


def _measured(connection: Connection, table: Table, column: Column) -> types.Type:
    """Return a decimal that holds every value of a `numeric` beyond 38 digits, or of any; a text when none does."""
    value, place = _quoted(column.name), f"{_quoted(table.schema)}.{_quoted(table.name)}"
    with closing(connection.cursor()) as cursor:
        cursor.execute(
            f"SELECT max(scale(trim_scale({value}))), max(length(trunc(abs({value}))::text)) FROM {place}"  # noqa: S608
            f" WHERE {value} NOT IN ('NaN', 'Infinity', '-Infinity')"
        )
        ((scale, whole),) = cursor.fetchall()
    if scale is not None and scale + whole <= _MOST_DIGITS:
        return types.Decimal(max(_USUAL_DIGITS, scale + whole), scale)
    limits = _MODIFIERS.search(column.spelled)
    return types.Decimal(_MOST_DIGITS, min(int(limits["second"] or 0), _MOST_DIGITS)) if limits else types.Text()


def _keyed(fields: Sequence[Field], table: Table) -> Iterator[Field]:
    places = {name: place for key in table.keys if key.primary for place, name in enumerate(key.columns, 1)}
    unique = {key.columns[0] for key in table.keys if not key.primary and len(key.columns) == 1}
    for field in fields:
        yield replace(field, key_position=places.get(field.name), unique=field.name in unique)


def _partitions(fields: Sequence[Field], window: str | None) -> Iterator[Field]:
    if window is None:
        return
    windows = list(_windows(fields))
    if window not in windows:
        raise InputError(
            f"{window!r} does not say of every row which day it belongs to: name a date or timestamp without nulls; "
            + (f"there is {', '.join(windows)}" if windows else "there is none")
        )
    for place, unit in enumerate(_PARTITIONS, 1):
        if unit in {field.name for field in fields}:
            raise InputError(f"the table has a column {unit}, as the partitions of an export have: rename it in a view")
        said = f"the {unit} of {window}"
        digits = "four" if unit == "year" else "two"
        yield Field(
            name=unit,
            type=types.Text(),
            description=f"The {unit} of {window} in UTC, {digits} digits.",
            partition_position=place,
            computed=said,
        )


def _windows(fields: Sequence[Field]) -> Iterator[str]:
    yield from (
        field.name for field in fields if field.required and isinstance(field.type, types.Date | types.Timestamp)
    )


def _note(column: Column, field: Field) -> str | None:
    if column.labels or column.type in _TEXTS or column.type in _SCALARS or _scalar(column):
        return None
    if isinstance(field.type, types.Decimal):
        return f"{column.spelled}, which has no limit of 38 digits: what this does not hold is a reject"
    return f"{column.spelled}, as PostgreSQL writes it"


def _can_be_said(text: str, dataset: str) -> bool:
    """Tell whether a contract with a rule in SQL is one that every engine can keep."""
    from etl.quality.measures import Aggregate, Unbroken  # noqa: PLC0415 -- for tables with checks alone
    from etl.quality.rules import rules_of  # noqa: PLC0415 -- as above
    from etl.quality.statements import row_pass  # noqa: PLC0415 -- as above

    try:
        contract = parse_contract(text.encode(), Path(f"{dataset}.yaml"))
        row_pass([rule for rule in rules_of(contract) if isinstance(rule.measure, Aggregate | Unbroken)])
    except ContractError:
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
