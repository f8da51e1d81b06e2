"""Values of Arrow as the plain values of JSON; a value that JSON does not have belongs to no type."""

import base64
from datetime import date, datetime, time, timedelta
from decimal import Decimal as Exact
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.types import Array, Date, Json, Struct, Text, Timestamp, Type, Uuid

_NO_JSON = object()
_UNREADABLE = (ValueError, OverflowError, KeyError)
_FEW = 0.1


def in_utc(type_: pa.DataType) -> pa.DataType:  # noqa: PLR0911 -- one case for each kind of nesting
    """Return the type with UTC in place of other zones: Parquet keeps instants in UTC, and a zone for display only."""
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        return pa.timestamp(type_.unit, "UTC")
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(in_utc(field.type)) for field in type_.fields])
    if pa.types.is_list(type_):
        return pa.list_(type_.value_field.with_type(in_utc(type_.value_type)))
    if pa.types.is_large_list(type_):
        return pa.large_list(type_.value_field.with_type(in_utc(type_.value_type)))
    if pa.types.is_fixed_size_list(type_):
        return pa.list_(type_.value_field.with_type(in_utc(type_.value_type)), type_.list_size)
    if pa.types.is_map(type_):
        return pa.map_(in_utc(type_.key_type), type_.item_field.with_type(in_utc(type_.item_type)))
    return type_


def python_values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values (maps as `dict`), and the error in place of a value that Python cannot hold.

    Errors: `UnicodeDecodeError` for text that is not UTF-8, `KeyError` for a map with a key twice, `ValueError` or
    `OverflowError` for a time out of Python's range.
    """
    try:
        return list(column.to_pylist(maps_as_pydicts="strict"))
    except _UNREADABLE:
        return [_or_error(value) for value in column]


def _or_error(value: pa.Scalar) -> Any:
    try:
        return value.as_py(maps_as_pydicts="strict")
    except _UNREADABLE as error:
        return error


def plain(value: Any, type_: Type) -> Any:  # noqa: PLR0911 -- one case for each kind of value
    """Return a value from `python_values` as JSON has it for a declared type, or something that belongs to no type."""
    match value:
        case None | bool() | int() | str() | Exact():
            return value
        case float():
            return Exact(repr(value)) if value - value == 0 else _NO_JSON
        case UUID() if isinstance(type_, Uuid | Text | Json):
            return str(value)
        case datetime():
            return value.isoformat() if isinstance(type_, Timestamp | Json) else _NO_JSON
        case date() if isinstance(type_, Date | Timestamp | Json):
            return value.isoformat()
        case dict() if isinstance(type_, Struct):
            return {field.name: plain(value.get(field.name), field.type) for field in type_.fields}
        case dict() if all(type(key) in (str, int) for key in value):
            return {str(key): plain(inner, type_) for key, inner in value.items()}
        case list():
            within = type_.item.type if isinstance(type_, Array) else type_
            return [plain(inner, within) for inner in value]
    return _NO_JSON


def shown(value: pa.Scalar) -> Any:
    """Return a value as a reject shows it: always one of JSON."""
    try:
        return _of_json(value.as_py(maps_as_pydicts="strict"))
    except _UNREADABLE:
        pass
    match value:
        case pa.StructScalar():
            return {name: shown(inner) for name, inner in value.items()}
        case pa.ListScalar():
            return [shown(inner) for inner in value.values]
        case pa.DictionaryScalar():
            return shown(value.value)
        case pa.BinaryScalar():
            return _of_json(value.as_buffer().to_pybytes())
    return value.value


def _of_json(value: Any) -> Any:
    match value:
        case float() if value - value != 0:
            return str(value)
        case bytes():
            return {"$binary": base64.b64encode(value).decode()}
        case datetime() | date() | time() | timedelta() | UUID():
            return str(value)
        case dict():
            return {str(key): _of_json(inner) for key, inner in value.items()}
        case list():
            return [_of_json(inner) for inner in value]
    return value


def repeats(values: pa.Array | pa.ChunkedArray) -> bool:
    """Tell whether a column is worth a dictionary: to build one and give it up costs more than all other writing."""
    if pa.types.is_nested(values.type) or pa.types.is_boolean(values.type):
        return False
    return bool(pc.count_distinct(values).as_py() < len(values) * _FEW)
