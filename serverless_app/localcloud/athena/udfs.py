# ruff: noqa: PLR0911 - one answer per type
"""What DuckDB has no function for that answers as Trino's does: plain Python, value by value."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any, Final

import duckdb
from duckdb.func import FunctionNullHandling

from etl.contracts.patterns import portable
from serverless_app.localcloud.athena.errors import AthenaError, unsupported

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_STEP: Final = re.compile(r"""\.([A-Za-z0-9_]+)|\[(\d+)\]|\["([^"\\]*)"\]""")
_REFERENCE: Final = re.compile(r"\\(.)|\$(\d)|\$|\\", re.DOTALL)
_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(?:Z|\+00:00)?)?")


def java_double(value: float) -> str:
    """Return a double as Java's `Double.toString` writes it, which is what CAST to varchar and results show."""
    return _java(value, repr(value))


def java_float(value: float) -> str:
    """Return a real as Java's `Float.toString` writes it."""
    shortest = next(t for digits in range(1, 10) if _single(float(t := f"{value:.{digits}g}")) == value or digits == 9)  # noqa: PLR2004 - nine digits always tell two reals apart
    return _java(value, repr(float(shortest)))


def _single(value: float) -> float:
    import struct  # noqa: PLC0415

    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf")


def _java(value: float, shortest: str) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:  # noqa: PLR2004 - where Double.toString turns to exponents
        return f"{Decimal(shortest):f}" if "." in shortest and "e" not in shortest else f"{Decimal(shortest):f}" + ".0"
    sign, digits, exponent = Decimal(shortest).as_tuple()
    kept = "".join(map(str, digits)).rstrip("0") or "0"
    return f"{'-' * sign}{kept[0]}.{kept[1:] or '0'}E{len(digits) - 1 + int(exponent)}"


@lru_cache(maxsize=256)
def pattern_of(source: str) -> re.Pattern[str]:
    """Return the compiled pattern, or refuse what Java, RE2 and Python would read differently."""
    try:
        normal = portable(source)
    except ValueError as error:
        raise unsupported(f"the regular expression {source!r}: {error}") from error
    # Trino's `$` also stands before a line feed that ends the text.
    return re.compile(_ESCAPED.sub(lambda found: r"(?=\n?\Z)" if found[1] == "z" else found[0], normal))


def _extract(value: str, pattern: str, group: int) -> str | None:
    found = pattern_of(pattern).search(value)
    return found and found.group(_group(pattern, group))


def _extract_all(value: str, pattern: str, group: int) -> list[str | None]:
    number = _group(pattern, group)
    return [found.group(number) for found in pattern_of(pattern).finditer(value)]


def _group(pattern: str, group: int) -> int:
    groups = pattern_of(pattern).groups
    if not 0 <= group <= groups:
        message = f"Pattern has {groups} groups. Cannot access group {group}"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message)
    return group


def _replace(value: str, pattern: str, replacement: str) -> str:
    compiled = pattern_of(pattern)

    def written(found: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda part: _referred(part, found), replacement)

    return compiled.sub(written, value)


def _referred(part: re.Match[str], found: re.Match[str]) -> str:
    if part[1]:
        return part[1]
    if part[2] and int(part[2]) <= found.re.groups:
        return found[int(part[2])] or ""
    raise AthenaError("INVALID_FUNCTION_ARGUMENT", "Illegal replacement sequence: unknown group or lone character")


def _json(source: str) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(name)

    return json.loads(source, parse_float=_Number, parse_int=_Number, parse_constant=refuse)


class _Number(str):
    """A number of a JSON document, as it is written there."""

    __slots__ = ()


def _written(value: Any, *, order: bool) -> str:
    if isinstance(value, _Number):
        return str(value) if value.lstrip("-").isdigit() else java_double(float(value))
    if isinstance(value, dict):
        items = sorted(value.items()) if order else value.items()
        return "{" + ",".join(f"{_written(k, order=order)}:{_written(v, order=order)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item, order=order) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _json_parse(source: str) -> str:
    try:
        return _written(_json(source), order=True)
    except ValueError as error:
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"Cannot convert value to JSON: '{source}'") from error


