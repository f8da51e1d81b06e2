"""What DuckDB has no function for that answers as Trino's does: plain Python, value by value."""

import json
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Final

import duckdb
from duckdb.func import FunctionNullHandling

from localcloud.athena.errors import AthenaError, unsupported

_MACROS: Final = Path(__file__).with_name("functions.sql")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_CHARACTER: Final = r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[tnrf]|\W)"
_CLASS: Final = rf"\[\^?(?:\\[dws]|{_CHARACTER}|(?!&&|--|~~|\|\|)[^\\\[\]])+\]"
_REPEATABLE: Final = rf"\)|\.|\\[dwsDWS]|{_CHARACTER}|{_CLASS}|[^\\.^$|?*+(){{\[]"
_REPETITION: Final = r"(?:[*+?]|\{\d+(?:,\d*)?\})\??(?![*+?{])"
# What Java and Python read alike, given re.ASCII: no look-arounds, flags, word boundaries or set operations.
_PORTABLE: Final = re.compile(rf"(?:\(\?:|\((?!\?)|[|^$]|\\z|(?:{_REPEATABLE})(?:{_REPETITION})?)*")
_STEP: Final = re.compile(r"""\.([A-Za-z0-9_]+)|\[(\d+)\]|\["([^"\\]*)"\]""")
_PATH: Final = re.compile(rf"\$(?:{_STEP.pattern})*")
_REFERENCE: Final = re.compile(r"\\(.)|\$(\d)|\$|\\", re.DOTALL)
_MISSING: Final = object()
_BAD: Final = "INVALID_FUNCTION_ARGUMENT"


def java_double(value: float) -> str:
    """Return a double as Java's `Double.toString` writes it, which is what CAST to varchar and results show."""
    return _java(value, repr(value))


def java_float(value: float) -> str:
    """Return a real as Java's `Float.toString` writes it: with as many digits as tell it apart."""
    shown = (f"{value:.{digits}g}" for digits in range(1, 10))
    return _java(value, repr(float(next((one for one in shown if _single(float(one)) == value), repr(value)))))


