"""A week of earthquakes, day by day: everything arrives once, and once more changes nothing."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.load.dynamodb import put_records
from etl.windows import Window
from localcloud import LocalCloud
from serverless_app.executions import Execution
from serverless_app.pipelines.etl_pipeline.sample import records
from tests.e2e.etl_pipeline.deployed import SAMPLE, DeployedPipeline, Item, deploy, without_run

FIRST = datetime(2018, 1, 31, 2, tzinfo=UTC)
SCHEDULED = [FIRST + timedelta(days=day) for day in range(1, 8)]


@dataclass(frozen=True)
class Pass:
    """The seven runs of a week, and what stood where after them."""

    runs: list[Execution]
    loaded: dict[str, Item]
    objects: dict[str, bytes]


@dataclass(frozen=True)
class Week:
    """The same week twice."""

    first: Pass
    second: Pass


@pytest.fixture(scope="module")
def week(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    # Where nothing is refused, the week is what `make run` does: test_as_a_user.
    with LocalCloud(tmp_path_factory.mktemp("week"), wait_scale=0, iam=True) as cloud:
        pipeline = deploy(cloud, dev_assembly)
        put_records(pipeline.dynamodb, pipeline.source, records(SAMPLE), key=("id",))
        yield Week(_play(pipeline), _play(pipeline))


def _play(pipeline: DeployedPipeline) -> Pass:
    runs = [pipeline.fire(at) for at in SCHEDULED]
    return Pass(runs, pipeline.loaded(), pipeline.objects())


@pytest.fixture(scope="module")
def inside() -> dict[str, dict[str, Any]]:
    """The features of the sample that lie in the seven windows, read without the project's code."""
    features = json.loads(SAMPLE.read_text(), parse_float=Decimal)["features"]
    first, last = (instant.timestamp() * 1000 for instant in (FIRST, SCHEDULED[-1]))
    return {one["id"]: one for one in features if first <= one["properties"]["time"] < last}


def test_every_scheduled_run_succeeds(week: Week) -> None:
    assert [run.status for run in week.first.runs + week.second.runs] == ["SUCCEEDED"] * 14


def test_each_run_has_the_day_before_its_schedule_for_a_window(week: Week) -> None:
    expected = [
        {"start": f"{at - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}", "end": f"{at:%Y-%m-%dT%H:%M:%SZ}"} for at in SCHEDULED
    ]
    assert [run.output["window"] for run in week.first.runs] == expected


def test_all_that_lies_in_the_windows_is_loaded_and_one_event_is_not(
    week: Week, inside: dict[str, dict[str, Any]]
) -> None:
    assert sum(run.output["loaded"] for run in week.first.runs) == len(inside) == 1_707 - 1


def test_every_event_is_in_exactly_one_window(week: Week, inside: dict[str, dict[str, Any]]) -> None:
    extracted = [body for key, body in week.first.objects.items() if key.startswith("extract/")]
    found = Counter(json.loads(line)["id"]["S"] for body in extracted for line in body.splitlines())
    assert found == dict.fromkeys(inside, 1)


def test_what_arrives_is_what_was_measured(week: Week, inside: dict[str, dict[str, Any]]) -> None:
    assert {id_: Decimal(item["value"]["N"]) for id_, item in week.first.loaded.items()} == {
        id_: feature["properties"]["mag"] for id_, feature in inside.items()
    }


def test_nested_attributes_arrive_with_every_digit(week: Week, inside: dict[str, dict[str, Any]]) -> None:
    arrived = {
        id_: [Decimal(number["N"]) for number in item["geometry"]["M"]["coordinates"]["L"]]
        for id_, item in week.first.loaded.items()
    }
    assert arrived == {id_: feature["geometry"]["coordinates"] for id_, feature in inside.items()}


def test_the_aggregates_are_those_of_what_was_loaded(week: Week) -> None:
    sums = sum(Decimal(run.output["aggregates"]["sum"]) for run in week.first.runs)
    assert sums == sum(Decimal(item["value"]["N"]) for item in week.first.loaded.values())


def test_every_window_has_its_own_objects_and_its_scorecard(week: Week) -> None:
    named = [
        key
        for run in week.first.runs
        for key in (*run.output["keys"]["extract"], run.output["keys"]["transform"], run.output["keys"]["rejects"])
    ]
    scorecards = [
        f"quality/events/{Window.from_dict(run.output['window']).key}/scorecard.json" for run in week.first.runs
    ]
    assert len({*named, *scorecards}) == 28
    assert sorted([*named, *scorecards]) == sorted(week.first.objects)


def test_a_second_pass_reports_the_same(week: Week) -> None:
    assert [run.output for run in week.second.runs] == [run.output for run in week.first.runs]


def test_a_second_pass_changes_no_item(week: Week) -> None:
    assert week.second.loaded == week.first.loaded


def test_a_second_pass_changes_no_byte_of_staging_but_the_names_of_the_runs(week: Week) -> None:
    first, second = (
        {key: without_run(body) for key, body in objects.items()}
        for objects in (week.first.objects, week.second.objects)
    )
    assert second == first