@lru_cache(maxsize=256)
def json_steps(path: str) -> tuple[str | int, ...]:
    """Return the keys and indexes of a JSON path; what is not a plain path is refused."""
    steps: list[str | int] = []
    at = 1
    while path.startswith("$") and at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            break
        steps.append(int(found[2]) if found[2] else found[1] or found[3] or "")
        at = found.end()
    if not path.startswith("$") or at < len(path):
        raise unsupported(f'the JSON path {path!r}: write it like $.a.b[0] or $["a"]')
    return tuple(steps)


_MISSING: Final = object()


def _at(source: str, path: str) -> Any:
    steps = json_steps(path)
    try:
        value = _json(source)
    except ValueError:
        return _MISSING
    for step in steps:
        found = isinstance(value, dict) and step in value
        if found or (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            value = value[step]
        else:
            return _MISSING
    return value


def _json_extract(source: str, path: str) -> str | None:
    value = _at(source, path)
    return None if value is _MISSING else _written(value, order=False)


def _json_text(source: str, path: str) -> str | None:
    value = _at(source, path)
    if value is _MISSING or value is None or isinstance(value, (dict, list)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_size(source: str, path: str, arrays_only: bool) -> int | None:  # noqa: FBT001 - DuckDB calls by position
    value = _at(source, path)
    if value is _MISSING or (arrays_only and not isinstance(value, list)):
        return None
    return len(value) if isinstance(value, (dict, list)) else 0


def _json_scalar(source: str) -> bool:
    try:
        return not isinstance(_json(source), (dict, list))
    except ValueError as error:
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"Cannot parse value as JSON: '{source}'") from error


def _json_cast(source: str, kind: str) -> str | None:
    value = _json(source)
    if value is None:
        return None
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    fits = not isinstance(value, (dict, list)) and (kind != "boolean" or isinstance(value, bool))
    if not fits or (kind == "number" and not isinstance(value, _Number)):
        raise AthenaError("INVALID_CAST_ARGUMENT", f"Cannot cast '{source}' to {kind}")
    return _written(value, order=True) if isinstance(value, _Number) and kind == "varchar" else plain


def _mysql(value: datetime, pattern: str) -> str:
    return "".join(_mysql_part(value, part) for part in re.findall(r"%.|%$|[^%]+", pattern, re.DOTALL))


def _mysql_part(value: datetime, part: str) -> str:
    if not part.startswith("%"):
        return part
    hour12 = value.hour % 12 or 12
    year, week, _ = value.isocalendar()
    clock = f"{value.minute:02}:{value.second:02}"
    found = {
        "a": _DAYS[value.weekday()][:3],
        "b": _MONTHS[value.month - 1][:3],
        "c": str(value.month),
        "d": f"{value.day:02}",
        "e": str(value.day),
        "f": f"{value.microsecond:06}",
        "H": f"{value.hour:02}",
        "h": f"{hour12:02}",
        "I": f"{hour12:02}",
        "i": f"{value.minute:02}",
        "j": f"{value.timetuple().tm_yday:03}",
        "k": str(value.hour),
        "l": str(hour12),
        "M": _MONTHS[value.month - 1],
        "m": f"{value.month:02}",
        "p": "AM" if value.hour < 12 else "PM",  # noqa: PLR2004 - noon
        "r": f"{hour12:02}:{clock} {'AM' if value.hour < 12 else 'PM'}",  # noqa: PLR2004 - noon
        "S": f"{value.second:02}",
        "s": f"{value.second:02}",
        "T": f"{value.hour:02}:{clock}",
        "v": f"{week:02}",
        "W": _DAYS[value.weekday()],
        "x": f"{year:04}",
        "Y": f"{value.year:04}",
        "y": f"{value.year % 100:02}",
        "%": "%",
    }.get(part[1:])
    if found is None:
        raise unsupported(f"the date format specifier {part!r}")
    return found


_PARSED: Final = {"i": "%M", "s": "%S", "S": "%S", "M": "%B", "e": "%d", "c": "%m", "k": "%H", "l": "%I", "h": "%I"} | {
    name: f"%{name}" for name in ("Y", "y", "m", "d", "H", "I", "f", "b", "p", "%")
}  # fmt: skip


def _date_parse(value: str, pattern: str) -> datetime:
    written = pattern.replace("%T", "%H:%i:%s").replace("%r", "%I:%i:%s %p")
    parts = []
    for part in re.findall(r"%.|%$|[^%]+", written, re.DOTALL):
        if part.startswith("%") and part[1:] not in _PARSED:
            raise unsupported(f"the date format specifier {part!r} in date_parse")
        parts.append(_PARSED[part[1:]] if part.startswith("%") else part)
    try:
        parsed = datetime.strptime(value, "".join(parts))  # noqa: DTZ007 - a timestamp without zone
    except ValueError as error:
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f'Invalid format: "{value}"') from error
    # Joda starts from 1970, where Python starts from 1900.
    return parsed if "%Y" in parts or "%y" in parts else parsed.replace(year=1970)


