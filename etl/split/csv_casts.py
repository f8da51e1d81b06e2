"""From the texts of a CSV column to values, for texts of such forms as Arrow is known to cast exactly.

Which form a text has, its shape says: the text with a 0 for each digit. A column has few shapes, so each of them is
looked at, and no text alone. A text of no form here is no worse: the deciding path reads it.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Text, Timestamp, Type, Uuid

CastTexts = Callable[[pa.StringArray], pa.Array]
"""From texts to as many values: null for null, and for what is in doubt."""

_BLANKS = " \t"
_TRUE, _FALSE = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
_DAY = "0000-00-00"
_TIME = r"[T ]00:00(?::00(?:\.0{1,6})?)?"
_NUMBER = r"(?:0+(?:\.0*)?|\.0+)"
_PARTS = 8


class Form(NamedTuple):
    """Shapes, and the type that Arrow casts texts of them to, exactly or not at all."""

    shape: re.Pattern[str]
    type: pa.DataType


def _shapes_with(zeros: bytes) -> bytes:
    return bytes(ord("0") if byte in zeros else byte for byte in range(256))


_DIGITS = _shapes_with(b"0123456789")
_HEX_DIGITS = _shapes_with(b"0123456789abcdefABCDEF")


def caster(type_: Type, arrow: pa.DataType) -> CastTexts:  # noqa: PLR0911 -- one case for each type
    """Return what casts the texts of a column.

    Parameters
    ----------
    type_
        Of the contract.
    arrow
        What it is in Arrow; of a type that CSV has no form for, all texts are in doubt.

    Returns
    -------
    callable
    """
    match type_:
        case Text():
            return lambda texts: texts
        case Uuid():
            uuid = Form(re.compile("0{8}-0{4}-0{4}-0{4}-0{12}"), arrow)
            return lambda texts: pc.ascii_lower(_cast((uuid,), texts, _HEX_DIGITS))
        case Boolean():
            return _booleans
        case Integer():
            return partial(_integers, Form(re.compile("-?0{1,19}"), arrow))
        case Decimal(precision, scale):
            whole = max(precision - scale, 1)
            return partial(_cast, (Form(re.compile(rf"[+-]?(?:0{{1,{whole}}}(?:\.0{{0,38}})?|\.0{{1,38}})"), arrow),))
        case Float():
            finite = Form(re.compile(rf"[+-]?{_NUMBER}(?:[eE][+-]?0{{1,3}})?"), arrow)
            return lambda texts: _only(pc.is_finite(values := _cast((finite,), texts)), values)
        case Date():
            days = Form(re.compile(_DAY), arrow)
            return lambda texts: _between(date.min, date.max, _cast((days,), texts))
        case Timestamp(zoned=False):
            return partial(_times, (Form(re.compile(f"{_DAY}(?:{_TIME})?"), arrow),))
        case Timestamp():
            ...
    return lambda texts: pa.nulls(len(texts), arrow)
