"""From the texts of a CSV column to values, for texts of such forms as Arrow is known to cast exactly.

Which form a text has, its shape says: the text with a 0 for each digit. A column has few shapes, so that each of them
is looked at, and no text alone. A text of no form here is no worse: the deciding path reads it.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Text, Timestamp, Type, Uuid

CastTexts = Callable[[pa.StringArray], pa.Array]
"""From texts to as many values: null for null, and for what is in doubt."""

_DIGITS = b"0123456789"
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_TRUE, _FALSE = ["true", "t", "yes", "y", "on", "1"], ["false", "f", "no", "n", "off", "0"]
_LARGEST = {32: (2 - 2**-23) * 2.0**127, 64: sys.float_info.max}
# Of more digits than these Arrow makes another number.
_MOST_DIGITS = 38

_DAY = "0000-00-00"
_TIME = r"[T ]00:00(?::00(?:\.0{1,6})?)?"
_ZONE = "(?:Z|[+-]00:00)"
_MONTH_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_LEAP_DAY = "[0-9]{2}(?:0[48]|[2468][048]|[13579][26])-02-29"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
# What such shapes have to be besides, to be a time.
_POSSIBLE = (
    rf"^(?:[0-9]{{4}}-(?:{_MONTH_DAY})|{_LEAP_DAY})(?:[T ]{_CLOCK}(?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-]{_CLOCK})?)?$"
)


def caster(type_: Type, arrow: pa.DataType) -> CastTexts:
    """Return what casts the texts of a column.

    Parameters
    ----------
    type_
        Of the contract.
    arrow
        What it is in Arrow.

    Returns
    -------
    callable
        Of a type that has no form here it leaves every text in doubt.
    """
    match type_:
        case Text():
            return lambda texts: texts
        case Boolean():
            return _booleans
        case Uuid():
            uuids = _Forms(arrow, {"0{8}-0{4}-0{4}-0{4}-0{12}": arrow}, digits=_HEX_DIGITS)
            return lambda texts: pc.ascii_lower(uuids(texts))
        case _:
            return _forms(type_, arrow) or (lambda texts: pa.nulls(len(texts), arrow))


def _forms(type_: Type, arrow: pa.DataType) -> "_Forms | None":
    match type_:
        case Integer():
            wide = {"-?0{1,18}": pa.int64(), "-?0{19}": pa.decimal128(19)}
            tidy = (r"^[ \t]*(?:\+|(-))?([0-9]+)(?:\.0*)?[ \t]*$", r"\1\2")
            return _Forms(arrow, wide, (type_.minimum, type_.maximum), r"[ \t+].*|.*[ \t.].*", tidy)
        case Decimal(precision, scale):
            whole = min(max(precision - scale, 1), _MOST_DIGITS - scale)
            shape = rf"[+-]?(?=\.?0)0{{0,{whole}}}(?:\.0{{0,{scale}}})?"
            largest = Exact((0, (9,) * precision, -scale))
            tidy = (rf"^[ \t]*([+-]?[0-9]*(?:\.[0-9]{{0,{scale}}})?)0*[ \t]*$", r"\1")
            loose = rf"[ \t].*|.*[ \t]|.*\.0{{{scale + 1},}}"
            return _Forms(
                arrow, {shape: pa.decimal128(whole + scale, scale)}, (largest.copy_negate(), largest), loose, tidy
            )
        case Float(bits):
            shape = r"[+-]?(?=\.?0)0*(?:\.0*)?(?:[eE][+-]?0{1,3})?"
            return _Forms(arrow, {shape: arrow}, (-_LARGEST[bits], _LARGEST[bits]))
        case Date():
            return _Forms(arrow, {_DAY: arrow}, (date.min, date.max))
        case Timestamp(zoned):
            shapes = {f"{_DAY}(?:{_TIME})?": pa.timestamp("us")}
            shapes |= {f"{_DAY}{_TIME}{_ZONE}": arrow} if zoned else {}
            return _Forms(arrow, shapes, (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)))
    return None


@dataclass(frozen=True, slots=True)
class _Forms:
    """Casts texts of some shapes, each by way of the type that Arrow reads such texts as."""

    arrow: pa.DataType
    shapes: dict[str, pa.DataType]
    limits: tuple[Any, Any] | None = None
    """The smallest value and the largest."""
    loose: str = r"[ \t].*|.*[ \t]"
    """Shapes of texts that may have one of those once they are tidied."""
    tidy: tuple[str, str] = (r"^[ \t]*(.*?)[ \t]*$", r"\1")
    """What of them is replaced, and by what."""
    digits: bytes = _DIGITS

    def __call__(self, texts: pa.StringArray) -> pa.Array:
        shapes = self._shapes_of(texts)
        values, loose = self._values(texts, shapes), _matching(shapes, self.loose)
        if loose is None:
            return values
        tidied = pc.replace_substring_regex(texts.filter(loose), *self.tidy)
        return pc.replace_with_mask(values, pc.fill_null(loose, False), self._values(tidied, self._shapes_of(tidied)))

    def _shapes_of(self, texts: pa.StringArray) -> pa.DictionaryArray:
        valid, offsets, data = texts.buffers()
        if data is None or not data.size:
            return pa.nulls(len(texts), pa.string()).dictionary_encode()
        codes = pa.Array.from_buffers(pa.uint8(), data.size, [None, data])
        shapes = pc.take(_zeros_for(self.digits), codes, boundscheck=False).buffers()[1]
        shapes = pa.Array.from_buffers(pa.string(), len(texts), [valid, offsets, shapes], offset=texts.offset)
        return shapes.dictionary_encode()

    def _values(self, texts: pa.StringArray, shapes: pa.DictionaryArray) -> pa.Array:
        found = pa.nulls(len(texts), self.arrow)
        for shape, type_ in self.shapes.items():
            fits = _matching(shapes, shape)
            if fits is not None:
                values = self._within(_cast(_only(fits, texts), type_)).cast(self.arrow)
                found = pc.coalesce(found, values) if found.null_count < len(found) else values
        return found

    def _within(self, values: pa.Array) -> pa.Array:
        if self.limits is None:
            return values
        least, most = (pa.scalar(limit, values.type) for limit in self.limits)
        return _only(pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most)), values)


@cache
def _zeros_for(digits: bytes) -> pa.UInt8Array:
    """Return what becomes of each byte in a shape."""
    return pa.array([ord("0") if byte in digits else byte for byte in range(256)], pa.uint8())


def _matching(shapes: pa.DictionaryArray, pattern: str) -> pa.BooleanArray | None:
    """Return which texts have a shape that matches, null where there is no text; None when none has."""
    known = [re.fullmatch(pattern, shape) is not None for shape in shapes.dictionary.to_pylist()]
    return pc.take(pa.array(known, pa.bool_()), shapes.indices) if any(known) else None


def _cast(texts: pa.StringArray, type_: pa.DataType) -> pa.Array:
    try:
        return texts.cast(type_)
    except pa.ArrowInvalid:
        # A day that no month has, or an hour that no day has; Arrow does not say where.
        return _only(pc.match_substring_regex(texts, _POSSIBLE), texts).cast(type_)


def _booleans(texts: pa.StringArray) -> pa.BooleanArray:
    place = pc.index_in(pc.ascii_lower(texts), pa.array(_TRUE + _FALSE))
    return pc.less(place, len(_TRUE))


def _only(mask: pa.BooleanArray, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, values, pa.scalar(None, values.type))
