"""Check EventBridge schedules at synthesis, before CloudFormation does."""

import re
from typing import NamedTuple


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    # Other values of a day: last, nearest weekday, nth weekday of the month.
    special: str = r"(?!)"


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L|LW|([12]?\d|3[01])W"),
    _Field("month", 1, 12, names=_MONTHS),
    _Field("day of week", 1, 7, names=_DAYS, special=r"\?|L|[1-7](L|#[1-5])"),
    _Field("year", 1970, 2199),
)
_ITEM = re.compile(r"(?P<span>\*|(?P<first>\w+)(-(?P<last>\w+))?)(/(?P<step>[1-9]\d*))?")


def cron_fault(expression: str) -> str | None:
    """Return what is wrong with an EventBridge cron expression, or None."""
    match = re.fullmatch(r"cron\(([^()]*)\)", expression)
    values = match[1].split() if match else []
    if len(values) != len(_FIELDS):
        return "write 'cron(0 2 * * ? *)': minute, hour, day of month, month, day of week and year, in UTC"
    by_name = {field.name: value for field, value in zip(_FIELDS, values, strict=True)}
    if (by_name["day of month"] == "?") == (by_name["day of week"] == "?"):
        return "exactly one of day of month and day of week has to be '?'"
    for field, value in zip(_FIELDS, values, strict=True):
        if not all(_fits(item, field) for item in value.upper().split(",")):
            return f"{value!r} is no {field.name}, which goes from {field.low} to {field.high}"
    return None


def _fits(item: str, field: _Field) -> bool:
    if re.fullmatch(field.special, item):
        return True
    match = _ITEM.fullmatch(item)
    if match is None:
        return False
    if match["span"] == "*":
        return True
    first = _number(match["first"], field)
    last = _number(match["last"] or match["first"], field)
    return first is not None and last is not None and field.low <= first <= last <= field.high


def _number(text: str, field: _Field) -> int | None:
    if text in field.names:
        return field.low + field.names.index(text)
    return int(text) if text.isascii() and text.isdecimal() else None
