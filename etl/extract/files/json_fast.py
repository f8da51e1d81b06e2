r"""JSON records through DuckDB: typed rows of the records whose shape is known; shapes are learned on the way.

The shape of a record is a regular expression that admits only strict records with the same keys in the same order.
A text that matches needs no parser's judgement: no key is there twice, each value of a declared key has the type that
the contract asks for in a form that DuckDB converts without loss, and nothing is there that a lenient parser would
accept (NaN, a trailing comma, half a surrogate pair). A record of another shape may be as good; it is only read more
slowly.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Integer, Struct, Text, Timestamp, Type, Uuid
from etl.extract.files.records import Typed
from etl.extract.files.work import Engine
from etl.quality.row_rules import RowRules, quoted, source_schema
from etl.values.json_text import JsonError, parse_json

_SPACE = "[ \\t\\r\\n]*"
_HEX = "[0-9a-fA-F]"
_UNIT = (
    f"(?:[1-9a-cA-CeEfF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}|0[1-9a-fA-F]{_HEX}{{2}}|00[1-9a-fA-F]{_HEX}|000[1-9a-fA-F])"
)
_PAIR = rf"[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}"
# RE2 accepts halves of surrogate pairs as characters.
_PLAIN = r'[^"\\\x00-\x1f\x{D800}-\x{DFFF}]'
_STRING = rf'"(?:{_PLAIN}|\\(?:["\\/bfnrt]|u(?:{_UNIT}|{_PAIR})))*"'
_DAY = "[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?"
_SCALAR = f"(?:null|true|false|{_STRING}|{_NUMBER})"
# The slower path reads numbers with more digits: DuckDB reads a double, which keeps 15 exactly.
_DIGITS = {16: 4, 32: 9, 64: 18}
_DOUBLE_DIGITS = 15
_SIMPLE_KEY = re.compile(r"[^\"\\\x00-\x1f]*")
# Excluded: numbers out of range, which DuckDB makes infinite or null, and -0, which it may turn into 0.
_DOUBLE = r"(?:0|-?(?:[1-9][0-9]{0,18}(?:\.[0-9]+)?|0\.[0-9]+))(?:[eE][+-]?[0-9]{1,2})?"
# DuckDB rounds to 64 bits first and then to 32. With d digits, j of them behind the point, a number that is not the
# middle of two numbers of 32 bits differs from it by more than 1/(2**25 * 5**j) or 1/10**d of itself: it stays on
# its side.
_SINGLE = r"(?:0|-?(?:[1-9][0-9]{0,14}|[1-9][0-9]{0,6}\.[0-9]{1,8}|0\.[0-9]{1,11}))"
# An array's expression contains its items' expression twice: it doubles with each level.
_LONGEST = 30_000
_MOST_SHAPES = 8
_LOOKED_AT = 20
# Another shape is looked for when no known one admits one record in so many.
_WORTH_LEARNING = 50


class NoShapeError(Exception):
    """No expression admits this record or this contract."""


def shape_of(record: dict[str, Any], fields: tuple[Field, ...]) -> str:
    """Return the expression, for RE2 and a whole text, that admits a record from `parse_json` and those like it.

    Raise NoShapeError when a key is written with escapes, a required field is missing where Arrow takes no null, or the
    expression would be too long.
    """
    return f"{_SPACE}{_object(record, fields, within=False)}{_SPACE}"


def structure_of(fields: tuple[Field, ...]) -> str:
    """Return the structure into which DuckDB's `from_json` reads the fields; NoShapeError where there is none."""
    return json.dumps({field.name: _structure(field.type) for field in fields}, ensure_ascii=False)


