"""Which days an execution is about, from its input."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from etl.errors import InputError
from etl.timestamps import parse_timestamp

MOST_DAYS = 100
"""Of one execution: its results have to fit into what a state machine passes on."""

_DAY = timedelta(days=1)
_DATES = ("start_date", "end_date")
_KEYS = ("scheduled", "date", *_DATES, "tables", "force", "action")


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are asked for, and those before them that are looked at for late rows."""

    first: date
    last: date
    """Both included."""
    lookback: date
    """The first day that is looked at; `first` itself when the days were named."""
    force: bool
    named: bool
    """Whether somebody named the days, rather than leaving them to the look-back."""


def resolve_days(request: Mapping[str, object], *, started: str, retention_days: int) -> Days:
    """Return the days that an execution's input asks for.

    Parameters
    ----------
    request
        Empty or `scheduled` (an instant): the day before, and a look-back. `date`: that day. `start_date` and
        `end_date`: from the one to the other, both included. Beside them `tables`, which is for others to read,
        `force`, and `action`, which the manual event carries.
    started
        When the execution started, ISO 8601: the same at every attempt.
    retention_days
        How many days before the last one are looked at when the input names none.

    Returns
    -------
    Days

    Raises
    ------
    InputError
        A key is unknown or contradicts another, a day is none, is still to come, or there are too many of them.
    """
    if "replay" in request:
        raise InputError(
            "lake_export has no replay: mend the rejected rows in PostgreSQL; the next run exports their days again"
        )
    unknown = sorted(set(request) - set(_KEYS))
    if unknown:
        raise InputError(f"input has the unknown key {unknown[0]!r}: accepted are {', '.join(_KEYS)}")
    if not isinstance(request.get("force", False), bool):
        raise InputError(f"input 'force' is {request['force']!r}: write true or false")
    force = bool(request.get("force", False))
    today = _instant("the execution's start", started)
    given = {key for key in ("scheduled", "date", *_DATES) if request.get(key) is not None}
    if given <= {"scheduled"}:
        due = _instant("input 'scheduled'", request["scheduled"]) if given else today
        return _bounded(_before(due, retention_days, force=force), today)
    if given == {"date"}:
        first = last = _day(request, "date")
    elif given == set(_DATES):
        first, last = (_day(request, key) for key in _DATES)
    else:
        raise InputError(f"input names days by {', '.join(sorted(given))}: give date, or start_date and end_date")
    return _bounded(Days(first, last, first, force, named=True), today)


def _before(due: date, retention_days: int, *, force: bool) -> Days:
    try:
        return Days(due - _DAY, due - _DAY, due - (1 + retention_days) * _DAY, force, named=False)
    except OverflowError as error:
        raise InputError(f"the days before {due} lead out of the years 1 to 9999: give a later time") from error


def _bounded(days: Days, today: date) -> Days:
    if days.last < days.first:
        raise InputError(f"input ends on {days.last}, before its start {days.first}: swap them")
    if days.last > today:
        raise InputError(f"input asks for {days.last}, which had not begun on {today}: end on {today} or before")
    if (days.last - days.first).days >= MOST_DAYS:
        raise InputError(
            f"input asks for {(days.last - days.first).days + 1} days, one execution takes {MOST_DAYS}: use"
            " `etl backfill lake_export`, which goes month by month"
        )
    return days


def _instant(what: str, value: object) -> date:
    instant = parse_timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise InputError(f"{what} is {value!r}, not an ISO 8601 instant: write it like 2024-12-23T02:00:00Z")
    return instant.date()


def _day(request: Mapping[str, object], key: str) -> date:
    value = request[key]
    try:
        if isinstance(value, str) and len(value) == len("2024-12-22"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InputError(f"input {key!r} is {value!r}, not a day: write it like 2024-12-22")
