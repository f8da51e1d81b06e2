"""A replay by the handlers: loaded before it is marked, and the same however often it is begun and ended."""

from typing import Any

import pytest

from etl.errors import TerminalError
from etl.runs.replays import Replayed
from tests.integration.conftest import Cloud
from tests.integration.records import event, three_days

DAY = "2018-02-02"
REPAIRED = event(30, "2018-02-02T06:30:00Z")


@pytest.fixture
def repair(cloud: Cloud) -> list[Replayed]:
    """The repaired reject of a run over the second of three days."""
    cloud.put(three_days())
    cloud.run(date=DAY)
    (reject,) = cloud.rejects().rejects
    return [Replayed(reject.id, reject.record | {"value": REPAIRED["value"]})]


def end(cloud: Cloud, transformed: dict[str, Any]) -> dict[str, Any]:
    return cloud.load(cloud.rejects().window, transformed, run="replay")


def test_a_repaired_reject_arrives_as_if_its_source_had_been_repaired(cloud: Cloud, repair: list[Replayed]) -> None:
    end(cloud, cloud.replay(repair))
    replayed = cloud.destination()

    cloud.put([REPAIRED])
    cloud.run(date=DAY)

    assert len(replayed) == 25
    assert cloud.destination() == replayed


def test_reports_what_became_of_the_replay(cloud: Cloud, repair: list[Replayed]) -> None:
    report = cloud.replay(repair)

    assert (report["read"], report["records"], report["rejected"], report["reasons"]) == (1, 1, 0, {})


def test_nothing_is_marked_before_the_load_has_ended(cloud: Cloud, repair: list[Replayed]) -> None:
    transformed = cloud.replay(repair)
    assert len(cloud.rejects().open) == 1

    end(cloud, transformed)
    assert cloud.rejects().open == ()


def test_every_stage_of_a_replay_may_run_twice(cloud: Cloud, repair: list[Replayed]) -> None:
    end(cloud, cloud.replay(repair))
    objects, destination = cloud.objects(), cloud.destination()

    cloud.replay(repair)
    transformed = cloud.replay(repair)
    end(cloud, transformed)
    end(cloud, transformed)

    assert (cloud.objects(), cloud.destination()) == (objects, destination)


def test_a_replay_does_not_touch_the_scorecard_and_the_data_of_its_window(cloud: Cloud, repair: list[Replayed]) -> None:
    before = cloud.objects()

    end(cloud, cloud.replay(repair))

    assert before.items() <= cloud.objects().items()
    assert any(key.startswith("quality/events/") for key in before)


def test_rejects_above_the_tolerance_do_not_fail_a_replay(cloud: Cloud, repair: list[Replayed]) -> None:
    (good,) = repair

    report = cloud.replay([Replayed(good.id, good.record | {"value": {"S": "still"}})])

    assert (report["records"], report["rejected"], report["reasons"]) == (0, 1, {"type": 1})


@pytest.mark.parametrize(
    "record",
    [
        "text",
        None,
        [],
        {"value": 5},
        {"value": {"N": "five"}},
        {"value": {"N": "5", "S": "5"}},
        {"value": {}},
        {"value": {"X": "5"}},
        {"value": {"SS": []}},
        {"value": {"B": "not base64"}},
    ],
)
def test_a_record_that_is_no_item_is_named_and_nothing_is_published(
    cloud: Cloud, repair: list[Replayed], record: Any
) -> None:
    with pytest.raises(
        TerminalError, match=rf"InputError: reject {repair[0].id} \(line 1 of the replay\) is no DynamoDB"
    ):
        cloud.replay([Replayed(repair[0].id, record)])

    assert not any(key.startswith(("transform/", "replayed/")) and "replay" in key for key in cloud.objects())
