"""A span of days as executions can take it: month by month."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from etl.errors import InputError

_DAY = timedelta(days=1)


def months(first: date, last: date) -> list[tuple[date, date]]:
    """Cut a span of days at the ends of months.

    Parameters
    ----------
    first, last
        The span, both days included.

    Returns
    -------
    list of (date, date)
        At most 31 days each, in order, without a gap; first and last day of each included.

    Raises
    ------
    InputError
        The span ends before it starts.
    """
    if last < first:
        raise InputError(f"the days end on {last}, before their start {first}: swap them")
    return list(_cut(first, last))


def days_of(first: date, last: date) -> list[date]:
    """Return every day of a span.

    Parameters
    ----------
    first, last
        The span, both days included.

    Returns
    -------
    list of date
        In order.
    """
    return [first + number * _DAY for number in range((last - first).days + 1)]


def _cut(first: date, last: date) -> Iterator[tuple[date, date]]:
    start, end = first, _end_of_month(first)
    while end < last:
        yield start, end
        start = end + _DAY
        end = _end_of_month(start)
    yield start, last


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
