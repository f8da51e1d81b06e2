"""How the type of a field changed: whether every value of the old one is still taken."""

from enum import StrEnum

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

_DIGITS = {16: 5, 32: 10, 64: 19}
"""How many decimal digits the integers of so many bits have."""
_EXACT_BITS = {32: 24, 64: 53}
"""How many bits of an integer a float of so many bits keeps: IEEE 754's significand."""


class Step(StrEnum):
    """From the old type to the new one."""

    SAME = "same"
    WIDENED = "widened"
    NARROWED = "narrowed"
    CHANGED = "changed"


def step(old: Type, new: Type) -> Step:
    """Compare two types, without the fields of structs, the items of arrays and the lengths of texts.

    Returns: `WIDENED` when every value of the old type is one of the new type, too, `NARROWED` for the reverse.
    """
    if type(old) is type(new) and isinstance(old, Array | Struct | Text):
        return Step.SAME
    if old == new:
        return Step.SAME
    if _holds(new, old):
        return Step.WIDENED
    return Step.NARROWED if _holds(old, new) else Step.CHANGED


def _holds(wide: Type, narrow: Type) -> bool:
    """Tell whether each value of one type, as sources write it, is a value of the other."""
    match wide, narrow:
        case Timestamp(), Date():
            return True
        case Text(), Uuid() | Date() | Timestamp():
            return True
        case Json(only_objects), Json() | Struct():
            return not only_objects or isinstance(narrow, Struct)
        case Json(False), Array() | Text() | Boolean() | Integer() | Number() | Decimal() | Float():
            return True
    return _holds_numbers(wide, narrow)


def _holds_numbers(wide: Type, narrow: Type) -> bool:
    match wide, narrow:
        case (Integer(bits), Integer(fewer)) | (Float(bits), Float(fewer)):
            return bits > fewer
        case Float(bits), Integer(fewer):
            return _EXACT_BITS[bits] >= fewer
        case Decimal(precision, scale), Decimal(fewer, places):
            return scale >= places and precision - scale >= fewer - places
        case Decimal(precision, scale), Integer(bits):
            return precision - scale >= _DIGITS[bits]
        case Number(), Integer() | Decimal() | Float():
            return True
    return False
