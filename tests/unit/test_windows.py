"""Windows: every timestamp in exactly one of them, and a name of its own for each."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.errors import InputError
from etl.timestamps import format_timestamp
from etl.windows import Window
from tests.unit.strategies import Written, digit_led_texts, instants, whole_seconds, written_instants

DAY = timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
FEBRUARY = Window(datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 2, 2, tzinfo=UTC))

close = st.sampled_from([timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=1)]) | st.timedeltas(
    timedelta(microseconds=1), 3 * DAY
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = sorted(draw(st.lists(instants, min_size=2, max_size=2, unique=True)))
    return Window(start, end)


@given(written_instants(), st.lists(close), st.lists(close))
def test_of_consecutive_windows_the_one_in_which_an_instant_lies_claims_it_alone(
    written: Written, before: list[timedelta], after: list[timedelta]
) -> None:
    boundaries = {written.instant - 4 * DAY, written.instant, written.instant + 4 * DAY}
    boundaries |= {written.instant - delta for delta in before} | {written.instant + delta for delta in after}

    claiming = [
        window
        for window in map(Window, *zip(*pairwise(sorted(boundaries)), strict=True))
        if window.claims(written.text)
    ]

    assert [window.start for window in claiming] == [written.instant]


@given(digit_led_texts, st.lists(whole_seconds, min_size=2, max_size=8, unique=True))
def test_consecutive_windows_claim_once_what_their_whole_claims(text: str, boundaries: list[datetime]) -> None:
    boundaries.sort()
    whole = Window(boundaries[0], boundaries[-1])

    claims = [Window(start, end).claims(text) for start, end in pairwise(boundaries)]

    assert sum(claims) == whole.claims(text)


@pytest.mark.parametrize("value", [None, 1517443200, "", "tomorrow", " 2018-02-01", ":", "/", "٣", "-1"])
def test_what_cannot_be_placed_is_claimed_by_every_window(value: object) -> None:
    assert FEBRUARY.claims(value)
    assert Window(FIRST, LAST).claims(value)


def test_a_broken_timestamp_is_claimed_by_the_window_of_its_text() -> None:
    assert FEBRUARY.claims("2018-02-01T25:00:00Z")
    assert not FEBRUARY.claims("2018-02-02T25:00:00Z")


@given(digit_led_texts, windows())
@example("2018-01-31 23:00:00-02:00", FEBRUARY)
@example("2018-02-02T23:58+23:59", FEBRUARY)
@example("0001-01-01", Window(FIRST, LAST))
@example("0001-01-01 00:00", Window(FIRST, FIRST + DAY))
@example("9999-12-31T23:59:59.5Z", Window(LAST - DAY, LAST))
@example("9999-12-31T23:58Z", Window(LAST - DAY, LAST))
def test_the_text_bounds_let_through_all_that_the_window_claims(text: str, window: Window) -> None:
    low, high = window.text_bounds()

    assert not window.claims(text) or low <= text <= high


@given(written_instants(), close, close)
def test_the_text_bounds_let_through_an_instant_whatever_its_notation(
    written: Written, before: timedelta, after: timedelta
) -> None:
    low, high = Window(written.instant - before, written.instant + after).text_bounds()

    # DynamoDB compares texts by their UTF-8 bytes.
    assert low.encode() <= written.text.encode() <= high.encode()


def test_the_text_bounds_leave_out_what_is_days_away() -> None:
    low, high = FEBRUARY.text_bounds()

    assert low > "2018-01-30T23:59:59Z"
    assert high < "2018-02-03T00:00:01Z"


_edges = st.sampled_from([0, 1, 10, 100_000, 1_000_000, 60_000_000]).map(
    lambda micros: FEBRUARY.start + timedelta(microseconds=micros)
)


@given(_edges, _edges, _edges, _edges)
def test_only_equal_windows_share_a_key(a: datetime, b: datetime, c: datetime, d: datetime) -> None:
    one, other = Window(a, b + DAY), Window(c, d + DAY)

    assert (one.key == other.key) == (one == other)


def test_a_key_needs_no_escaping_in_an_object_key() -> None:
    assert FEBRUARY.key == "20180201T000000Z-20180202T000000Z"


@given(windows())
def test_comes_back_from_its_texts(window: Window) -> None:
    assert Window.from_dict(window.to_dict()) == window


@pytest.mark.parametrize("texts", [{}, {"start": "2018-02-01"}, {"start": "2018-02-01", "end": "2018-02-02", "x": ""}])
def test_texts_have_to_be_a_start_and_an_end(texts: dict[str, str]) -> None:
    with pytest.raises(InputError, match="it needs start and end"):
        Window.from_dict(texts)


@pytest.mark.parametrize("end", [FEBRUARY.start, FEBRUARY.start - DAY])
def test_an_end_that_is_not_after_the_start_is_refused_by_name(end: datetime) -> None:
    with pytest.raises(InputError) as refusal:
        Window(FEBRUARY.start, end)

    assert str(refusal.value) == (
        f"the window ends at {format_timestamp(end)}, not after its start 2018-02-01T00:00:00Z:"
        " swap them or move the end"
    )


def test_a_day_lasts_from_its_midnight_to_the_next() -> None:
    assert Window.of_day(FEBRUARY.start.date()) == FEBRUARY
