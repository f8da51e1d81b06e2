"""Casts, explicit and implicit, with Trino's rounding and refusals."""

from collections.abc import Callable
from typing import Final

from localcloud.athena import types
from localcloud.athena.duck import quoted, text
from localcloud.athena.errors import mismatch, unsupported
from localcloud.athena.types import BOOLEAN, JSON, REAL, UNKNOWN, VARBINARY, VARCHAR, ZONED, Type

# What Trino reads from text; DuckDB reads more, and rounds.
_INTEGER: Final = "[+-]?[0-9]+"
_NUMBER: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_READ: Final = dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), _INTEGER) | {
    "decimal": _NUMBER,
    "real": f"{_NUMBER}|NaN|-?Infinity",
    "double": f"{_NUMBER}|NaN|-?Infinity",
    "boolean": "[tT]|[tT][rR][uU][eE]|1|[fF]|[fF][aA][lL][sS][eE]|0",
    "date": "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
    "timestamp": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?",
}
_SHOWN: Final = dict.fromkeys(
    ("boolean", "tinyint", "smallint", "integer", "bigint", "decimal"), "CAST({} AS VARCHAR)"
) | {
    "double": "athena_double({})",
    "real": "athena_float({})",
    "date": "strftime({}, '%Y-%m-%d')",
    "json": "athena_json_cast({}, 'varchar')",
}
_MICROSECONDS: Final = 6


def cast(sql: str, given: Type, wanted: Type, where: str) -> str:
    """Return CAST(value AS wanted) as Trino does it; TYPE_MISMATCH where Trino has no such cast."""
    found = explicit(sql, given, wanted)
    if found is None and JSON in (given, wanted):
        raise unsupported(f"CAST({given} AS {wanted})", where)
    if found is None:
        raise mismatch(f"Cannot cast {given} to {wanted}", where)
    return found


def explicit(sql: str, given: Type, wanted: Type) -> str | None:
    """Return the cast, None when there is none."""
    if given == wanted:
        return sql
    if given == UNKNOWN:
        return _plain(sql, given, wanted)
    return next((write(sql, given, wanted) for fits, write in _CASTS if fits(given, wanted)), None)


def coerced(sql: str, given: Type, wanted: Type) -> str:
    """Return a value as the type to which it coerces."""
    if given == wanted or (types.duckdb(given) == types.duckdb(wanted) and given != UNKNOWN):
        return sql
    nested = explicit(sql, given, wanted) if given.name in ("array", "row") else None
    return nested or _plain(sql, given, wanted)


def comparable(one: Type, other: Type, operator: str, where: str) -> Type:
    """Return the type in which two values are compared; TYPE_MISMATCH, as in Trino, for what DuckDB would cast."""
    kind = one if one.name == other.name == ZONED else types.common(one, other)
    if kind is None or (operator in ("<", "<=", ">", ">=") and not types.orderable(kind)):
        raise mismatch(f"Cannot apply operator: {one} {operator} {other}", where)
    if kind.name in ("row", "array", "map") and operator != "IS DISTINCT FROM":
        raise unsupported(f"{one} {operator} {other}: NULLs inside compare differently", where)
    return kind


def rounded(sql: str, precision: int) -> str:
    """Return a timestamp rounded half up to the digits of its seconds."""
    unit = 10 ** (_MICROSECONDS - precision)
    return sql if unit == 1 else f"athena_rounded({sql}, {unit})"


def local(sql: str, zone: str) -> str:
    """Return the wall clock in a zone at an instant."""
    return sql if zone == "UTC" else f"((({sql}) AT TIME ZONE 'UTC') AT TIME ZONE {text(zone)})"


def _plain(sql: str, _given: Type, wanted: Type) -> str:
    return f"CAST({sql} AS {types.duckdb(wanted)})"


def _number(sql: str, given: Type, wanted: Type) -> str:
    if types.floating(given) and wanted.name == "decimal":
        # Through its shortest decimal form, as BigDecimal.valueOf does.
        return _plain(_plain(sql, given, VARCHAR), VARCHAR, wanted)
    if given not in types.INTEGERS and wanted in types.INTEGERS:
        return _plain(f"round({sql})", given, wanted)  # half away from zero; DuckDB's cast rounds to even
    return _plain(sql, given, wanted)