def _joda(value: datetime, pattern: str) -> str:
    return "".join(
        _joda_part(value, found) for found in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+", pattern)
    )


def _joda_part(value: datetime, found: re.Match[str]) -> str:
    letter, length = found[2], len(found[0])
    if letter is None:
        return found[0] if found[1] is None else found[1].replace("''", "'") or "'"
    year, week, weekday = value.isocalendar()
    numbers = {
        "y": value.year,
        "Y": value.year,
        "x": year,
        "w": week,
        "e": weekday,
        "M": value.month,
        "d": value.day,
        "D": value.timetuple().tm_yday,
        "H": value.hour,
        "k": value.hour or 24,
        "K": value.hour % 12,
        "h": value.hour % 12 or 12,
        "m": value.minute,
        "s": value.second,
    }
    if letter == "M" and length > 2:  # noqa: PLR2004 - MMM is a name
        name = _MONTHS[value.month - 1]
        return name[:3] if length == 3 else name  # noqa: PLR2004 - MMM is short
    if letter == "E":
        name = _DAYS[weekday - 1]
        return name if length > 3 else name[:3]  # noqa: PLR2004 - EEEE is long
    if letter == "a":
        return "AM" if value.hour < 12 else "PM"  # noqa: PLR2004 - noon
    if letter == "S":
        return f"{value.microsecond:06}".ljust(length, "0")[:length]
    if letter not in numbers:
        raise unsupported(f"the date format {found[0]!r}")
    if letter in "yYx" and length == 2:  # noqa: PLR2004 - yy is cut
        return f"{numbers[letter] % 100:02}"
    return f"{numbers[letter]:0{length}}"


def _iso_date(value: str) -> date:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            raise unsupported(f"the ISO 8601 date {value!r}: write it like 2020-05-11")
        return date.fromisoformat(value)
    except ValueError as error:
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f'Invalid format: "{value}"') from error


def _iso_timestamp(value: str) -> datetime:
    found = _ISO.fullmatch(value)
    if found is None:
        raise unsupported(f"the ISO 8601 timestamp {value!r}: write it in UTC, like 2020-05-11T11:15:05Z")
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
    except ValueError as error:
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f'Invalid format: "{value}"') from error


def _from_base(value: str, radix: int) -> int:
    if not re.fullmatch("[+-]?[0-9A-Za-z]+", value) or not 2 <= radix <= 36:  # noqa: PLR2004 - Java's radixes
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"Not a valid base-{radix} number: {value}")
    try:
        return int(value, radix)
    except ValueError as error:
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"Not a valid base-{radix} number: {value}") from error