def _object(record: dict[str, Any], fields: tuple[Field, ...], *, within: bool, whole: bool = False) -> str:
    """Return what admits the object. `within`: it stands in an array, so no condition on the row reaches into it."""
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
    """Return what admits the key with its closing quote, and every unknown key that begins as no other known key does.

    So no two members of an object can have the same key; the value of an unknown key is not read. The prefix is as
    short as possible, because each character that is looked at costs as much as anything else in the expression.
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
    """Tell whether the type has fields for which Arrow takes no null, not even below a null."""
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
    forms = dict.fromkeys(_value(inner, item, within=True, strict=True) for inner in values)
    if item is not None and not isinstance(item.type, Struct | Array):
        forms = dict.fromkeys([_value(None, item, within=True, strict=True)])
    if not forms:
        return rf"\[{_SPACE}\]"
    element = f"(?:{'|'.join(forms)}){_SPACE}"
    if len(element) > _LONGEST:
        raise NoShapeError
    return rf"\[{_SPACE}(?:{element}(?:,{_SPACE}{element})*)?\]"


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


class FastJson:
    """The shapes of a file's records, as far as they are known, and the query that reads them."""

    def __init__(self, contract: Contract, rules: RowRules, most: int) -> None:
        """Leave records of more than `most` bytes to the deciding path."""
        self._fields = contract.source_fields
        self._schema = source_schema(contract)
        self._shapes: tuple[str, ...] = ()
        self._most = most
        try:
            self._query = _query(self._fields, rules)
        except NoShapeError:
            self._query = ""

    def typed(self, engine: Engine, records: pa.BinaryArray) -> Typed:
        """Return the rows of records that are good beyond doubt; what is not UTF-8 or not JSON is in doubt."""
        typed = nothing = Typed(self._schema.empty_table(), range(len(records)))
        if not self._query or not len(records):
            return nothing
        if not self._shapes:
            self._learn(records.slice(0, _LOOKED_AT))
        while self._shapes:
            typed = self._read(engine, self._shapes, records) or nothing
            doubtful = typed.doubtful
            if len(doubtful) * _WORTH_LEARNING < len(records) or not self._learn(
                records.take(pa.array(doubtful[:_LOOKED_AT], pa.int64()))
            ):
                break
        return typed

    def _learn(self, records: pa.BinaryArray) -> bool:
        """Add the shapes of the texts that are records; tell whether one of them is new."""
        known = dict.fromkeys(self._shapes)
        for text in records.to_pylist():
            try:
                record = parse_json(text.decode())
                if isinstance(record, dict) and len(known) < _MOST_SHAPES:
                    known[shape_of(record, self._fields)] = None
            except (UnicodeDecodeError, JsonError, NoShapeError):
                continue
        added = len(known) > len(self._shapes)
        self._shapes = tuple(known)
        return added

    def _read(self, engine: Engine, shapes: tuple[str, ...], records: pa.BinaryArray) -> Typed | None:
        # No copy and no check: a text that a shape admits is UTF-8, and no other text is read.
        texts = records.view(pa.string())
        shape = rf"^(?:{'|'.join(f'(?:{shape})' for shape in shapes)})\z"
        try:
            fits = pc.and_(pc.match_substring_regex(texts, shape), pc.less_equal(pc.binary_length(texts), self._most))
            json_texts = pa.table({"the text": pc.if_else(fits, texts, None)})  # noqa: F841 -- DuckDB finds it by name
            table = engine.connection.sql(self._query).to_arrow_table()
        except (pa.ArrowInvalid, duckdb.Error):
            # Shapes too large for one expression: read the slower way.
            return None
        good = table.column(table.num_columns - 1)
        doubtful = pc.indices_nonzero(pc.invert(good)).to_pylist()
        rows = table.drop_columns(table.column_names[-1:])
        rows = rows.filter(good) if doubtful else rows
        columns = [
            column if column.type == field.type else column.cast(field.type)
            for column, field in zip(rows.columns, self._schema, strict=True)
        ]
        return Typed(pa.Table.from_arrays(columns, schema=self._schema), doubtful)


def _query(fields: tuple[Field, ...], rules: RowRules) -> str:
    """Return the query over `json_texts`: the values, and whether all required ones are there."""
    names = [quoted(field.name) for field in fields]
    conditions = [
        '"the record" IS NOT NULL',
        *(f"NOT ({condition})" for condition in rules.conditions),
        *(f"{path} IS NOT NULL" for path in _required_inside("", fields)),
    ]
    values = ", ".join(f'"the record".{name} AS {name}' for name in names)
    record = f'from_json("the text", {_literal(structure_of(fields))})'
    return (
        f"SELECT {', '.join(names)}, coalesce({' AND '.join(conditions)}, false)"  # noqa: S608 -- ours
        f' FROM (SELECT {values}, "the record" FROM (SELECT {record} AS "the record" FROM json_texts))'
    )


def _required_inside(above: str, fields: tuple[Field, ...]) -> Iterator[str]:
    """Yield the paths of fields inside structs for which Arrow takes no null."""
    for field in fields:
        path = f"{above}{quoted(field.name)}"
        if above and field.required:
            yield path
        if isinstance(field.type, Struct):
            yield from _required_inside(f"{path}.", field.type.fields)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
