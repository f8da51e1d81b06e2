"""Values of a type, from the text of a CSV field or from JSON: the definition in code.

Everything faster has to agree with this. Texts become the plain values that JSON has (numbers: `int` or `Decimal`),
`etl.values.json_values` tells whether these belong to the type, and those that do become what Arrow takes.
"""

import re
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import msgspec

from etl.contracts.model import Field
from etl.contracts.types import Array, Boolean, Date, Float, Integer, Json, Struct, Text, Timestamp, Type, Uuid
from etl.contracts.types import Decimal as DecimalType
from etl.values.json_text import JsonError, parse_json
from etl.values.json_values import belongs_to, describe, nearest_float, parse_day, parse_time
from etl.values.records import Problem

Convert = Callable[[str, Any, list[Problem]], Any]
"""Takes a path and a value, returns what Arrow takes; for a wrong value, None, and a problem is added."""

_INTEGER = re.compile(r"[+-]?[0-9]+(?:\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_BLANKS = " \t"
_EXACT = Context(prec=200)

_encode_json = msgspec.json.Encoder(decimal_format="number").encode


def from_text(field: Field) -> Convert:
    """Return the converter of a CSV field that is not null; it takes the text without its quotes."""
    if isinstance(field.type, Text):
        return from_json(field)
    plain, convert = _plain(field.type), from_json(field)
    expected = describe(field.type)

    def converted(path: str, text: str, problems: list[Problem]) -> Any:
        text = text.strip(_BLANKS)
        if not text:
            return None
        try:
            value = plain(text)
        except JsonError as error:
            problems.append(Problem("duplicate_key" if error.key else "type", path, expected))
            return None
        if value is None:
            problems.append(Problem("type", path, expected))
            return None
        if isinstance(field.type, Json):
            if isinstance(value, dict) or not field.type.only_objects:
                return text
            problems.append(Problem("type", path, expected))
            return None
        return convert(path, value, problems)

    return converted


def from_json(field: Field) -> Convert:
    """Return the converter of a JSON value that is not null; it takes what `parse_json` returns."""
    match field.type:
        case Struct(fields):
            return _struct(fields)
        case Array(item):
            return _array(item)
        case Json():
            return _json(field.type)
    belongs, typed, expected = belongs_to(field.type), _typed(field.type), describe(field.type)

    def converted(path: str, value: Any, problems: list[Problem]) -> Any:
        if not belongs(value):
            problems.append(Problem("type", path, expected))
            return None
        if isinstance(value, str) and "\0" in value:
            problems.append(Problem("nul", path, "text without the character NUL"))
            return None
        return typed(value)

    return converted


def _json(type_: Json) -> Convert:
    belongs, expected = belongs_to(type_), describe(type_)

    def converted(path: str, value: Any, problems: list[Problem]) -> Any:
        try:
            if belongs(value):
                return _encode_json(value).decode()
        except TypeError:  # JSON has no value for something inside it
            pass
        problems.append(Problem("type", path, expected))
        return None

    return converted


def _struct(fields: tuple[Field, ...]) -> Convert:
    converters = [(field.name, from_json(field)) for field in fields]

    def converted(path: str, value: Any, problems: list[Problem]) -> Any:
        if not isinstance(value, dict):
            problems.append(Problem("type", path, "object"))
            return None
        return {
            name: None if (inner := value.get(name)) is None else convert(f"{path}.{name}", inner, problems)
            for name, convert in converters
        }

    return converted


def _array(item: Field) -> Convert:
    convert = from_json(item)
    required = _required_within(item)

    def converted(path: str, value: Any, problems: list[Problem]) -> Any:
        if not isinstance(value, list):
            problems.append(Problem("type", path, "array"))
            return None
        items = []
        for place, inner in enumerate(value, start=1):
            required(f"{path}[{place}]", inner, problems)
            items.append(None if inner is None else convert(f"{path}[{place}]", inner, problems))
        return items

    return converted


def _required_within(item: Field) -> Callable[[str, Any, list[Problem]], None]:
    """Return the check of required values inside items: rules of the dataset do not reach into arrays."""
    fields = item.type.fields if isinstance(item.type, Struct) else ()
    inner = [(field.name, _required_within(field)) for field in fields]

    def check(path: str, value: Any, problems: list[Problem]) -> None:
        if value is None:
            if item.required:
                problems.append(Problem("required", path, "a value"))
        elif isinstance(value, dict):
            for name, within in inner:
                within(f"{path}.{name}", value.get(name), problems)

    return check


def _plain(type_: Type) -> Callable[[str], Any]:
    match type_:
        case Boolean():
            return lambda text: True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
        case Integer():
            return lambda text: _number(text) if _INTEGER.fullmatch(text) else None
        case DecimalType() | Float():
            return lambda text: _number(text) if _NUMBER.fullmatch(text) else None
        case Json() | Array() | Struct():
            return parse_json
        case _:
            return lambda text: text


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what a Decimal can have
        return None


def _typed(type_: Type) -> Callable[[Any], Any]:  # noqa: PLR0911 -- one case for each type
    match type_:
        case Uuid():
            return lambda value: value.lower()
        case Integer():
            return int
        case DecimalType(_, scale):
            unit = Decimal(1).scaleb(-scale)
            return lambda value: _EXACT.quantize(Decimal(value), unit)
        case Float(bits):
            return lambda value: nearest_float(value, bits)
        case Date():
            return parse_day
        case Timestamp(zoned):
            return lambda value: parse_time(value, zoned=zoned)
        case _:
            return lambda value: value