def _to_base(value: int, radix: int) -> str:
    if not 2 <= radix <= 36:  # noqa: PLR2004 - Java's radixes
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", "Radix must be between 2 and 36")

    def digits(rest: int) -> Iterator[str]:
        while rest:
            yield "0123456789abcdefghijklmnopqrstuvwxyz"[rest % radix]
            rest //= radix

    return "-" * (value < 0) + ("".join(digits(abs(value)))[::-1] or "0")


def _upper(value: str) -> str:
    """Character by character: what would become two stays as it is, as in Trino."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in value)


def _reverse(value: str) -> str:
    return value[::-1]


def _error(message: str) -> Any:
    code, _, said = message.partition(": ")
    raise AthenaError(code, said)


def _split(value: str, pattern: str) -> list[str]:
    parts, at = [], 0
    for found in pattern_of(pattern).finditer(value):
        parts.append(value[at : found.start()])
        at = found.end()
    return [*parts, value[at:]]


_UDFS: Final[dict[str, tuple[Callable[..., Any], list[str], str]]] = {
    # Not DuckDB's own error(), which is volatile and so not to be used within TRY.
    "athena_error": (_error, ["VARCHAR"], '"NULL"'),
    "athena_double": (java_double, ["DOUBLE"], "VARCHAR"),
    "athena_float": (java_float, ["FLOAT"], "VARCHAR"),
    "athena_upper": (_upper, ["VARCHAR"], "VARCHAR"),
    "athena_reverse": (_reverse, ["VARCHAR"], "VARCHAR"),
    "athena_extract": (_extract, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR"),
    "athena_extract_all": (_extract_all, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR[]"),
    "athena_replace": (_replace, ["VARCHAR", "VARCHAR", "VARCHAR"], "VARCHAR"),
    "athena_split": (_split, ["VARCHAR", "VARCHAR"], "VARCHAR[]"),
    "athena_matches": (lambda value, pattern: bool(pattern_of(pattern).search(value)), ["VARCHAR"] * 2, "BOOLEAN"),
    "athena_count": (lambda value, pattern: len(_split(value, pattern)) - 1, ["VARCHAR", "VARCHAR"], "BIGINT"),
    "athena_json_parse": (_json_parse, ["VARCHAR"], "VARCHAR"),
    "athena_json_extract": (_json_extract, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "athena_json_text": (_json_text, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "athena_json_size": (_json_size, ["VARCHAR", "VARCHAR", "BOOLEAN"], "BIGINT"),
    "athena_json_scalar_p": (_json_scalar, ["VARCHAR"], "BOOLEAN"),
    "athena_json_cast": (_json_cast, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "athena_json_quote": (lambda value: json.dumps(value, ensure_ascii=False), ["VARCHAR"], "VARCHAR"),
    "athena_date_format": (_mysql, ["TIMESTAMP", "VARCHAR"], "VARCHAR"),
    "athena_date_parse": (_date_parse, ["VARCHAR", "VARCHAR"], "TIMESTAMP"),
    "athena_joda": (_joda, ["TIMESTAMP", "VARCHAR"], "VARCHAR"),
    "athena_iso_date": (_iso_date, ["VARCHAR"], "DATE"),
    "athena_iso_timestamp": (_iso_timestamp, ["VARCHAR"], "TIMESTAMP"),
    "athena_from_base": (_from_base, ["VARCHAR", "BIGINT"], "BIGINT"),
    "athena_to_base": (_to_base, ["BIGINT", "BIGINT"], "VARCHAR"),
}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to a database, for all its connections."""
    for name, (function, parameters, result) in _UDFS.items():
        kinds: list[Any] = [duckdb.sqltype(one) for one in parameters]
        connection.create_function(
            name, _guarded(function), kinds, duckdb.sqltype(result), null_handling=FunctionNullHandling.SPECIAL
        )


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer NULL for NULL here: DuckDB would take a NULL that a function returns for a mistake."""

    @wraps(function)  # DuckDB counts the parameters of the signature
    def guarded(*values: Any) -> Any:
        return None if None in values else function(*values)

    return guarded
