# ruff: noqa: C901, E501, PLR0911 - one branch per type; one fact, one line; one answer per type
"""Casts, explicit and implicit, with Trino's rounding and refusals."""

from typing import Final

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.errors import mismatch, unsupported
from serverless_app.localcloud.athena.types import BOOLEAN, JSON, REAL, UNKNOWN, VARBINARY, VARCHAR, Type

# What Trino reads from text; DuckDB reads more, and rounds.
_INTEGER: Final = "[+-]?[0-9]+"
_NUMBER: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_READ: Final = {
    "tinyint": _INTEGER,
    "smallint": _INTEGER,
    "integer": _INTEGER,
    "bigint": _INTEGER,
    "decimal": _NUMBER,
    "real": f"{_NUMBER}|NaN|-?Infinity",
    "double": f"{_NUMBER}|NaN|-?Infinity",
    "boolean": "[tT]|[tT][rR][uU][eE]|1|[fF]|[fF][aA][lL][sS][eE]|0",
    "date": "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
    "timestamp": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?",
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
    if given == UNKNOWN:
        return f"CAST({sql} AS {types.duckdb(wanted)})"
    if given == wanted:
        return sql
    if types.numeric(given) and types.numeric(wanted):
        return _number(sql, given, wanted)
    if given == BOOLEAN and types.numeric(wanted):
        return f"CAST({sql} AS {types.duckdb(wanted)})"
    if types.numeric(given) and wanted == BOOLEAN:
        return f"({sql} <> 0)"
    if wanted == VARCHAR:
        return _text(sql, given)
    if wanted == JSON:
        return _json(sql, given)
    if given == VARCHAR:
        return _read(sql, wanted)
    if given == JSON:
        return _from_json(sql, wanted)
    if given.name in ("array", "row") and given.name == wanted.name:
        return _nested(sql, given, wanted)
    return _time(sql, given, wanted)


def coerced(sql: str, given: Type, wanted: Type) -> str:
    """Return a value as the type to which it coerces."""
    if given == wanted or (types.duckdb(given) == types.duckdb(wanted) and given != UNKNOWN):
        return sql
    if given.name in ("array", "row"):
        nested = _nested(sql, given, wanted)
        if nested is not None:
            return nested
    return f"CAST({sql} AS {types.duckdb(wanted)})"


def comparable(one: Type, other: Type, operator: str, where: str) -> Type:
    """Return the type in which two values are compared; what DuckDB would cast silently is TYPE_MISMATCH, as in Trino."""
    zoned = types.zoned("UTC").name
    kind = one if one.name == other.name == zoned else types.common(one, other)
    if kind is None or (operator in ("<", "<=", ">", ">=") and not types.orderable(kind)):
        raise mismatch(f"Cannot apply operator: {one} {operator} {other}", where)
    if kind.name in ("row", "array", "map") and operator != "IS DISTINCT FROM":
        raise unsupported(f"{one} {operator} {other}: NULLs inside compare differently", where)
    return kind


def rounded(sql: str, precision: int) -> str:
    """Return a timestamp rounded half up to the digits of its seconds."""
    unit = 10 ** (_MICROSECONDS - precision)
    if unit == 1:
        return sql
    return f"make_timestamp(CAST(floor((epoch_us({sql}) + {unit // 2}) / {unit}.0) AS BIGINT) * {unit})"


def local(sql: str, zone: str) -> str:
    """Return the wall clock in a zone at an instant."""
    return sql if zone == "UTC" else f"((({sql}) AT TIME ZONE 'UTC') AT TIME ZONE {types.text(zone)})"


def _number(sql: str, given: Type, wanted: Type) -> str:
    target = types.duckdb(wanted)
    if given.name in ("double", "real") and wanted.name == "decimal":
        # Through its shortest decimal form, as BigDecimal.valueOf does.
        return f"CAST(CAST({sql} AS VARCHAR) AS {target})"
    if given.name in ("double", "real", "decimal") and wanted in types.INTEGERS:
        return f"CAST(round({sql}) AS {target})"  # half away from zero; DuckDB's cast rounds to even
    return f"CAST({sql} AS {target})"


def _text(sql: str, given: Type) -> str | None:
    match given.name:
        case "boolean" | "tinyint" | "smallint" | "integer" | "bigint" | "decimal":
            return f"CAST({sql} AS VARCHAR)"
        case "double":
            return f"athena_double({sql})"
        case "real":
            return f"athena_float({sql})"
        case "date":
            return f"strftime({sql}, '%Y-%m-%d')"
        case "timestamp":
            digits = given.args[0]
            if not digits:
                return f"strftime({sql}, '%Y-%m-%d %H:%M:%S')"
            return f"left(strftime({sql}, '%Y-%m-%d %H:%M:%S.%f'), {20 + digits})"
        case "timestamp with time zone":
            stamp = _text(local(sql, given.args[1]), Type("timestamp", given.args[:1]))
            return f"({stamp} || {types.text(' ' + given.args[1])})"
        case "json":
            return f"athena_json_cast({sql}, 'varchar')"
    return None


def _read(sql: str, wanted: Type) -> str | None:
    if wanted == VARBINARY:
        return f"encode({sql})"
    if wanted.name not in _READ:
        return None
    said = ("Value cannot be cast to", ": ", "") if wanted.name in ("date", "timestamp") else ("Cannot cast", " '", "'")
    tail = f" to {str(wanted).upper()}" if said[2] else ""
    before = f"{said[0]}{'' if said[2] else ' ' + wanted.name}{said[1]}"
    message = f"{types.text('INVALID_CAST_ARGUMENT: ' + before)} || {sql} || {types.text(said[2] + tail)}"
    read = f"CAST({sql} AS {types.duckdb(wanted)})"
    if wanted.name == "boolean":
        read = f"(lower({sql}) IN ('t', 'true', '1'))"
    if wanted.name == "timestamp":
        read = rounded(read, wanted.args[0])
    fits = f"regexp_full_match({sql}, {types.text(_READ[wanted.name])})"
    return f"CASE WHEN {fits} THEN {read} WHEN {sql} IS NOT NULL THEN athena_error({message}) END"


def _json(sql: str, given: Type) -> str | None:
    if given == VARCHAR:
        return f"athena_json_quote({sql})"
    if given == BOOLEAN or (types.numeric(given) and given != REAL):
        return _text(sql, given)
    if given.name in ("date", "timestamp"):
        return f"athena_json_quote({_text(sql, given)})"
    if given.name == "array" and (item := _json("j_", given.args[0])) is not None and "lambda" not in item:
        return f"('[' || array_to_string(list_transform({sql}, lambda j_: coalesce({item}, 'null')), ',') || ']')"
    return None


def _from_json(sql: str, wanted: Type) -> str | None:
    if wanted == BOOLEAN or types.numeric(wanted):
        return _read(f"athena_json_cast({sql}, {types.text('boolean' if wanted == BOOLEAN else 'number')})", wanted)
    return None


def _nested(sql: str, given: Type, wanted: Type) -> str | None:
    if given.name == "array":
        item = explicit("a_", given.args[0], wanted.args[0])
        if item is None or "lambda" in item:
            return None
        return f"CAST(list_transform({sql}, lambda a_: {item}) AS {types.duckdb(wanted)})"
    if len(given.args) != len(wanted.args):
        return None
    fields = []
    for at, ((_, old), (name, new)) in enumerate(zip(given.args, wanted.args, strict=True)):
        part = explicit(f"struct_extract_at({sql}, {at + 1})", old, new)
        if part is None:
            return None
        fields.append(f"{types.quoted(name or f'field{at}')} := {part}")
    return f"CASE WHEN {sql} IS NOT NULL THEN CAST(struct_pack({', '.join(fields)}) AS {types.duckdb(wanted)}) END"


def _time(sql: str, given: Type, wanted: Type) -> str | None:
    match given.name, wanted.name:
        case "date", "timestamp" | "timestamp with time zone":
            return f"CAST({sql} AS TIMESTAMP)"
        case "timestamp", "date":
            return f"CAST({sql} AS DATE)"
        case "timestamp", "timestamp" | "timestamp with time zone":
            return rounded(sql, wanted.args[0]) if wanted.args[0] < given.args[0] else sql
        case "timestamp with time zone", "date":
            return f"CAST({local(sql, given.args[1])} AS DATE)"
        case "timestamp with time zone", "timestamp":
            return _time(local(sql, given.args[1]), Type("timestamp", given.args[:1]), wanted)
    return None
