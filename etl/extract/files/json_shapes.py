r"""The shape of a JSON record as a regular expression: it admits only strict records with such keys in this order.

What matches needs no parser's judgement: no key is there twice, each value of a declared key has the type that the
contract asks for in a form that DuckDB converts without loss, and nothing is there that a lenient parser would let
through (NaN, a comma too many, half a surrogate pair). A record of another shape is no worse; it is only read more
slowly.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from etl.contracts.model import Field
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Integer, Struct, Text, Timestamp, Type, Uuid

_SPACE = "[ \\t\\r\\n]*"
_HEX = "[0-9a-fA-F]"
_UNIT = (
    f"(?:[1-9a-cA-CeEfF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}|0[1-9a-fA-F]{_HEX}{{2}}|00[1-9a-fA-F]{_HEX}|000[1-9a-fA-F])"
)
_PAIR = rf"[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}"
# RE2 takes halves of surrogate pairs for characters.
_PLAIN = r'[^"\\\x00-\x1f\x{D800}-\x{DFFF}]'
_STRING = rf'"(?:{_PLAIN}|\\(?:["\\/bfnrt]|u(?:{_UNIT}|{_PAIR})))*"'
_DAY = "[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?"
_SCALAR = f"(?:null|true|false|{_STRING}|{_NUMBER})"
# More digits than these are the slower path's: a double, which DuckDB reads numbers as, keeps 15 exactly.
_DIGITS = {16: 4, 32: 9, 64: 18}
_DOUBLE_DIGITS = 15
_SIMPLE_KEY = re.compile(r"[^\"\\\x00-\x1f]*")
# Neither is beyond its range, which DuckDB would make infinite or null, nor -0, of which it may make 0.
_DOUBLE = r"(?:0|-?(?:[1-9][0-9]{0,18}(?:\.[0-9]+)?|0\.[0-9]+))(?:[eE][+-]?[0-9]{1,2})?"
# DuckDB rounds to 64 bits first and then to 32. With d digits, j of them behind the point, what is no middle of two
# numbers of 32 bits is off it by more than 1/(2**25 * 5**j) or 1/10**d of itself, and so stays on its side.
_SINGLE = r"(?:0|-?(?:[1-9][0-9]{0,14}|[1-9][0-9]{0,6}\.[0-9]{1,8}|0\.[0-9]{1,11}))"
# An array's expression has that of its items twice, and so doubles with each level.
_LONGEST = 30_000


class NoShapeError(Exception):
    """A record, or a contract, for which there is no such expression."""


def shape_of(record: dict[str, Any], fields: tuple[Field, ...]) -> str:
    """Return the expression that admits a record and those like it.

    Parameters
    ----------
    record
        As `parse_json` gives it.
    fields
        That the contract declares.

    Returns
    -------
    str
        For RE2, to match a whole text.

    Raises
    ------
    NoShapeError
        A key is written with escapes, a required one is missing where Arrow takes no null, or the expression would
        be too long.
    """
    return f"{_SPACE}{_object(record, fields, within=False)}{_SPACE}"


def structure_of(fields: tuple[Field, ...]) -> str:
    """Return the structure that DuckDB's `from_json` reads the fields into; NoShapeError where it has none."""
    return json.dumps({field.name: _structure(field.type) for field in fields}, ensure_ascii=False)


def _object(record: dict[str, Any], fields: tuple[Field, ...], *, within: bool, whole: bool = False) -> str:
    """Return what admits the object; `within` an array, whose items no condition on the row can look into."""
    declared = {field.name: field for field in fields}
    if whole and any(field.required and field.name not in record for field in fields):
        raise NoShapeError
    keys = dict.fromkeys((*record, *declared))
    members = []
    for key, value in record.items():
        if _SIMPLE_KEY.fullmatch(key) is None:
            raise NoShapeError
        inside = _value(value, declared.get(key), within=within, strict=whole)
        members.append(f'{re.escape(key)}"' if within and whole else _key(key, keys))
        members[-1] = f'"{members[-1]}{_SPACE}:{_SPACE}{inside}{_SPACE}'
    return rf"\{{{_SPACE}" + f",{_SPACE}".join(members) + r"\}"


