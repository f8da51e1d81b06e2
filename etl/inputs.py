"""The grammar of inputs that every execution shares: which window, days or months a run is about.

========================  =======================================================================
input                     means
========================  =======================================================================
nothing, or `scheduled`   what lies before the execution's start, or before the instant given
`date`                    that day, in UTC
`start`, `end`            from the one instant up to, but without, the other
`start_date`, `end_date`  from the one day to the other, both included
`years`, `months`         each of the months in each of the years
`datasets`                only these datasets
`force`                   also what has not changed since it was published
`replay`                  staged rejects in place of the source (`etl.runs.replays`)
`action`                  what the manual event carries; it says nothing about the window
========================  =======================================================================

A pipeline declares which of these words it takes, and its grain.
"""

from calendar import monthrange
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from etl.errors import InputError
from etl.timestamps import parse_timestamp
from etl.windows import Window

MOST_PARTS = 100
"""The most days or months of one execution: their results have to fit into what a state machine passes on."""

_DAY = timedelta(days=1)
_ALWAYS = ("scheduled", "action")
_TIMES = (("date",), ("start", "end"), ("start_date", "end_date"), ("years", "months"))


class Grain(StrEnum):
    """The unit of time that a run's input names."""

    INSTANT = "window"
    DAY = "days"
    MONTH = "months"


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a run is asked for, and those before them that it looks at for late rows."""

    first: date
    last: date
    """Included, as `first` is."""
    lookback: date
    """The first day that is looked at; `first` itself when the days were named."""
    force: bool
    named: bool
    """Whether the input names the days, rather than leaving them to the look-back."""


@dataclass(frozen=True, slots=True)
class Months:
    """The months that a run is asked for, such as `2024-12`, in order and each once."""

    parts: tuple[str, ...]
    force: bool
    named: bool


@dataclass(frozen=True)
class InputGrammar:
    """The words that one pipeline's inputs may use."""

    pipeline: str
    grain: Grain
    words: tuple[str, ...]

    def window(self, request: Mapping[str, object], *, started: datetime, lookback: timedelta) -> Window:
        """Return the window that an input asks for.

        Without a name it is the `lookback` before the execution `started`, an instant that is the same at every
        attempt. InputError says what is wrong with the input and what to write.
        """
        words = self._words(request)
        try:
            match words:
                case ("start", "end"):
                    return Window(_instant(request, "start"), _instant(request, "end"))
                case ("date",):
                    return Window.of_day(_day(request, "date"))
                case ("start_date", "end_date"):
                    first, last = self._span(request)
                    return Window(Window.of_day(first).start, Window.of_day(last).end)
            end = _instant(request, "scheduled") if words else started.astimezone(UTC)
            return Window(end - lookback, end)
        except OverflowError as error:
            raise _beyond_time(request) from error

    def days(self, request: Mapping[str, object], *, started: datetime, lookback_days: int) -> Days:
        """Return the days that an input asks for.

        Without a name it is the day before the execution `started`, with `lookback_days` days before it to look at.
        InputError as for `window`, and for days to come or more than `MOST_PARTS` of them.
        """
        words, force = self._words(request), _force(request)
        today = started.astimezone(UTC).date()
        if words in ((), ("scheduled",)):
            due = _instant(request, "scheduled").date() if words else today
            try:
                days = Days(due - _DAY, due - _DAY, due - (1 + lookback_days) * _DAY, force, named=False)
            except OverflowError as error:
                raise _beyond_time(request) from error
        else:
            first, last = self._span(request)
            days = Days(first, last, first, force, named=True)
        if days.last > today:
            raise InputError(f"input asks for {days.last}, which had not begun on {today}: end on {today} or before")
        self._refuse_too_many((days.last - days.first).days + 1)
        return days

    def months(self, request: Mapping[str, object], *, started: datetime, lookback_months: int) -> Months:
        """Return the months that an input asks for.

        Without a name they are the `lookback_months` before the month in which the execution `started`. InputError as
        for `days`.
        """
        words, force = self._words(request), _force(request)
        today = started.astimezone(UTC)
        if words in ((), ("scheduled",)):
            due = _instant(request, "scheduled") if words else today
            ends = _ordinal(due) - 1
            numbers = list(range(ends - lookback_months + 1, ends + 1))
            if numbers and numbers[0] < _ordinal(date.min):
                raise _beyond_time(request)
        elif words == ("years", "months"):
            years, months = _numbers(request, "years", date.max.year), _numbers(request, "months", 12)
            numbers = sorted({_ordinal(date(year, month, 1)) for year in years for month in months})
        else:
            first, last = self._span(request)
            numbers = list(range(_ordinal(first), _ordinal(last) + 1))
        if numbers and numbers[-1] > _ordinal(today):
            raise InputError(
                f"input asks for {_month(numbers[-1])}, which had not begun on {today.date()}: leave it out"
            )
        self._refuse_too_many(len(numbers))
        return Months(tuple(map(_month, numbers)), force, named=words not in ((), ("scheduled",)))

    def _words(self, request: Mapping[str, object]) -> tuple[str, ...]:
        """Return the words by which an input names its time; refuse words that the pipeline does not take."""
        if "replay" in request:
            raise InputError(
                f"{self.pipeline} replays what `etl rejects replay` has staged"
                if "replay" in self.words
                else f"{self.pipeline} has no replay: repair the rejected rows at their source, and run their"
                f" {self.grain} again"
            )
        taken = (*(word for word in self.words if word != "replay"), *_ALWAYS)
        if unknown := sorted(set(request) - set(taken)):
            hint = (
                "write `datasets`" if unknown[0] == "tables" and "datasets" in taken else f"it takes {', '.join(taken)}"
            )
            raise InputError(f"{self.pipeline} does not know the input {unknown[0]!r}: {hint}")
        given = {word for word in request if request[word] is not None} - {"action", "datasets", "force"}
        ways = [way for way in _TIMES if set(way) <= set(taken)]
        for way in ((), ("scheduled",), *ways):
            if given == set(way):
                return way
        choices = ", or ".join(" and ".join(way) for way in ways)
        raise InputError(f"input names its {self.grain} by {', '.join(sorted(given))}: give {choices}, or nothing")

    def _span(self, request: Mapping[str, object]) -> tuple[date, date]:
        if request.get("date") is not None:
            return (_day(request, "date"),) * 2
        first, last = _day(request, "start_date"), _day(request, "end_date")
        if last < first:
            raise InputError(f"input ends on {last}, before its start {first}: swap them")
        return first, last

    def _refuse_too_many(self, parts: int) -> None:
        if parts > MOST_PARTS:
            raise InputError(
                f"input asks for {parts} {self.grain}, one execution takes {MOST_PARTS}: use"
                f" `etl backfill {self.pipeline}`, which takes several"
            )


