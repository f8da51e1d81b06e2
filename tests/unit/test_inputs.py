"""An execution's input to its window: every shape, and a refusal that names the thing and the fix."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import InputError
from etl.inputs import Grain, InputGrammar
from etl.windows import Window
from tests.unit.strategies import Written, instants, written_instants

STARTED = datetime(2018, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
LOOKBACK = timedelta(hours=24)
GRAMMAR = InputGrammar("events", Grain.INSTANT, ("date", "start", "end", "start_date", "end_date", "replay"))


def resolve(request: dict[str, Any], started: datetime = STARTED) -> Window:
    return GRAMMAR.window(request, started=started, lookback=LOOKBACK)


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2018, 2, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "start", "end"),
    [
        ({}, STARTED - LOOKBACK, STARTED),
        ({"action": "start"}, STARTED - LOOKBACK, STARTED),
        ({"date": None, "start": None, "end": None}, STARTED - LOOKBACK, STARTED),
        ({"scheduled": "2018-02-02T02:00:00Z"}, day(1, 2), day(2, 2)),
        ({"scheduled": "2018-02-02T02:00:00Z", "action": "start"}, day(1, 2), day(2, 2)),
        ({"date": "2018-02-01"}, day(1), day(2)),
        ({"date": "2018-02-01", "action": "start"}, day(1), day(2)),
        ({"start": "2018-02-01", "end": "2018-02-01T06:00:00+01:00"}, day(1), day(1, 5)),
        ({"start": "2018-02-01", "end": "2018-02-05", "action": "start", "date": None}, day(1), day(5)),
        ({"start_date": "2018-02-01", "end_date": "2018-02-03"}, day(1), day(4)),
    ],
)
def test_reads_the_window_of_every_input(request_: dict[str, Any], start: datetime, end: datetime) -> None:
    assert resolve(request_) == Window(start, end)


def test_the_look_back_is_counted_in_utc_whatever_zone_the_start_is_in() -> None:
    started = STARTED.astimezone(timezone(timedelta(hours=9)))

    assert resolve({}, started).to_dict() == {"start": "2018-02-02T04:05:06.789Z", "end": "2018-02-03T04:05:06.789Z"}


@given(written_instants(), written_instants())
def test_a_start_before_an_end_is_the_window_between_them(one: Written, other: Written) -> None:
    start, end = sorted((one, other), key=lambda written: written.instant)
    if start.instant == end.instant:
        with pytest.raises(InputError, match="not after its start"):
            resolve({"start": start.text, "end": end.text})
    else:
        assert resolve({"start": start.text, "end": end.text}) == Window(start.instant, end.instant)


@given(st.sampled_from([{"date": "2018-02-01"}, {"scheduled": "2018-02-02T02:00Z"}]), instants)
def test_a_named_window_does_not_depend_on_when_the_execution_started(
    request_: dict[str, str], started: datetime
) -> None:
    assert resolve(request_, started) == resolve(request_)


INSTANT = "not an ISO 8601 instant: write it like 2018-02-01T00:00:00Z or 2018-02-01"
ORDER = "the window ends at 2018-02-01T00:00:00Z, not after its start 2018-02-02T00:00:00Z: swap them or move the end"
DATE = "not a day: write it like 2024-12-22"
WAYS = "give date, or start and end, or start_date and end_date, or nothing"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"start": "tomorrow", "end": "2018-02-02"}, f"input 'start' is 'tomorrow', {INSTANT}"),
        ({"start": "2018-02-01", "end": 7}, f"input 'end' is 7, {INSTANT}"),
        ({"scheduled": "02:00"}, f"input 'scheduled' is '02:00', {INSTANT}"),
        ({"date": "2018-02-30"}, f"input 'date' is '2018-02-30', {DATE}"),
        ({"date": "2018-02-01T00:00"}, f"input 'date' is '2018-02-01T00:00', {DATE}"),
        ({"date": 20180201}, f"input 'date' is 20180201, {DATE}"),
        ({"start": "2018-02-01"}, f"input names its window by start: {WAYS}"),
        ({"end": "2018-02-01", "start": None}, f"input names its window by end: {WAYS}"),
        (
            {"date": "2018-02-01", "scheduled": "2018-02-01"},
            f"input names its window by date, scheduled: {WAYS}",
        ),
        (
            {"start": "2018-02-01", "end": "2018-02-02", "date": "2018-02-01"},
            f"input names its window by date, end, start: {WAYS}",
        ),
        (
            {"strat": "2018-02-01", "end": "2018-02-02"},
            f"events does not know the input 'strat': it takes {', '.join(GRAMMAR.words[:-1])}, scheduled, action",
        ),
        ({"start": "2018-02-02", "end": "2018-02-01"}, ORDER),
        ({"date": "9999-12-31"}, "input {'date': '9999-12-31'} leads out of the years 1 to 9999"),
        ({"scheduled": "0001-01-01"}, "input {'scheduled': '0001-01-01'} leads out of the years 1 to 9999"),
    ],
)
def test_says_what_is_wrong_with_the_input_and_how_to_write_it(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        resolve(request_)

    assert str(refusal.value) == message


@given(st.dictionaries(st.sampled_from(["start", "end", "date", "scheduled", "action", "x"]), st.none() | st.text()))
def test_any_input_gives_a_window_or_is_refused(request_: dict[str, Any]) -> None:
    try:
        window = resolve(request_)
    except InputError:
        return
    assert window.start < window.end
