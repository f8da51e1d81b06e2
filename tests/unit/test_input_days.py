"""Which days an input asks for: the words of the page, half-closed traps, and refusals that say what to write."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from etl.errors import InputError
from etl.inputs import MOST_PARTS, Days
from etl.pipelines.lake_export.pipeline import PIPELINE

STARTED = datetime(2024, 12, 23, 2, 0, 7, 500_000, UTC)


def december(day: int) -> date:
    return date(2024, 12, day)


def resolved(request: dict[str, Any], *, retention_days: int = 7) -> Days:
    return PIPELINE.inputs.days(request, started=STARTED, lookback_days=retention_days)


@pytest.mark.parametrize(
    ("request_", "first", "last"),
    [
        # The day that still lasts may be named, and both ends of a range are included.
        ({"date": "2024-12-01"}, 1, 1),
        ({"date": "2024-12-23"}, 23, 23),
        ({"start_date": "2024-12-01", "end_date": "2024-12-03"}, 1, 3),
        ({"start_date": "2024-12-01", "end_date": "2024-12-01"}, 1, 1),
    ],
)
def test_days_that_are_named_are_those_alone(request_: dict[str, Any], first: int, last: int) -> None:
    days = Days(december(first), december(last), december(first), force=False, named=True)
    assert resolved(request_) == days


@pytest.mark.parametrize(
    ("request_", "retention_days", "day", "lookback"),
    [
        ({}, 7, 22, 15),
        ({}, 0, 22, 22),
        # What the manual event carries is not a day.
        ({"action": "start"}, 7, 22, 15),
        # The schedule counts from the time it was due; a time with an offset is the day of its instant.
        ({"scheduled": "2024-12-20T02:00:00Z"}, 7, 19, 12),
        ({"scheduled": "2024-12-20T02:00:00+09:00"}, 7, 18, 11),
    ],
)
def test_without_named_days_it_is_the_day_before_with_a_look_back(
    request_: dict[str, Any], retention_days: int, day: int, lookback: int
) -> None:
    days = Days(december(day), december(day), december(lookback), force=False, named=False)
    assert resolved(request_, retention_days=retention_days) == days


def test_force_and_datasets_go_with_any_of_them() -> None:
    assert resolved({"date": "2024-12-01", "datasets": ["workflows"], "force": True}).force
    assert resolved({"force": True}).force


def test_so_many_days_fit_into_one_execution() -> None:
    first = december(22) - timedelta(days=MOST_PARTS - 1)

    assert resolved({"start_date": str(first), "end_date": "2024-12-22"}).first == first
    with pytest.raises(InputError, match="use `etl backfill lake_export`"):
        resolved({"start_date": str(first - timedelta(days=1)), "end_date": "2024-12-22"})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"day": "2024-12-01"}, "lake_export does not know the input 'day': it takes date, start_date, end_date, "),
        ({"tables": ["workflows"]}, "lake_export does not know the input 'tables': write `datasets`"),
        ({"date": "2024-12-24"}, "input asks for 2024-12-24, which had not begun on 2024-12-23"),
        ({"date": "2024-02-30"}, "input 'date' is '2024-02-30', not a day: write it like 2024-12-22"),
        ({"date": "20241201"}, "input 'date' is '20241201', not a day"),
        ({"date": 20241201}, "input 'date' is 20241201, not a day"),
        ({"start_date": "2024-12-01"}, "input names its days by start_date: give date, or start_date and end_date"),
        ({"date": "2024-12-01", "start_date": "2024-12-01"}, "input names its days by date, start_date: give date, or"),
        ({"start_date": "2024-12-02", "end_date": "2024-12-01"}, "input ends on 2024-12-01, before its start"),
        ({"scheduled": "yesterday"}, "input 'scheduled' is 'yesterday', not an ISO 8601 instant"),
        ({"scheduled": "0001-01-01T02:00:00Z"}, "input {'scheduled': '0001-01-01T02:00:00Z'} leads out of"),
        ({"scheduled": "2024-12-30T02:00:00Z"}, "input asks for 2024-12-29, which had not begun on 2024-12-23"),
        ({"force": "yes"}, "input 'force' is 'yes': write true or false"),
        ({"window": {}, "replay": {}}, "lake_export has no replay: repair the rejected rows at their source"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        resolved(request_)
    assert str(raised.value).startswith(message)
