"""Which PostgreSQL types fit into which contract types, and how a column is read without loss.

A contract's type accepts only PostgreSQL types whose values all fit into it: any other column type counts as drift.
Text accepts the types that have no better match (enums, network addresses, intervals, ranges, bytes …), as PostgreSQL
writes them under the settings of the session. It does not accept money, whose text depends on the database's locale.
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
# Their texts would be exact, too, but a contract that says text does not describe such a column.
_NOT_TEXT: Final = frozenset(
    {*_INTEGERS, *_FLOATS, "bool", "date", "json", "jsonb", "money", "timestamp", "timestamptz", "uuid"}
)
_TEXTS: Final = frozenset({"bpchar", "text", "varchar"})
_BASE, _COMPOSITE, _ENUM = "b", "c", "e"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as the catalog describes it, domains resolved."""

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
    """How a column is read: SQL expressions, and the converter of their values."""

    value: str
    """Selects the value."""
    hashed: str
    """Equal exactly where the exported values are equal."""
    sorted: str
    """Sorts as Parquet does."""
    convert: Convert
    beyond: str | None = None
    """The text of a value that the driver would change; null for all other values."""


def reading_of(field: Field, column: TableColumn, name: str) -> Reading | None:  # noqa: PLR0911 -- one for each kind
    """Return how to read a column for a field, or None when the types do not match; `name` is the column in SQL."""
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


def _of_array(item: Field, column: TableColumn, name: str) -> Reading | None:
    """Return how to read an array whose elements the driver has a type for; arrays of one dimension only."""
    element = TableColumn("element", "", column.item or "", column.item_kind or "", bounded=False)
    convert = _converter(item.type, element)
    if convert is None or element.kind not in {_BASE, _ENUM}:
        return None
    read = f"{name}::text[]" if _is_read_as_text(element) else name
    as_text = f'{name}::text COLLATE "C"'
    # The driver flattens several dimensions into one list, and refuses an array that does not begin at 1.
    beyond = f"array_ndims({name}) > 1 OR array_lower({name}, 1) <> 1"
    return Reading(
        f"CASE WHEN {beyond} THEN NULL ELSE {read} END",
        as_text,
        as_text,
        values.of_items(item, convert),
        f"CASE WHEN {beyond} THEN {name}::text END",
    )


def _converter(type_: Type, column: TableColumn) -> Convert | None:  # noqa: C901, PLR0911 -- one case for each type
    match type_:
        case Text() if column.type not in _NOT_TEXT and not (column.type == "numeric" and column.bounded):
            return values.kept
        case Uuid() if column.type == "uuid":
            return values.uuids
        case Json(only_objects) if column.type == "jsonb":
            return values.json_objects if only_objects else values.json_documents
        case Json() if column.type == "json":
            # PostgreSQL keeps its text as written: duplicate keys, and anything else that strict JSON forbids.
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


def _is_read_as_text(column: TableColumn) -> bool:
    """Tell whether the server writes the text: for types unknown to the driver, and for numeric, which is faster so."""
    return column.type not in (_NOT_TEXT | _TEXTS)


def _hashed(column: TableColumn, name: str, as_text: str) -> str:
    match column.type:
        case "float4" | "float8":
            return f"{column.type}send({name})"  # = takes zero and minus zero for equal
        case "bpchar":
            return f"bpcharsend({name})"  # = ignores blanks at the end
        case "numeric" if column.bounded:
            return name
        case kind if kind in _NOT_TEXT - {"json", "jsonb"}:
            return name
    return as_text


def _sorted(field: Field, name: str) -> str:
    return f'{name}::text COLLATE "C"' if isinstance(field.type, Text | Json) else name