def _key(key: str, known: Iterable[str]) -> str:
    """Return what admits the key, and of unknown ones such as begin as no other known one does, with its quote.

    No two members of an object can then have the same key, and the value of an unknown one is not read. Each
    character that is looked at costs as much as anything else in the expression.
    """
    ended, others = f'{key}"', [f'{other}"' for other in known if other != key]
    for length in range(len(ended)):
        if not any(other.startswith(ended[:length]) for other in others):
            return f'{re.escape(ended[:length])}{_PLAIN}*"'
    return re.escape(ended)


def _value(value: Any, field: Field | None, *, within: bool, strict: bool) -> str:
    """Return what admits the value, and null where Arrow takes it."""
    type_ = None if field is None else field.type
    form = _form(value, type_, within=within)
    may_be_null = not (strict and field is not None and field.required) and not _is_whole(type_)
    return f"(?:null|{form})" if may_be_null else form


def _is_whole(type_: Type | None) -> bool:
    """Tell whether the type has fields that Arrow takes no nulls for, not even below a null."""
    return isinstance(type_, Struct) and any(field.required or _is_whole(field.type) for field in type_.fields)


def _form(value: Any, type_: Type | None, *, within: bool) -> str:
    match type_:
        case Struct():
            return _nested(value, type_, within=within)
        case Array(item):
            return _items(value, item)
        case None if isinstance(value, dict):
            return _object(value, (), within=within)
        case None if isinstance(value, list):
            return _items(value, None)
        case None:
            return _SCALAR
    return _scalar(type_)


def _nested(value: Any, type_: Struct, *, within: bool) -> str:
    if isinstance(value, dict):
        return _object(value, type_.fields, within=within, whole=_is_whole(type_))
    if _is_whole(type_):
        raise NoShapeError
    return "null"


def _items(value: Any, item: Field | None) -> str:
    values = value if isinstance(value, list) else []
    forms = dict.fromkeys(_value(one, item, within=True, strict=True) for one in values)
    if item is not None and not isinstance(item.type, Struct | Array):
        forms = dict.fromkeys([_value(None, item, within=True, strict=True)])
    if not forms:
        return rf"\[{_SPACE}\]"
    one = f"(?:{'|'.join(forms)}){_SPACE}"
    if len(one) > _LONGEST:
        raise NoShapeError
    return rf"\[{_SPACE}(?:{one}(?:,{_SPACE}{one})*)?\]"


def _scalar(type_: Type) -> str:  # noqa: PLR0911 -- one case for each type
    match type_:
        case Text():
            return _STRING
        case Uuid():
            return '"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"'
        case Boolean():
            return "(?:true|false)"
        case Integer(bits):
            return f"-?(?:0|[1-9][0-9]{{0,{_DIGITS[bits] - 1}}})"
        case Decimal(precision, scale):
            fraction = min(scale, _DOUBLE_DIGITS - 1)
            whole = min(precision - scale, _DOUBLE_DIGITS - fraction)
            digits = "0" if whole == 0 else f"(?:0|[1-9][0-9]{{0,{whole - 1}}})"
            return f"-?{digits}" + (rf"(?:\.[0-9]{{1,{fraction}}})?" if fraction else "")
        case Float(bits):
            return _DOUBLE if bits == 64 else _SINGLE  # noqa: PLR2004
        case Date():
            return f'"{_DAY}"'
        case Timestamp(zoned):
            return f'"{_DAY}(?:{_CLOCK}{"Z?" if zoned else ""})?"'
    raise NoShapeError


def _structure(type_: Type) -> Any:  # noqa: PLR0911 -- one case for each type
    match type_:
        case Text() | Uuid():
            return "VARCHAR"
        case Boolean():
            return "BOOLEAN"
        case Integer(bits):
            return {16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}[bits]
        case Decimal(precision, scale):
            return f"DECIMAL({precision},{scale})"
        case Float(bits):
            return {32: "FLOAT", 64: "DOUBLE"}[bits]
        case Date():
            return "DATE"
        case Timestamp():
            return "TIMESTAMP"
        case Array(item):
            return [_structure(item.type)]
        case Struct(fields) if fields:
            return {field.name: _structure(field.type) for field in fields}
    raise NoShapeError
