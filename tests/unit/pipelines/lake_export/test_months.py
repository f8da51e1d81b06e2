"""A span of days, cut at the ends of months: nothing is left out, nothing doubled."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import InputError
from etl.pipelines.lake_export.months import days_of, months

spans = st.tuples(st.dates(), st.integers(0, 800)).map(
    lambda one: (one[0], min(one[0].toordinal() + one[1], date.max.toordinal()))
)


def test_a_span_is_cut_at_the_ends_of_months() -> None:
    assert months(date(2024, 1, 30), date(2024, 3, 2)) == [
        (date(2024, 1, 30), date(2024, 1, 31)),
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 3, 1), date(2024, 3, 2)),
    ]


def test_a_day_is_a_span() -> None:
    assert months(date(2024, 12, 31), date(2024, 12, 31)) == [(date(2024, 12, 31), date(2024, 12, 31))]


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match="the days end on 2024-01-01, before their start 2024-01-02: swap them"):
        months(date(2024, 1, 2), date(2024, 1, 1))


@given(spans)
def test_the_parts_are_the_span_in_order_and_each_fits_an_execution(span: tuple[date, int]) -> None:
    first, last = span[0], date.fromordinal(span[1])
    parts = months(first, last)
    assert [day for part in parts for day in days_of(*part)] == days_of(first, last)
    assert all(end - start < timedelta(days=31) and start.month == end.month for start, end in parts)
