"""Which JSON values belong to a type: the definition of docs/contracts.md, as predicates.

Numbers are `int` and `Decimal`, never `float`: every digit counts. Days, times and UUIDs are texts.
"""

import math
import re
import struct
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal as Exact
from typing import Any

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
from etl.timestamps import parse_timestamp

Holds = Callable[[Any], bool]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)$", re.ASCII)
_BEYOND_MICROSECONDS = re.compile(r"\.\d{6}0*[1-9]", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DAY = len("2018-02-01")
_MICROSECONDS = len("2018-02-01T00:00:00.123456")
_DOUBLE = 64


def belongs_to(type_: Type) -> Holds:
    """Return the predicate of a type, for values that are not null; it looks at the outermost level of a value only."""
    match type_:
        case Integer():
            return lambda value: is_number(value) and _is_integer(value, type_.minimum, type_.maximum)
        case Decimal(precision, scale):
            return lambda value: is_number(value) and _fits(value, precision, scale)
        case Float(bits):
            return lambda value: is_number(value) and _is_finite(value, bits)
        case Timestamp(zoned):
            return lambda value: isinstance(value, str) and parse_time(value, zoned=zoned) is not None
        case Json(only_objects):
            return lambda value: isinstance(value, dict) or not only_objects
        case _:
            return _SIMPLE[type(type_)]


def describe(type_: Type) -> str:
    """Describe the values of a type in a few words, such as `decimal(12,2)` or `timestamp without zone`."""
    match type_:
        case Integer(bits):
            return f"integer of {bits} bits"
        case Decimal(precision, scale):
            return f"decimal({precision},{scale})"
        case Float(bits):
            return f"number of {bits} bits, not NaN or infinite"
        case Timestamp(zoned):
            return "timestamp" if zoned else "timestamp without zone"
        case Json(only_objects):
            return "JSON object" if only_objects else "JSON"
        case _:
            return _NAMES[type(type_)]


def is_number(value: object) -> bool:
    """Tell whether a plain value is a number; true, false, NaN and infinity are not."""
    if isinstance(value, Exact):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def parse_day(text: str) -> date | None:
    """Read a day such as `2018-02-01`; None when the text is not a day."""
    instant = parse_timestamp(text) if len(text) == _DAY else None
    return None if instant is None else instant.date()


def parse_time(text: str, *, zoned: bool) -> datetime | None:
    """Read a time as `etl.timestamps.parse_timestamp` does; None for any other text, or one finer than microseconds.

    A `zoned` time is an instant, in UTC when it names no zone. Any other time may not name a zone, and has none.
    """
    instant = parse_timestamp(text)
    if instant is None or (len(text) > _MICROSECONDS and _BEYOND_MICROSECONDS.search(text)):
        return None
    if zoned:
        return instant
    return None if len(text) > _DAY and _ZONE.search(text) else instant.replace(tzinfo=None)


def nearest_float(value: int | Exact, bits: int) -> float:
    """Return the floating-point number of 32 or 64 bits that is nearest to a number within its range.

    If a value close to the middle of two numbers of 32 bits were rounded to 64 bits first, it would fall on the middle,
    and then to the wrong side. So an inexact value is rounded to an odd number of 64 bits, which is never such a middle
    (Boldo and Melquiond, 2005).
    """
    double = float(value)
    if bits == _DOUBLE:
        return double
    if value != double and not struct.pack("<d", double)[0] & 1:
        double = math.nextafter(double, math.inf if value > double else -math.inf)
    (single,) = struct.unpack("<f", struct.pack("<f", double))
    return float(single)


def _is_integer(value: Any, least: int, most: int) -> bool:
    # The comparison comes first: an exponent of a million would make an integer of a million digits.
    return bool(least <= value <= most) and (isinstance(value, int) or value == value.to_integral_value())


def _fits(value: int | Exact, precision: int, scale: int) -> bool:
    """Tell whether no digit is lost; leading and trailing zeros do not count."""
    _, digits, exponent = Exact(value).as_tuple()
    if not isinstance(exponent, int):
        return False
    text = "".join(map(str, digits)).lstrip("0")
    significant = text.rstrip("0")
    exponent += len(text) - len(significant)
    return not significant or (-exponent <= scale and len(significant) + exponent <= precision - scale)


def _is_finite(value: int | Exact, bits: int) -> bool:
    try:
        return math.isfinite(nearest_float(value, bits))
    except OverflowError:
        return False


def _is_text(value: object) -> bool:
    # Half of a surrogate pair is not a character: UTF-8 cannot hold it.
    return isinstance(value, str) and (value.isascii() or _SURROGATE.search(value) is None)


_SIMPLE: dict[type, Holds] = {
    Text: _is_text,
    Uuid: lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None,
    Boolean: lambda value: isinstance(value, bool),
    Number: is_number,
    Date: lambda value: isinstance(value, str) and parse_day(value) is not None,
    Struct: lambda value: isinstance(value, dict),
    Array: lambda value: isinstance(value, list),
}
_NAMES: dict[type, str] = {
    Text: "text",
    Uuid: "UUID",
    Boolean: "boolean",
    Number: "number",
    Date: "date",
    Struct: "object",
    Array: "array",
}
