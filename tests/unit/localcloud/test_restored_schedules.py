"""A cloud that is up at 02:00 fires its rule, one that comes up later does not: the scheduler stays on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from ministack.services import eventbridge

NOON = datetime(2018, 2, 1, 12, tzinfo=UTC)
NEXT = datetime(2018, 2, 2, 2, tzinfo=UTC)


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Restore a daily rule and collect the events it sends."""
    eventbridge._ensure_default_bus()
    eventbridge._put_rule({"Name": "daily", "ScheduleExpression": "cron(0 2 * * ? *)"})
    target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:000000000000:queue"}
    eventbridge._put_targets({"Rule": "daily", "Targets": [target]})
    state = eventbridge.get_state()
    eventbridge.reset()
    eventbridge.load_persisted_state(state)
    events: list[Any] = []
    monkeypatch.setattr(eventbridge, "_invoke_target", lambda _target, event, *_: events.append(event))
    yield events
    eventbridge.reset()


def tick(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventbridge, "_now_ts", at.timestamp)
    eventbridge._tick_scheduled_rules()


def test_a_restored_rule_does_not_fire_at_once(fired: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    tick(NOON, monkeypatch)
    assert fired == []


def test_a_restored_rule_fires_when_its_time_comes(fired: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    tick(NOON, monkeypatch)
    tick(NEXT, monkeypatch)
    assert [event["Time"] for event in fired] == [NEXT.timestamp()]
