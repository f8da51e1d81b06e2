"""Which days an input asks for: the words of the page, half-closed traps, and refusals that say what to write."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from etl.errors import InputError
from etl.inputs import MOST_PARTS, Days
from etl.pipelines.lake_export.pipeline import PIPELINE

STARTED = datetime(2024, 12, 23, 2, 0, 7, 500_000, UTC)


def resolved(request: dict[str, Any], *, retention_days: int = 7) -> Days:
    return PIPELINE.inputs.days(request, started=STARTED, lookback_days=retention_days)


def refusal(request: dict[str, Any]) -> str:
    with pytest.raises(InputError) as raised:
        resolved(request)
    return str(raised.value)


def test_an_empty_input_is_yesterday_with_a_look_back() -> None:
    assert resolved({}) == Days(date(2024, 12, 22), date(2024, 12, 22), date(2024, 12, 15), force=False, named=False)


def test_without_a_look_back_it_is_yesterday_alone() -> None:
    days = resolved({}, retention_days=0)

    assert (days.lookback, days.first, days.last, days.named) == (date(2024, 12, 22),) * 3 + (False,)


def test_the_schedule_counts_from_the_time_it_was_due() -> None:
    assert resolved({"scheduled": "2024-12-20T02:00:00Z"}).last == date(2024, 12, 19)


def test_a_time_with_an_offset_is_the_day_of_its_instant() -> None:
    assert resolved({"scheduled": "2024-12-20T02:00:00+09:00"}).last == date(2024, 12, 18)


def test_what_the_manual_event_carries_is_no_day() -> None:
    assert resolved({"action": "start"}) == resolved({})


def test_a_date_is_that_day_alone() -> None:
    days = resolved({"date": "2024-12-01"})

    assert (days.lookback, days.first, days.last, days.named) == (date(2024, 12, 1),) * 3 + (True,)


def test_both_ends_of_a_range_are_included() -> None:
    days = resolved({"start_date": "2024-12-01", "end_date": "2024-12-03"})

    assert (days.first, days.last) == (date(2024, 12, 1), date(2024, 12, 3))


def test_a_range_may_be_one_day() -> None:
    assert resolved({"start_date": "2024-12-01", "end_date": "2024-12-01"}) == resolved({"date": "2024-12-01"})


def test_the_day_that_still_lasts_may_be_named() -> None:
    assert resolved({"date": "2024-12-23"}).last == date(2024, 12, 23)


def test_force_and_tables_go_with_any_of_them() -> None:
    assert resolved({"date": "2024-12-01", "datasets": ["workflows"], "force": True}).force
    assert resolved({"force": True}).force


def test_so_many_days_fit_into_one_execution() -> None:
    last = date(2024, 12, 22)
    first = last - timedelta(days=MOST_PARTS - 1)

    assert resolved({"start_date": str(first), "end_date": str(last)}).first == first
    assert "use `etl backfill lake_export`" in refusal(
        {"start_date": str(first - timedelta(days=1)), "end_date": str(last)}
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"day": "2024-12-01"},
            "lake_export does not know the input 'day': it takes date, start_date, end_date, ",
        ),
        ({"tables": ["workflows"]}, "lake_export does not know the input 'tables': write `datasets`"),
        ({"date": "2024-12-24"}, "input asks for 2024-12-24, which had not begun on 2024-12-23"),
        ({"date": "2024-02-30"}, "input 'date' is '2024-02-30', not a day: write it like 2024-12-22"),
        ({"date": "20241201"}, "input 'date' is '20241201', not a day"),
        ({"date": 20241201}, "input 'date' is 20241201, not a day"),
        (
            {"start_date": "2024-12-01"},
            "input names its days by start_date: give date, or start_date and end_date",
        ),
        ({"date": "2024-12-01", "start_date": "2024-12-01"}, "input names its days by date, start_date: give date, or"),
        ({"start_date": "2024-12-02", "end_date": "2024-12-01"}, "input ends on 2024-12-01, before its start"),
        ({"scheduled": "yesterday"}, "input 'scheduled' is 'yesterday', not an ISO 8601 instant"),
        (
            {"scheduled": "0001-01-01T02:00:00Z"},
            "input {'scheduled': '0001-01-01T02:00:00Z'} leads out of",
        ),
        ({"scheduled": "2024-12-30T02:00:00Z"}, "input asks for 2024-12-29, which had not begun on 2024-12-23"),
        ({"force": "yes"}, "input 'force' is 'yes': write true or false"),
        (
            {"window": {}, "replay": {}},
            "lake_export has no replay: repair the rejected rows at their source",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(request_: dict[str, Any], message: str) -> None:
    assert refusal(request_).startswith(message)
