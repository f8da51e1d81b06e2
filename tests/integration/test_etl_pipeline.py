"""The three handlers together: a window's records arrive once and exactly, however often and in how many segments."""

from fractions import Fraction
from itertools import chain
from typing import Any

import pytest

from tests.integration.conftest import Cloud
from tests.integration.records import event, three_days
from tests.unit.strategies import by_value

DAYS = ["2018-02-01", "2018-02-02", "2018-02-03"]


def values(items: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {id_: {name: by_value(value) for name, value in item.items()} for id_, item in items.items()}


def test_a_record_arrives_whole_normal_and_enriched(cloud: Cloud) -> None:
    item = event(7, "2018-02-02T00:30:00+01:00", gone={"NULL": True})
    cloud.put([item])

    cloud.run(date="2018-02-01")

    del item["gone"]
    expected = item | {
        "timestamp": {"S": "2018-02-01T23:30:00Z"},
        "name": {"S": "7 km SSW of Ñuñoa 😀"},
        "event_date": {"S": "2018-02-01"},
        "event_hour": {"N": "23"},
    }
    assert values(cloud.destination()) == values({"event-007": expected})


def test_reports_what_became_of_the_window(cloud: Cloud) -> None:
    cloud.put(three_days())

    report = cloud.run(date="2018-02-02")

    assert (report["scanned"], report["read"], report["records"], report["rejected"]) == (75, 25, 24, 1)
    assert (report["loaded"], report["duplicates"], report["reasons"]) == (24, 0, {"type": 1})
    good = [number for number in range(25, 50) if number != 30]
    exact = sum(Fraction(f"{number}.1234567890123456789012345678") for number in good)
    assert Fraction(report["aggregates"]["sum"]) == exact
    assert cloud.destination().keys() == {f"event-{number:03}" for number in good}


def test_consecutive_days_bring_every_good_record_once(cloud: Cloud) -> None:
    cloud.put(three_days())

    reports = [cloud.run(date=day) for day in DAYS]

    assert sum(report["loaded"] for report in reports) == 74
    assert len(cloud.destination()) == 74


@pytest.mark.parametrize("segments", [1, 3])
def test_a_second_run_of_a_window_changes_nothing(cloud: Cloud, segments: int) -> None:
    cloud.put(three_days())
    cloud.run(segments=segments, date="2018-02-02")
    objects, destination = cloud.objects(), cloud.destination()

    cloud.run(segments=segments, date="2018-02-02")

    assert len(objects) == segments + 3
    assert cloud.objects() == objects
    assert cloud.destination() == destination


def test_a_window_named_in_another_way_is_the_same_window(cloud: Cloud) -> None:
    cloud.put(three_days())
    cloud.run(date="2018-02-02")
    objects = cloud.objects()

    cloud.run(start="2018-02-02T01:00:00+01:00", end="2018-02-03T00:00Z", action="start")

    assert cloud.objects() == objects


@pytest.mark.parametrize("segments", [2, 5])
def test_several_segments_are_as_good_as_one(cloud: Cloud, segments: int) -> None:
    cloud.put(three_days())
    alone = cloud.run(date="2018-02-02")
    lines = sorted(cloud.objects()[alone["key"]].splitlines())
    destination = cloud.destination()

    together = cloud.run(segments=segments, date="2018-02-02")

    assert sorted(cloud.objects()[together["key"]].splitlines()) == lines
    assert cloud.destination() == destination
    assert together | {"seconds": alone["seconds"]} == alone


def test_an_empty_input_looks_back_from_the_start_of_the_execution(cloud: Cloud) -> None:
    cloud.put(three_days())

    report = cloud.extract()

    assert report["window"] == {"start": "2018-02-02T02:00:00Z", "end": "2018-02-03T02:00:00Z"}
    assert report["records"] == len(
        [item for item in three_days() if "2018-02-02T02" <= item["timestamp"]["S"] < "2018-02-03T02"]
    )


def test_the_look_back_is_a_setting(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKBACK_HOURS", "1")

    assert cloud.extract(scheduled="2018-02-03T02:00:00Z")["window"]["start"] == "2018-02-03T01:00:00Z"


def test_a_window_without_records_loads_nothing(cloud: Cloud) -> None:
    report = cloud.run(date="2018-02-01")

    assert (report["records"], report["rejected"], report["loaded"]) == (0, 0, 0)
    assert cloud.destination() == {}


def test_a_record_that_cannot_be_placed_ends_as_a_reject_of_every_window(cloud: Cloud) -> None:
    timeless = event(99, "some day")
    cloud.put([*three_days(), timeless])

    reports = [cloud.run(date=day) for day in ("2018-02-01", "2018-02-03")]

    assert [report["rejected"] for report in reports] == [1, 1]
    rejects = chain.from_iterable(cloud.objects()[report["rejects_key"]].splitlines() for report in reports)
    assert all(b"event-099" in reject for reject in rejects)


def test_a_repaired_record_arrives_with_the_next_run_of_its_window(cloud: Cloud) -> None:
    cloud.put(three_days())
    cloud.run(date="2018-02-02")

    cloud.put([event(30, "2018-02-02T06:30:00Z")])
    report = cloud.run(date="2018-02-02")

    assert report["rejected"] == 0
    assert len(cloud.destination()) == 25
    assert cloud.objects()[report["rejects_key"]] == b""
