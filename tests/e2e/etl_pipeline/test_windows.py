"""What starts a run says which window it has."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.timestamps import format_timestamp
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, event


@pytest.fixture
def days(pipeline: DeployedPipeline) -> DeployedPipeline:
    """The pipeline with an event on either side of both borders of 1 February 2018."""
    instants = ("2018-01-31T23:59:59.999Z", "2018-02-01T00:00:00Z", "2018-02-01T23:59:59.999Z", "2018-02-02T00:00:00Z")
    pipeline.put(event(id_, instant) for id_, instant in zip("abcd", instants, strict=True))
    return pipeline


def hours_ago(hours: float) -> str:
    return format_timestamp(datetime.now(UTC) - timedelta(hours=hours))


def test_a_date_is_its_day_in_utc(days: DeployedPipeline) -> None:
    execution = days.run({"date": "2018-02-01"})
    assert execution.output["window"] == {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
    assert set(days.loaded()) == {"b", "c"}


def test_start_and_end_are_half_open(days: DeployedPipeline) -> None:
    days.run({"start": "2018-01-31T23:59:59.999Z", "end": "2018-02-01T23:59:59.999Z"})
    assert set(days.loaded()) == {"a", "b"}


def test_an_empty_input_looks_back_a_day_from_now(pipeline: DeployedPipeline) -> None:
    pipeline.put([event("fresh", hours_ago(1)), event("stale", hours_ago(25))])
    assert pipeline.run({}).output["loaded"] == 1
    assert set(pipeline.loaded()) == {"fresh"}


def test_the_trigger_event_of_the_page_looks_back_a_day_from_now(pipeline: DeployedPipeline) -> None:
    pipeline.put([event("fresh", hours_ago(1)), event("stale", hours_ago(25))])
    assert pipeline.send({"action": "start"}).status == "SUCCEEDED"
    assert set(pipeline.loaded()) == {"fresh"}


def test_a_trigger_event_may_name_its_day(days: DeployedPipeline) -> None:
    assert days.send({"action": "start", "date": "2018-02-01"}).status == "SUCCEEDED"
    assert set(days.loaded()) == {"b", "c"}


def test_an_event_of_another_source_starts_nothing(days: DeployedPipeline) -> None:
    entry = {"Source": "someone.else", "DetailType": "ETL Pipeline Trigger", "Detail": '{"date": "2018-02-02"}'}
    days.cloud.client("events").put_events(Entries=[entry])
    # A later event that does match: were the first one taken, its run would be there by now.
    days.send({"date": "2018-02-01"})
    assert "d" not in days.loaded()


@pytest.mark.parametrize(
    ("request_", "cause"),
    [
        ({"start": "tomorrow", "end": "2018-02-01"}, "input 'start' is 'tomorrow', not an ISO 8601 instant"),
        ({"start": "2018-02-02", "end": "2018-02-01"}, "not after its start 2018-02-02T00:00:00Z"),
        ({"date": "2018-02-30"}, "input 'date' is '2018-02-30', not a day"),
        ({"start": "2018-02-01"}, "input names its window by start"),
        ({"day": "2018-02-01"}, "does not know the input 'day'"),
    ],
)
def test_a_wrong_input_fails_at_once_and_is_named(
    pipeline: DeployedPipeline, request_: dict[str, str], cause: str
) -> None:
    execution = pipeline.run(request_)
    assert (execution.status, execution.error) == ("FAILED", "TerminalError")
    assert execution.cause is not None
    assert execution.cause.startswith("Extract: InputError: ")
    assert cause in execution.cause
    assert pipeline.objects() == {}
