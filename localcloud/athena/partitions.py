"""The partitions of a table that `projection.*` properties describe."""

import calendar
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlglot import exp

from localcloud.athena.errors import AthenaError, unsupported

_MOST: Final = 100_000
_JAVA: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_SPELLED: Final = re.compile("yyyy|MM|dd|HH|mm|ss|'([^']*)'|[A-Za-z]+")
_NOW: Final = re.compile(r"NOW(?:([+-]\d+)(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE)S?)?")
_SECONDS: Final = {"WEEK": 7 * 86400, "DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_FINEST: Final = (("%S", "SECOND"), ("%M", "MINUTE"), ("%H", "HOUR"), ("%d", "DAY"), ("%m", "MONTH"), ("", "YEAR"))


@dataclass(frozen=True)
class Partition:
    """The values of the partition keys, and where the files are."""

    values: tuple[str | None, ...]
    location: str
    storage: dict[str, Any]


def projected(table: dict[str, Any], conditions: Sequence[exp.Expr], now: datetime) -> list[Partition]:
    """Return every partition of a projection; an injected key has the values that the conditions name."""
    parameters, storage = table["Parameters"], table["StorageDescriptor"]
    names = [key["Name"] for key in table["PartitionKeys"]]
    options = [list(_values(name, parameters, conditions, now)) for name in names]
    hive = storage["Location"].rstrip("/") + "/" + "/".join(f"{name}=${{{name}}}" for name in names)
    template = parameters.get("storage.location.template", hive)
    found = []
    for values in itertools.islice(itertools.product(*options), _MOST + 1):
        location = template
        for name, value in zip(names, values, strict=True):
            location = location.replace(f"${{{name}}}", value)
        found.append(Partition(values, location, storage))
    if len(found) > _MOST:
        raise unsupported(f"a projection of more than {_MOST} partitions")
    return found


def _values(name: str, parameters: dict[str, str], conditions: Sequence[exp.Expr], now: datetime) -> Iterator[str]:
    settings = {
        key.removeprefix(f"projection.{name}."): value
        for key, value in parameters.items()
        if key.startswith(f"projection.{name}.")
    }
    try:
        match settings["type"]:
            case "enum":
                yield from (part.strip() for part in settings["values"].split(","))
            case "integer":
                first, last = (int(part) for part in settings["range"].split(","))
                width, step = int(settings.get("digits", 0)), int(settings.get("interval", 1))
                yield from (f"{value:0{width}}" for value in range(first, last + 1, step))
            case "date":
                yield from _dates(settings, now)
            case "injected":
                yield from _injected(name, conditions)
            case other:
                raise unsupported(f"the projection type {other}")
    except KeyError as error:
        said = f"projection.{name}.{error.args[0]} is not set on the table"
        raise AthenaError("INVALID_TABLE_PROPERTY", said) from error


def _dates(settings: dict[str, str], now: datetime) -> Iterator[str]:
    form = _SPELLED.sub(_spelled, settings["format"])
    first, last = (_bound(part.replace(" ", ""), form, now) for part in settings["range"].split(","))
    finest = next(name for code, name in _FINEST if code in form)
    unit = settings.get("interval.unit", finest).upper().removesuffix("S")
    count = int(settings.get("interval", 1))
    while first <= last:
        yield first.strftime(form)
        first = _later(first, count, unit)


def _spelled(found: re.Match[str]) -> str:
    if found[1] is not None:
        return found[1]
    if found[0] not in _JAVA:
        raise unsupported(f"{found[0]} in the format of a projection")
    return _JAVA[found[0]]


def _bound(source: str, form: str, now: datetime) -> datetime:
    found = _NOW.fullmatch(source)
    if found is not None:
        source = (_later(now, int(found[1]), found[2]) if found[1] else now).strftime(form)
    return datetime.strptime(source, form)  # noqa: DTZ007 - projections have no zone


def _later(at: datetime, count: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return at + timedelta(seconds=count * _SECONDS[unit])
    if unit not in ("MONTH", "YEAR"):
        raise unsupported(f"the projection interval unit {unit}")
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "YEAR" else 1)
    year, month = divmod(months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


def _injected(name: str, conditions: Sequence[exp.Expr]) -> list[str]:
    for condition in conditions:
        sides = [condition.this, *([condition.expression] if isinstance(condition, exp.EQ) else condition.expressions)]
        named = [side for side in sides if isinstance(side, exp.Column) and side.name.lower() == name]
        values = [side.name for side in sides if isinstance(side, exp.Literal)]
        if isinstance(condition, (exp.EQ, exp.In)) and len(named) == 1 and len(values) == len(sides) - 1:
            return values
    said = (
        f"For the injected projected partition column {name}, the WHERE clause must contain only static equality "
        "conditions, and at least one such condition must be present."
    )
    raise AthenaError("CONSTRAINT_VIOLATION", said)
