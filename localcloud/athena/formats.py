"""Literals that are looked at before a query runs: units, time zones, regular expressions, formats of dates."""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Final

from localcloud.athena import types
from localcloud.athena.duck import text
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.types import Type
from localcloud.athena.udfs import pattern_of

_UNITS: Final = ("day", "week", "month", "quarter", "year", "millisecond", "second", "minute", "hour")
_DAYS: Final = 5
# Specifiers of MySQL, which date_format and date_parse take, as DuckDB has them.
_MYSQL: Final = {f"%{name}": f"%{name}" for name in "abdfHIjmpSYy%"} | {
    "%c": "%-m",
    "%e": "%-d",
    "%h": "%I",
    "%i": "%M",
    "%k": "%-H",
    "%l": "%-I",
    "%M": "%B",
    "%r": "%I:%M:%S %p",
    "%s": "%S",
    "%T": "%H:%M:%S",
    "%v": "%V",
    "%W": "%A",
    "%x": "%G",
}
# Runs of letters of Joda-Time, which format_datetime takes.
_JODA: Final = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "EEEE": "%A",
    "EEE": "%a",
    "E": "%a",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "a": "%p",
}


def unit(written: str, moment: Type) -> str:
    """Return a unit of time that a date or timestamp has."""
    name = written.lower()
    if name not in (_UNITS[:_DAYS] if moment == types.DATE else _UNITS):
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid {moment.name.upper()} field")
    return name


def zone(name: str) -> str:
    """Return the name of a time zone that there is."""
    if name not in zoneinfo.available_timezones():
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid time zone")
    return name


def instant(sql: str, name: str) -> str:
    """Return the instant at which the wall clock of a zone shows a time."""
    return sql if zone(name) == "UTC" else f"((({sql}) AT TIME ZONE {text(name)}) AT TIME ZONE 'UTC')"


def _pattern(written: str, _last: Type) -> str:
    pattern_of(written)
    return text(written)


def _mysql(written: str, _last: Type) -> str:
    return _translated(re.findall(r"%.|%$|[^%]+", written, re.DOTALL), _MYSQL, lambda part: part[0] == "%")


def _joda(written: str, _last: Type) -> str:
    parts = [found[0] for found in re.finditer(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+", written)]
    quoted = [part[1:-1].replace("''", "'") or "'" if part.startswith("'") else part for part in parts]
    letters = iter(part[0].isascii() and part[0].isalpha() for part in parts)
    return _translated(quoted, _JODA, lambda _part: next(letters))


def _translated(parts: list[str], known: Mapping[str, str], special: Callable[[str], bool]) -> str:
    written = []
    for part in parts:
        found = known.get(part) if special(part) else part.replace("%", "%%")
        if found is None:
            raise unsupported(f"the date format specifier {part!r}")
        written.append(found)
    return text("".join(written))


WRITTEN: Final[dict[str, Callable[[str, Type], str]]] = {
    "unit": unit,
    "pattern": _pattern,
    "mysql": _mysql,
    "joda": _joda,
}
