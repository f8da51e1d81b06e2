"""The scan's filter against values of every type: what the window claims is never left in the table.

The local cloud's evaluator stands in for DynamoDB's, since moto cannot compare values of different types.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ministack.services.dynamodb import _evaluate_condition

from etl.extract.dynamodb import Scan
from etl.windows import Window
from tests.unit.strategies import Written, attributes, digit_led_texts, instants, written_instants

FEBRUARY = Window(datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 2, 2, tzinfo=UTC))


def passes(window: Window, item: dict[str, Any]) -> bool:
    request = Scan(None, "source", window)._request()
    return bool(
        _evaluate_condition(
            request["FilterExpression"],
            item,
            request["ExpressionAttributeValues"],
            request["ExpressionAttributeNames"],
            "FilterExpression",
        )
    )


@st.composite
def windows_around(draw: st.DrawFn, instant: datetime) -> Window:
    short = st.timedeltas(timedelta(microseconds=1), timedelta(days=2))
    return Window(instant - draw(short), instant + draw(short))


@st.composite
def instants_in_windows(draw: st.DrawFn) -> tuple[Written, Window]:
    written = draw(written_instants())
    return written, draw(windows_around(written.instant))


@given(instants_in_windows())
def test_an_instant_of_the_window_passes_in_every_notation(drawn: tuple[Written, Window]) -> None:
    written, window = drawn

    assert passes(window, {"timestamp": {"S": written.text}})


@given(
    attributes | (digit_led_texts | st.text()).map(lambda text: {"S": text}),
    st.lists(instants, min_size=2, max_size=2, unique=True).map(sorted),
)
@example({"S": ":"}, [FEBRUARY.start, FEBRUARY.end])
@example({"S": "/"}, [FEBRUARY.start, FEBRUARY.end])
@example({"N": "1517443200"}, [FEBRUARY.start, FEBRUARY.end])
@example({"B": b"2018-02-01"}, [FEBRUARY.start, FEBRUARY.end])
def test_whatever_the_window_claims_passes(timestamp: dict[str, Any], bounds: list[datetime]) -> None:
    window = Window(*bounds)

    assert passes(window, {"timestamp": timestamp}) or not window.claims(timestamp.get("S"))


def test_an_item_without_a_timestamp_passes() -> None:
    assert passes(FEBRUARY, {"id": {"S": "a"}})


@pytest.mark.parametrize("text", ["2018-01-30T23:59:59Z", "2018-02-03T00:00:01Z", "0", "9999"])
def test_what_lies_days_away_does_not_pass(text: str) -> None:
    assert not passes(FEBRUARY, {"timestamp": {"S": text}})


class Page:
    """A table of one item that the filter let through."""

    def __init__(self, item: dict[str, Any]) -> None:
        self._item = item

    def scan(self, **_request: Any) -> dict[str, Any]:
        return {"Items": [self._item], "ScannedCount": 1}


@pytest.mark.parametrize("timestamp", [{"N": "1517443200"}, {"NULL": True}, {"B": b"2018"}, {"SS": ["2018-02-01"]}])
def test_a_timestamp_that_is_no_text_is_everybodys(timestamp: dict[str, Any]) -> None:
    item = {"id": {"S": "a"}, "timestamp": timestamp}

    assert list(Scan(Page(item), "source", FEBRUARY)) == [item]
