"""A span of days, cut at the ends of months: nothing is left out, nothing doubled."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import InputError
from etl.inputs import Grain, InputGrammar, Months, days_of, split_by_month

spans = st.tuples(st.dates(), st.integers(0, 800)).map(
    lambda one: (one[0], min(one[0].toordinal() + one[1], date.max.toordinal()))
)


def test_a_span_is_cut_at_the_ends_of_months() -> None:
    assert split_by_month(date(2024, 1, 30), date(2024, 3, 2)) == [
        (date(2024, 1, 30), date(2024, 1, 31)),
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 3, 1), date(2024, 3, 2)),
    ]


def test_a_day_is_a_span() -> None:
    assert split_by_month(date(2024, 12, 31), date(2024, 12, 31)) == [(date(2024, 12, 31), date(2024, 12, 31))]


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match="the days end on 2024-01-01, before their start 2024-01-02: swap them"):
        split_by_month(date(2024, 1, 2), date(2024, 1, 1))


@given(spans)
def test_the_parts_are_the_span_in_order_and_each_fits_an_execution(span: tuple[date, int]) -> None:
    first, last = span[0], date.fromordinal(span[1])
    parts = split_by_month(first, last)
    assert [day for part in parts for day in days_of(*part)] == days_of(first, last)
    assert all(end - start < timedelta(days=31) and start.month == end.month for start, end in parts)


TRIPS = InputGrammar("trips", Grain.MONTH, ("years", "months", "start_date", "end_date", "force"))
STARTED = datetime(2025, 2, 10, 3, tzinfo=UTC)


def months_of(request: dict[str, Any], *, lookback_months: int = 2) -> Months:
    return TRIPS.months(request, started=STARTED, lookback_months=lookback_months)


@pytest.mark.parametrize(
    ("request_", "parts", "named"),
    [
        ({}, ("2024-12", "2025-01"), False),
        ({"scheduled": "2025-01-31T23:00:00-02:00"}, ("2024-12", "2025-01"), False),
        ({"years": [2024, 2023], "months": [2, 1, 2]}, ("2023-01", "2023-02", "2024-01", "2024-02"), True),
        ({"years": 2024, "months": 12, "force": True}, ("2024-12",), True),
        ({"start_date": "2024-11-30", "end_date": "2025-01-01"}, ("2024-11", "2024-12", "2025-01"), True),
    ],
)
def test_months_are_named_each_once_and_in_order(request_: dict[str, Any], parts: tuple[str, ...], named: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert months_of(request_) == Months(parts, bool(request_.get("force")), named)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"years": [2024]}, "input names its months by years: give start_date and end_date, or years and months, or"),
        ({"years": [2024], "months": [13]}, "input 'months' is [13]: write a list of whole numbers from 1 to 12"),
        ({"years": ["2024"], "months": [1]}, "input 'years' is ['2024']: write a list of whole numbers from 1 to 9999"),
        ({"years": [True], "months": [1]}, "input 'years' is [True]: write"),
        ({"years": [], "months": [1]}, "input 'years' is []: write"),
        (
            {"years": [2025], "months": [2, 3]},
            "input asks for 2025-03, which had not begun on 2025-02-10: leave it out",
        ),
        ({"date": "2024-01-01"}, "trips does not know the input 'date': it takes years, months,"),
        ({"years": list(range(2010, 2020)), "months": list(range(1, 13))}, "input asks for 120 months, one execution"),
        ({"scheduled": "0001-02-01"}, "input {'scheduled': '0001-02-01'} leads out of the years 1 to 9999"),
    ],
)
def test_months_that_cannot_be_are_refused_with_what_to_write(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        months_of(request_)
    assert str(raised.value).startswith(message)