def split_by_month(first: date, last: date) -> list[tuple[date, date]]:
    """Cut a span of days at the ends of months, so that each piece fits into one execution.

    Both ends of the span and of each piece are included. InputError when the span ends before it starts.
    """
    if last < first:
        raise InputError(f"the days end on {last}, before their start {first}: swap them")
    pieces = []
    while (end := first.replace(day=monthrange(first.year, first.month)[1])) < last:
        pieces.append((first, end))
        first = end + _DAY
    return [*pieces, (first, last)]


def split_span(grain: Grain, first: date, last: date) -> list[tuple[date, date]]:
    """Cut a span of days into pieces that fit into one execution each: months of days, or years of months."""
    if grain is not Grain.MONTH:
        return split_by_month(first, last)
    pieces: dict[int, tuple[date, date]] = {}
    for start, end in split_by_month(first, last):
        pieces[start.year] = (pieces.get(start.year, (start, end))[0], end)
    return list(pieces.values())


def days_of(first: date, last: date) -> list[date]:
    """Return every day of a span, in order; both ends are included."""
    return [first + number * _DAY for number in range((last - first).days + 1)]


def parse_day(text: object) -> date | None:
    """Return the day that a text like `2024-12-22` names; None for anything else."""
    with suppress(ValueError):
        if isinstance(text, str) and len(text) == len("2024-12-22"):
            return date.fromisoformat(text)
    return None


def _day(request: Mapping[str, object], word: str) -> date:
    day = parse_day(request[word])
    if day is None:
        raise InputError(f"input {word!r} is {request[word]!r}, not a day: write it like 2024-12-22")
    return day


def _instant(request: Mapping[str, object], word: str) -> datetime:
    value = request[word]
    instant = parse_timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise InputError(
            f"input {word!r} is {value!r}, not an ISO 8601 instant: write it like 2018-02-01T00:00:00Z or 2018-02-01"
        )
    return instant


def _numbers(request: Mapping[str, object], word: str, most: int) -> list[int]:
    value = request[word]
    numbers: list[Any] = value if isinstance(value, list) else [value]
    if not numbers or not all(type(number) is int and 1 <= number <= most for number in numbers):
        raise InputError(f"input {word!r} is {value!r}: write a list of whole numbers from 1 to {most}")
    return numbers


def _force(request: Mapping[str, object]) -> bool:
    force = request.get("force", False)
    if not isinstance(force, bool):
        raise InputError(f"input 'force' is {force!r}: write true or false")
    return force


def _ordinal(day: date) -> int:
    """Return the number of months before a day's month."""
    return 12 * day.year + day.month - 1


def _month(ordinal: int) -> str:
    return f"{ordinal // 12:04}-{ordinal % 12 + 1:02}"


def _beyond_time(request: Mapping[str, object]) -> InputError:
    return InputError(f"input {dict(request)!r} leads out of the years 1 to 9999")
