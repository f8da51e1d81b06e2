"""Which column of PostgreSQL feeds which type of a contract, and how it is read so that nothing is lost.

A contract's type takes the PostgreSQL types whose values it holds, and no other: a column that was altered is drift.
Text takes what has no better type (enums, network addresses, intervals, ranges, bytes …), as PostgreSQL writes it under
the settings of a session; not money, whose text depends on the database's locale.
"""

from dataclasses import dataclass
from typing import Final

from etl.contracts.model import Field
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.extract.postgres import values
from etl.extract.postgres.values import Convert

_INTEGERS: Final = {"int2": 16, "int4": 32, "int8": 64}
_FLOATS: Final = {"float4": 32, "float8": 64}
# Their texts would be exact, too; but a text in the contract is then not what the column is.
_NOT_TEXT: Final = frozenset(
    {*_INTEGERS, *_FLOATS, "bool", "date", "json", "jsonb", "money", "timestamp", "timestamptz", "uuid"}
)
_AS_THEY_ARE: Final = frozenset({"bpchar", "text", "varchar"})
_BASE, _COMPOSITE, _ENUM = "b", "c", "e"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalog has it, domains resolved."""

    name: str
    shown: str
    """Its type as PostgreSQL writes it."""
    type: str
    kind: str
    """`b`ase, `c`omposite, `e`num, `r`ange, `m`ultirange …"""
    bounded: bool
    """Whether its type has a modifier, as `numeric(10,2)` has."""
    item: str | None = None
    """The type of the elements of an array."""
    item_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column is read."""

    value: str
    """SQL."""
    hashed: str
    """SQL of something that is equal exactly where what is exported is equal."""
    sorted: str
    """SQL that sorts as Parquet does."""
    convert: Convert
    beyond: str | None = None
    """SQL of a text where the column has a value that the driver would change, null elsewhere."""


def reading_of(field: Field, column: Column, name: str) -> Reading | None:  # noqa: PLR0911 -- one for each kind
    """Return how a column is read for a field, or None when the field's type does not hold the column's.

    Parameters
    ----------
    field
        Of the contract.
    column
        Of the table.
    name
        The column in SQL.

    Returns
    -------
    Reading or None
    """
    plain = f"textin(inet_out({name}))" if column.type == "inet" else f"{name}::text"
    as_text = f'{plain} COLLATE "C"'
    if isinstance(field.type, Array) and column.item is not None:
        return _of_array(field.type.item, column, name) or Reading(
            f"to_json({name})::text", as_text, as_text, values.doubted
        )
    if isinstance(field.type, Array | Struct):
        if column.type in {"json", "jsonb"}:
            return Reading(plain, as_text, as_text, values.doubted)
        if isinstance(field.type, Struct) and column.kind == _COMPOSITE:
            return Reading(f"to_json({name})::text", as_text, as_text, values.doubted)
        return None
    if column.item is not None:
        return None
    convert = _converter(field.type, column)
    if convert is None:
        return None
    return Reading(
        plain if _is_read_as_text(column) else name, _hashed(column, name, as_text), _sorted(field, name), convert
    )


def _of_array(item: Field, column: Column, name: str) -> Reading | None:
    """Return how an array is read that has one dimension, and that the driver has a type for."""
    element = Column("element", "", column.item or "", column.item_kind or "", bounded=False)
    convert = _converter(item.type, element)
    if convert is None or element.kind not in {_BASE, _ENUM}:
        return None
    read = f"{name}::text[]" if _is_read_as_text(element) else name
    as_text = f'{name}::text COLLATE "C"'
    # The driver would make one list of all dimensions, and refuses one that begins elsewhere.
    beyond = f"array_ndims({name}) > 1 OR array_lower({name}, 1) <> 1"
    return Reading(
        f"CASE WHEN {beyond} THEN NULL ELSE {read} END",
        as_text,
        as_text,
        values.of_items(item, convert),
        f"CASE WHEN {beyond} THEN {name}::text END",
    )


def _converter(type_: Type, column: Column) -> Convert | None:  # noqa: C901, PLR0911 -- one case for each type
    match type_:
        case Text() if column.type not in _NOT_TEXT and not (column.type == "numeric" and column.bounded):
            return values.kept
        case Uuid() if column.type == "uuid":
            return values.uuids
        case Json(only_objects) if column.type == "jsonb":
            return values.json_objects if only_objects else values.json_documents
        case Json() if column.type == "json":
            # It is kept as it was written: with keys twice, and whatever else a strict document may not have.
            return values.doubted
        case Boolean() if column.type == "bool":
            return values.kept
        case Integer(bits) if _INTEGERS.get(column.type, bits + 1) <= bits:
            return values.widened(type_)
        case Float(bits) if _FLOATS.get(column.type, bits + 1) <= bits:
            return values.finite(bits)
        case Decimal(precision, scale) if column.type == "numeric":
            return values.decimals(precision, scale)
        case Date() if column.type == "date":
            return values.days
        case Timestamp(zoned) if column.type == ("timestamptz" if zoned else "timestamp"):
            return values.times
    return None


def _is_read_as_text(column: Column) -> bool:
    """Tell whether the server writes the text: what the driver has no type for, and numeric, where it is slower."""
    return column.type not in (_NOT_TEXT | _AS_THEY_ARE)


def _hashed(column: Column, name: str, as_text: str) -> str:
    match column.type:
        case "float4" | "float8":
            return f"{column.type}send({name})"  # zero and minus zero are equal
        case "bpchar":
            return f"bpcharsend({name})"  # whatever blanks are at the end is equal
        case "numeric" if column.bounded:
            return name
        case one if one in _NOT_TEXT - {"json", "jsonb"}:
            return name
    return as_text


def _sorted(field: Field, name: str) -> str:
    return f'{name}::text COLLATE "C"' if isinstance(field.type, Text | Json) else name