def _text(sql: str, given: Type, _wanted: Type = VARCHAR) -> str | None:
    if given.name == "timestamp":
        digits = given.args[0]
        shown = f"strftime({sql}, '%Y-%m-%d %H:%M:%S.%f')"
        return f"left({shown}, {20 + digits if digits else 19})"
    if given.name == ZONED:
        stamp = _text(local(sql, given.args[1]), Type("timestamp", given.args[:1]))
        return f"({stamp} || {text(' ' + given.args[1])})"
    template = _SHOWN.get(given.name)
    return template and template.format(sql)


def _read(sql: str, _given: Type, wanted: Type) -> str | None:
    if wanted == VARBINARY:
        return f"encode({sql})"
    if wanted.name not in _READ:
        return None
    read = _plain(sql, VARCHAR, wanted)
    if wanted.name == "boolean":
        read = f"(lower({sql}) IN ('t', 'true', '1'))"
    if wanted.name == "timestamp":
        read = rounded(read, wanted.args[0])
    fits = f"regexp_full_match({sql}, {text(_READ[wanted.name])})"
    return f"CASE WHEN {fits} THEN {read} WHEN {sql} IS NOT NULL THEN athena_unreadable({sql}, '{wanted}') END"


def _json(sql: str, given: Type, _wanted: Type = JSON) -> str | None:
    if given == VARCHAR or given.name in ("date", "timestamp"):
        return f"athena_json_quote({_text(sql, given) if given != VARCHAR else sql})"
    if given == BOOLEAN or (types.numeric(given) and given != REAL):
        return _text(sql, given)
    if given.name == "array" and (item := _json("j_", given.args[0])) is not None and "lambda" not in item:
        return f"('[' || array_to_string(list_transform({sql}, lambda j_: coalesce({item}, 'null')), ',') || ']')"
    return None


def _from_json(sql: str, _given: Type, wanted: Type) -> str | None:
    if wanted == BOOLEAN or types.numeric(wanted):
        kind = "boolean" if wanted == BOOLEAN else "number"
        return _read(f"athena_json_cast({sql}, '{kind}')", VARCHAR, wanted)
    return None


def _array(sql: str, given: Type, wanted: Type) -> str | None:
    item = explicit("a_", given.args[0], wanted.args[0])
    if item is None or "lambda" in item:
        return None
    return _plain(f"list_transform({sql}, lambda a_: {item})", given, wanted)


def _row(sql: str, given: Type, wanted: Type) -> str | None:
    if len(given.args) != len(wanted.args):
        return None
    parts = [
        (name, explicit(f"struct_extract_at({sql}, {at})", old, new))
        for at, ((_, old), (name, new)) in enumerate(zip(given.args, types.fields(wanted), strict=True), 1)
    ]
    return packed(sql, parts, wanted)


def packed(sql: str, parts: list[tuple[str, str | None]], wanted: Type) -> str | None:
    """Return a row of fields that are taken from another, NULL where that is; None where a field has no value."""
    if any(part is None for _, part in parts):
        return None
    listed = ", ".join(f"{quoted(name)} := {part}" for name, part in parts)
    return f"CASE WHEN {sql} IS NOT NULL THEN {_plain(f'struct_pack({listed})', wanted, wanted)} END"


def _time(sql: str, given: Type, wanted: Type) -> str | None:
    if given.name == ZONED and wanted.name != ZONED:
        return explicit(local(sql, given.args[1]), Type("timestamp", given.args[:1]), wanted)
    if given.name == "timestamp" and wanted.name != "date":
        return rounded(sql, wanted.args[0]) if wanted.args[0] < given.args[0] else sql
    return None if given.name == ZONED else _plain(sql, given, wanted)


_CASTS: Final[tuple[tuple[Callable[[Type, Type], bool], Callable[[str, Type, Type], str | None]], ...]] = (
    (lambda given, wanted: types.numeric(given) and types.numeric(wanted), _number),
    (lambda given, wanted: given == BOOLEAN and types.numeric(wanted), _plain),
    (lambda given, wanted: types.numeric(given) and wanted == BOOLEAN, lambda sql, _given, _wanted: f"({sql} <> 0)"),
    (lambda _given, wanted: wanted == VARCHAR, _text),
    (lambda _given, wanted: wanted == JSON, _json),
    (lambda given, _wanted: given == VARCHAR, _read),
    (lambda given, _wanted: given == JSON, _from_json),
    (lambda given, wanted: given.name == wanted.name == "array", _array),
    (lambda given, wanted: given.name == wanted.name == "row", _row),
    (lambda given, wanted: given.name in types.TIMES and wanted.name in types.TIMES, _time),
)
