"""Plain CSV lines through Arrow: typed rows for what is good beyond doubt, and the places of all other lines.

Arrow takes the lines apart and casts the texts whose forms it is known to cast exactly. Everything else is in doubt,
and `etl.values.converters` decides it: this path has to be careful, not complete.

The form of a text is told by its shape: the text with a 0 for each digit. A column has few shapes, so each shape is
looked at instead of each text.
"""

import codecs
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from functools import cache, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from etl.contracts.model import Contract
from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Text, Timestamp, Type, Uuid
from etl.extract.files.records import Typed
from etl.extract.files.work import Engine
from etl.quality.row_rules import RowRules, source_schema

CastTexts = Callable[[pa.StringArray], pa.Array]
"""Turns texts into as many values: null for a null and for a text in doubt."""

_DIGITS = b"0123456789"
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_TRUE, _FALSE = ["true", "t", "yes", "y", "on", "1"], ["false", "f", "no", "n", "off", "0"]
_LARGEST = {32: (2 - 2**-23) * 2.0**127, 64: sys.float_info.max}
# Arrow changes a number of more digits.
_MOST_DIGITS = 38

_DAY = "0000-00-00"
_TIME = r"[T ]00:00(?::00(?:\.0{1,6})?)?"
_ZONE = "(?:Z|[+-]00:00)"
_MONTH_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_LEAP_DAY = "[0-9]{2}(?:0[48]|[2468][048]|[13579][26])-02-29"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
# A text of such a shape is a time only if it matches this, too.
_POSSIBLE = (
    rf"^(?:[0-9]{{4}}-(?:{_MONTH_DAY})|{_LEAP_DAY})(?:[T ]{_CLOCK}(?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-]{_CLOCK})?)?$"
)


def caster(type_: Type, arrow: pa.DataType) -> CastTexts:
    """Return the function that casts the texts of a column to the Arrow type `arrow`.

    It leaves every text in doubt for a type that has no form here.
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
    """Casts texts of some shapes, each by way of the type as which Arrow reads such texts."""

    arrow: pa.DataType
    shapes: dict[str, pa.DataType]
    limits: tuple[Any, Any] | None = None
    """The smallest and the largest value."""
    loose: str = r"[ \t].*|.*[ \t]"
    """Shapes of texts that may get one of `shapes` once they are tidied."""
    tidy: tuple[str, str] = (r"^[ \t]*(.*?)[ \t]*$", r"\1")
    """The pattern that tidies such a text, and its replacement."""
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
    """Return what each byte becomes in a shape."""
    return pa.array([ord("0") if byte in digits else byte for byte in range(256)], pa.uint8())


def _matching(shapes: pa.DictionaryArray, pattern: str) -> pa.BooleanArray | None:
    """Return which texts have a shape that matches, null where there is no text; None when no text has."""
    known = [re.fullmatch(pattern, shape) is not None for shape in shapes.dictionary.to_pylist()]
    return pc.take(pa.array(known, pa.bool_()), shapes.indices) if any(known) else None


def _cast(texts: pa.StringArray, type_: pa.DataType) -> pa.Array:
    try:
        return texts.cast(type_)
    except pa.ArrowInvalid:
        # Some text is an impossible day or hour, and Arrow does not say which.
        return _only(pc.match_substring_regex(texts, _POSSIBLE), texts).cast(type_)


def _booleans(texts: pa.StringArray) -> pa.BooleanArray:
    place = pc.index_in(pc.ascii_lower(texts), pa.array(_TRUE + _FALSE))
    return pc.less(place, len(_TRUE))


def _only(mask: pa.BooleanArray, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, values, pa.scalar(None, values.type))


class FastCsv:
    """Applies a contract to the columns of a file."""

    def __init__(self, contract: Contract, columns: Sequence[str], rules: RowRules, delimiter: str) -> None:
        self._schema = source_schema(contract)
        self._casts = [caster(field.type, self._schema.field(field.name).type) for field in contract.source_fields]
        self._rules = rules
        # Unique names, whatever the file calls its columns.
        self._names = [str(place) for place in range(len(columns))]
        self._delimiter = delimiter
        declared = [self._names[columns.index(field.name)] for field in contract.source_fields]
        self._convert = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(declared, pa.string()),
            include_columns=declared,
            check_utf8=False,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )

    def typed(self, engine: Engine, data: bytes, count: int) -> Typed:
        """Return the rows of `count` plain lines that are good beyond doubt. Blank lines are in doubt."""
        nothing = self._schema.empty_table()
        ragged: list[int] = []
        texts = [_whole(column) for column in self._texts(data, ragged).columns] if count else []
        if not texts or len(texts[0]) + len(ragged) != count:
            return Typed(nothing, range(count), range(count))
        if not len(texts[0]):
            return Typed(nothing, ragged, ragged)
        values = [cast(column) for cast, column in zip(self._casts, texts, strict=True)]
        rows = pa.Table.from_arrays(values, schema=self._schema)
        doubts = [
            self._rules.breaking(engine.connection, rows),
            *_without_value(texts, values),
            *_may_be_blank(texts, data),
        ]
        left_out = pc.indices_nonzero(reduce(pc.or_, doubts)).to_pylist()
        return Typed(rows, _places(left_out, ragged), ragged, left_out)

    def _texts(self, data: bytes, ragged: list[int]) -> pa.Table:
        """Return the declared columns as texts, null for an empty field; add the places of ragged lines to `ragged`."""

        def skip(row: pa_csv.InvalidRow) -> str:
            ragged.append(row.number - 1)
            return "skip"

        if data.startswith(codecs.BOM_UTF8):
            # Arrow skips one mark at the front; in the middle of a file it is a character.
            data = codecs.BOM_UTF8 + data
        return pa_csv.read_csv(
            pa.BufferReader(data),
            pa_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=self._names),
            # A blank line becomes a row of nulls instead of being skipped.
            pa_csv.ParseOptions(delimiter=self._delimiter, ignore_empty_lines=False, invalid_row_handler=skip),
            self._convert,
        )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _without_value(texts: Sequence[pa.Array], values: Sequence[pa.Array]) -> Iterator[pa.BooleanArray]:
    """Yield, for each column that has such rows, which rows have a text but no value."""
    for text, value in zip(texts, values, strict=True):
        if value.null_count != text.null_count:
            yield pc.and_(value.is_null(), text.is_valid())


def _may_be_blank(texts: Sequence[pa.Array], data: bytes) -> Iterator[pa.BooleanArray]:
    """Yield which rows have no text at all, if some line is blank."""
    if all(text.null_count for text in texts) and (
        data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data
    ):
        yield reduce(pc.and_, [text.is_null() for text in texts])


def _places(rows: list[int], ragged: list[int]) -> list[int]:
    """Return the places of lines: of `rows`, which do not count the ragged lines, and of the ragged ones."""
    places, before = [], 0
    for row in rows:
        while before < len(ragged) and ragged[before] <= row + before:
            before += 1
        places.append(row + before)
    return sorted(places + ragged)
