# ruff: noqa: E501 - one fact, one line
"""The partitions of a table: those that are registered, or those that its projection describes."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlglot import exp

from serverless_app.localcloud.athena.errors import AthenaError, unsupported

_MOST: Final = 100_000
_JAVA: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_NOW: Final = re.compile(r"NOW(?:([+-]\d+)(YEARS?|MONTHS?|WEEKS?|DAYS?|HOURS?|MINUTES?))?")
_UNITS: Final = {"WEEK": 7 * 86400, "DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}


@dataclass(frozen=True)
class Partition:
    """The values of the partition keys, and where the files are."""

    values: tuple[str | None, ...]
    location: str
    storage: dict[str, Any]


def projected(table: dict[str, Any], conditions: Sequence[exp.Expr], now: datetime) -> list[Partition]:
    """Return the partitions that `projection.*` properties describe."""
    parameters, storage = table["Parameters"], table["StorageDescriptor"]
    names = [key["Name"] for key in table["PartitionKeys"]]
    options = [list(_values(name, parameters, conditions, now)) for name in names]
    template = parameters.get("storage.location.template")
    if template is None:
        template = storage["Location"].rstrip("/") + "/" + "/".join(f"{name}=${{{name}}}" for name in names)
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
    def setting(key: str) -> str:
        value = parameters.get(f"projection.{name}.{key}")
        if value is None:
            message = f"projection.{name}.{key} is not set on the table"
            raise AthenaError("INVALID_TABLE_PROPERTY", message)
        return value

    match setting("type"):
        case "enum":
            yield from (part.strip() for part in setting("values").split(","))
        case "integer":
            first, last = (int(part) for part in setting("range").split(","))
            width = int(parameters.get(f"projection.{name}.digits", 0))
            step = int(parameters.get(f"projection.{name}.interval", 1))
            yield from (f"{value:0{width}}" for value in range(first, last + 1, step))
        case "date":
            yield from _dates(name, setting("range"), setting("format"), parameters, now)
        case "injected":
            yield from _injected(name, conditions)
        case other:
            raise unsupported(f"the projection type {other}")


def _dates(name: str, bounds: str, form: str, parameters: dict[str, str], now: datetime) -> Iterator[str]:
    python = re.sub(r"yyyy|MM|dd|HH|mm|ss", lambda found: _JAVA[found[0]], form.replace("'", ""))
    if re.search("[A-Za-z]", re.sub("%[A-Za-z]", "", python).replace("T", "").replace("Z", "")):
        raise unsupported(f"the projection format {form}")
    first, last = (_bound(part.strip(), python, now) for part in bounds.split(","))
    finest = next(
        (
            unit
            for code, unit in (("%S", "SECOND"), ("%M", "MINUTE"), ("%H", "HOUR"), ("%d", "DAY"), ("%m", "MONTH"))
            if code in python
        ),
        "YEAR",
    )
    unit = parameters.get(f"projection.{name}.interval.unit", finest).upper().rstrip("S")
    count = int(parameters.get(f"projection.{name}.interval", 1))
    at = first
    while at <= last:
        yield at.strftime(python)
        at = _later(at, count, unit)


def _bound(source: str, form: str, now: datetime) -> datetime:
    found = _NOW.fullmatch(source.replace(" ", ""))
    if found is None:
        return datetime.strptime(source, form)  # noqa: DTZ007 - projections have no zone
    at = now if found[1] is None else _later(now, int(found[1]), found[2].rstrip("S"))
    return datetime.strptime(at.strftime(form), form)  # noqa: DTZ007 - projections have no zone


def _later(at: datetime, count: int, unit: str) -> datetime:
    if unit in _UNITS:
        return at + timedelta(seconds=count * _UNITS[unit])
    if unit not in ("MONTH", "YEAR"):
        raise unsupported(f"the projection interval unit {unit}")
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "YEAR" else 1)
    return at.replace(year=months // 12, month=months % 12 + 1, day=1 if at.day > 28 else at.day)  # noqa: PLR2004 - every month has 28 days


def _injected(name: str, conditions: Sequence[exp.Expr]) -> list[str]:
    for condition in conditions:
        for side, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
            named = isinstance(side, exp.Column) and side.name.lower() == name
            if named and isinstance(condition, exp.EQ) and isinstance(other, exp.Literal):
                return [other.name]
        if (
            isinstance(condition, exp.In)
            and condition.this.name.lower() == name
            and all(isinstance(one, exp.Literal) for one in condition.expressions)
        ):
            return [one.name for one in condition.expressions]
    message = f"For the injected projected partition column {name}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present."
    raise AthenaError("CONSTRAINT_VIOLATION", message)