def _single(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf")


def _java(value: float, shortest: str) -> str:
    exact = Decimal(shortest)
    if not exact.is_finite():
        return "NaN" if exact.is_nan() else f"{'-' * exact.is_signed()}Infinity"
    if value == 0 or Decimal("1e-3") <= abs(exact) < Decimal("1e7"):
        return f"{exact:f}" if "." in f"{exact:f}" else f"{exact:f}.0"
    sign, digits, exponent = exact.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{kept[0]}.{kept[1:] or '0'}E{len(digits) - 1 + int(exponent)}"


# Regular expressions


@lru_cache(maxsize=256)
def pattern_of(source: str) -> re.Pattern[str]:
    """Return the compiled pattern, or refuse what Java and Python may read differently."""
    if _PORTABLE.fullmatch(source) is None:
        raise unsupported(f"the regular expression {source!r}: Java and Python may read it differently")
    try:
        return re.compile(_ESCAPED.sub(lambda found: r"\Z" if found[1] == "z" else found[0], source), re.ASCII)
    except re.error as error:
        raise unsupported(f"the regular expression {source!r}: {error}") from error


def _extract(value: str, pattern: str, group: int) -> str | None:
    found = pattern_of(pattern).search(value)
    return found and found.group(_group(pattern, group))


def _extract_all(value: str, pattern: str, group: int) -> list[str | None]:
    return [found.group(_group(pattern, group)) for found in pattern_of(pattern).finditer(value)]


def _group(pattern: str, group: int) -> int:
    groups = pattern_of(pattern).groups
    if not 0 <= group <= groups:
        raise AthenaError(_BAD, f"Pattern has {groups} groups. Cannot access group {group}")
    return group


def _replace(value: str, pattern: str, replacement: str) -> str:
    def written(found: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda part: _referred(part, found), replacement)

    return pattern_of(pattern).sub(written, value)


def _referred(part: re.Match[str], found: re.Match[str]) -> str:
    if part[1]:
        return part[1]
    if part[2] and int(part[2]) <= found.re.groups:
        return found[int(part[2])] or ""
    raise AthenaError(_BAD, "Illegal replacement sequence: unknown group or lone character")


def _split_at(value: str, pattern: str) -> list[str]:
    ends = [0, *(at for found in pattern_of(pattern).finditer(value) for at in found.span()), len(value)]
    return [value[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]


# JSON


class _Number(str):
    """A number of a JSON document, as it is written there."""

    __slots__ = ()


def _json(source: str) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(name)

    return json.loads(source, parse_float=_Number, parse_int=_Number, parse_constant=refuse)


def _written(value: Any, *, order: bool = False) -> str:
    if isinstance(value, _Number):
        return str(value) if value.lstrip("-").isdigit() else java_double(float(value))
    if isinstance(value, dict):
        items = sorted(value.items()) if order else value.items()
        return "{" + ",".join(f"{_written(k)}:{_written(v, order=order)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item, order=order) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> str | None:
    """Return a scalar as text, None for null and what is no scalar."""
    if value is _MISSING or value is None or isinstance(value, (dict, list)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_parse(source: str) -> str:
    try:
        return _written(_json(source), order=True)
    except ValueError as error:
        raise AthenaError(_BAD, f"Cannot convert value to JSON: '{source}'") from error


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str | int, ...]:
    if _PATH.fullmatch(path) is None:
        raise unsupported(f'the JSON path {path!r}: write it like $.a.b[0] or $["a"]')
    return tuple(int(found[2]) if found[2] else found[1] or found[3] or "" for found in _STEP.finditer(path))


def _at(source: str, path: str) -> Any:
    steps = _steps(path)
    try:
        value = _json(source)
    except ValueError:
        return _MISSING
    for step in steps:
        found = isinstance(value, dict) and step in value
        if not found and not (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            return _MISSING
        value = value[step]
    return value


def _json_extract(source: str, path: str) -> str | None:
    value = _at(source, path)
    return None if value is _MISSING else _written(value)


def _json_size(source: str, path: str) -> int | None:
    value = _at(source, path)
    if value is _MISSING:
        return None
    return len(value) if isinstance(value, (dict, list)) else 0


def _json_array_length(source: str) -> int | None:
    value = _at(source, "$")
    return len(value) if isinstance(value, list) else None


def _json_cast(source: str, kind: str) -> str | None:
    value = _json(source)
    wanted = {"boolean": bool, "number": _Number}.get(kind, object)
    if value is None:
        return None
    if isinstance(value, (dict, list)) or not isinstance(value, wanted):
        raise AthenaError("INVALID_CAST_ARGUMENT", f"Cannot cast '{source}' to {kind}")
    return _written(value) if isinstance(value, _Number) and kind == "varchar" else _plain(value)


# Everything else


def _upper(value: str) -> str:
    """Character by character: what would become two stays as it is, as in Trino."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in value)


def _from_base(value: str, radix: int) -> int:
    plain = radix and re.fullmatch("[+-]?[0-9A-Za-z]+", value)
    try:
        return int(value if plain else "", radix)
    except ValueError as error:
        raise AthenaError(_BAD, f"Not a valid base-{radix} number: {value}") from error


def _error(message: str) -> Any:
    code, _, said = message.partition(": ")
    raise AthenaError(code, said)


def _unreadable(value: str, kind: str) -> Any:
    raise AthenaError("INVALID_CAST_ARGUMENT", f"Cannot cast '{value}' to {kind.upper()}")


def _bad_field(value: str, kind: str) -> Any:
    raise AthenaError("HIVE_BAD_DATA", f"Error parsing field value '{value}': it is no {kind}")


_UDFS: Final[dict[str, tuple[Callable[..., Any], str, str]]] = {
    # Not DuckDB's own error(), which is volatile and so not to be used within TRY.
    "athena_error": (_error, "VARCHAR", '"NULL"'),
    "athena_unreadable": (_unreadable, "VARCHAR VARCHAR", '"NULL"'),
    "athena_bad_field": (_bad_field, "VARCHAR VARCHAR", '"NULL"'),
    "athena_double": (java_double, "DOUBLE", "VARCHAR"),
    "athena_float": (java_float, "FLOAT", "VARCHAR"),
    "athena_upper_each": (_upper, "VARCHAR", "VARCHAR"),
    "athena_reverse": (lambda value: value[::-1], "VARCHAR", "VARCHAR"),
    "athena_from_base": (_from_base, "VARCHAR BIGINT", "BIGINT"),
    "athena_extract": (_extract, "VARCHAR VARCHAR BIGINT", "VARCHAR"),
    "athena_extract_all": (_extract_all, "VARCHAR VARCHAR BIGINT", "VARCHAR[]"),
    "athena_replace": (_replace, "VARCHAR VARCHAR VARCHAR", "VARCHAR"),
    "athena_split_at": (_split_at, "VARCHAR VARCHAR", "VARCHAR[]"),
    "athena_matches": (lambda value, pattern: bool(pattern_of(pattern).search(value)), "VARCHAR VARCHAR", "BOOLEAN"),
    "athena_json_parse": (_json_parse, "VARCHAR", "VARCHAR"),
    "athena_refusing_json_extract": (_json_extract, "VARCHAR VARCHAR", "VARCHAR"),
    "athena_refusing_json_text": (lambda source, path: _plain(_at(source, path)), "VARCHAR VARCHAR", "VARCHAR"),
    "athena_refusing_json_size": (_json_size, "VARCHAR VARCHAR", "BIGINT"),
    "athena_json_array_length": (_json_array_length, "VARCHAR", "BIGINT"),
    "athena_json_cast": (_json_cast, "VARCHAR VARCHAR", "VARCHAR"),
    "athena_json_quote": (lambda value: json.dumps(value, ensure_ascii=False), "VARCHAR", "VARCHAR"),
}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the functions and macros known to a database, for all its connections."""
    for name, (function, parameters, result) in _UDFS.items():
        kinds: list[Any] = [duckdb.sqltype(one) for one in parameters.split()]
        connection.create_function(
            name, _guarded(function), kinds, duckdb.sqltype(result), null_handling=FunctionNullHandling.SPECIAL
        )
    connection.execute(_MACROS.read_text(encoding="utf-8"))


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer NULL for NULL here: DuckDB would take a NULL that a function returns for a mistake."""

    @wraps(function)  # DuckDB counts the parameters of the signature
    def guarded(*values: Any) -> Any:
        return None if None in values else function(*values)

    return guarded
