"""Whatever happens to whichever AWS call of `etl_pipeline`: nothing is lost, doubled or half-visible."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from etl.runs.kept_rejects import read_rejects
from etl.runs.replays import Replayed, stage_replay
from etl.windows import Window
from localcloud import LocalCloud
from serverless_app import executions
from tests.e2e.etl_pipeline.deployed import BATCH_ITEMS, DeployedPipeline, Item, deploy, event, without_run
from tests.faults.exploration import EXHAUSTIVE, Exploration, Ran, harm, writing
from tests.faults.injection import environment, journal_of
from tests.faults.plan import Fault, Reach
from tests.faults.snapshots import Snapshot, items, objects

DAY = {"date": "2018-02-01"}
SPAN = "2018-02-01T00:00:00Z/2018-02-02T00:00:00Z"
KEY = ("id", "timestamp")
# What runs of other windows left: nobody may touch it.
NEIGHBOUR = event("neighbour", "2018-01-31T10:00:00Z")
NEIGHBOUR_KEY = "extract/20180131T000000Z-20180201T000000Z/data.json"

# A call that had no effect is one, whatever the answer was.
WITHOUT_EFFECT = (Fault.THROTTLE, Fault.SERVER_ERROR, Fault.TIME_OUT_BEFORE) if EXHAUSTIVE else (Fault.THROTTLE,)
LASTING = (*WITHOUT_EFFECT, Fault.TIME_OUT_AFTER)
ABSORBED = (*LASTING, Fault.PARTIAL_BATCH)
DEADLY = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
CALLS = writing("PutObject", "BatchWriteItem", "PutItem")
CREATE, PART, COMPLETE = "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"

Explore = Callable[..., AbstractContextManager[Exploration]]


@dataclass(frozen=True)
class Subject:
    """The deployed pipeline, as an exploration drives it over one day or through one replay."""

    pipeline: DeployedPipeline
    request: dict[str, Any] = field(default_factory=lambda: DAY)
    given: dict[str, bytes] = field(default_factory=dict)
    """What stands in the bucket before."""

    def run(self) -> Ran:
        self._expire_lease()
        execution = self.pipeline.run(self.request)
        return Ran(
            succeeded=execution.status == executions.SUCCEEDED,
            output=execution.output,
            retries=sum(len(state.failures) for state in execution.states),
            cause=execution.cause,
        )

    def snapshot(self) -> Snapshot:
        pipeline = self.pipeline
        found = objects(pipeline.s3, pipeline.bucket)
        nameless = {key: without_run(content) for key, content in found.items() if isinstance(content, bytes)}
        return nameless | items(pipeline.dynamodb, pipeline.destination, key=KEY)

    def reset(self) -> None:
        pipeline = self.pipeline
        keys = [{name: item[name] for name in KEY} for item in pipeline.loaded().values()]
        deletes = [{"DeleteRequest": {"Key": key}} for key in keys]
        for first in range(0, len(deletes), BATCH_ITEMS):
            batch = deletes[first : first + BATCH_ITEMS]
            pipeline.dynamodb.batch_write_item(RequestItems={pipeline.destination: batch})
        for key in pipeline.objects():
            pipeline.s3.delete_object(Bucket=pipeline.bucket, Key=key)
        pipeline.dynamodb.put_item(TableName=pipeline.destination, Item=NEIGHBOUR)
        for key, content in (self.given | {NEIGHBOUR_KEY: b"{}\n"}).items():
            pipeline.s3.put_object(Bucket=pipeline.bucket, Key=key, Body=content)

    def _expire_lease(self) -> None:
        """Let the time pass after which a run may take a window from one that hangs."""
        window = self.pipeline.ledger.chunks("etl_pipeline", "events").get(SPAN)
        if window is not None and window.lease_until is not None:
            key = {"pk": {"S": "etl_pipeline#events"}, "sk": {"S": f"chunk#{SPAN}"}}
            self.pipeline.dynamodb.update_item(
                TableName=self.pipeline.ledger_table,
                Key=key,
                UpdateExpression="SET lease_until = :past",
                ExpressionAttributeValues={":past": {"N": "0"}},
            )

    def replaying(self) -> "Subject":
        """Return the pipeline as it replays the rejects of a run: all of them repaired, but for the first."""
        pipeline = self.pipeline
        pipeline.run(self.request)
        (found,) = read_rejects(pipeline.s3, pipeline.bucket)
        window = Window.from_dict(found.window)
        first, *others = (Replayed(reject.id, reject.record) for reject in found.rejects)
        repaired = [Replayed(one.id, one.record | {"value": {"N": "1"}}) for one in others]
        staged = stage_replay(pipeline.s3, pipeline.bucket, window, [first, *repaired])
        request = {"window": window.to_dict(), "replay": msgspec.structs.asdict(staged)}
        return Subject(pipeline, request, pipeline.objects())


def small_items() -> list[Item]:
    """Return 65 items: 55 of the day, one of them without its value."""
    day = [event(f"event-{number:02}", f"2018-02-01T{number % 24:02}:00:00Z") for number in range(55)]
    del day[20]["value"]
    return day + [event(f"later-{number}", "2018-02-02T00:00:00Z") for number in range(10)]


def large_items() -> list[Item]:
    """Return items of the day that make more than one part of an upload."""
    payload: Item = {"payload": {"S": "x" * 390_000}}
    return [event(f"event-{number:02}", "2018-02-01T10:00:00Z") | payload for number in range(23)]


def broken_items() -> list[Item]:
    """Return 30 items of the day without their values."""
    return [
        {name: value for name, value in event(f"broken-{number:02}", "2018-02-01T10:00:00Z").items() if name != "value"}
        for number in range(30)
    ]


@pytest.fixture(scope="module")
def explore(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Explore:
    """Deploy the pipeline with its functions in reach of faults, over the given source items."""

    @contextmanager
    def explore(source: list[Item], *, replay: bool = False) -> Iterator[Exploration]:
        home = tmp_path_factory.mktemp("faults")
        # So that few data make several pages and batches.
        variables = environment(home, parameters={"dynamodb.Scan": {"Limit": 25}})
        with LocalCloud(home / "cloud", wait_scale=0, env=variables) as cloud:
            subject = Subject(deploy(cloud, dev_assembly))
            subject.pipeline.put(source)
            if replay:
                subject = subject.replaying()
            yield Exploration(journal_of(home), subject.run, subject.snapshot, subject.reset)

    return explore


@pytest.fixture(scope="module")
def small(explore: Explore) -> Iterator[Exploration]:
    with explore(small_items()) as exploration:
        yield exploration


@pytest.fixture(scope="module")
def large(explore: Explore) -> Iterator[Exploration]:
    with explore(large_items()) as exploration:
        yield exploration


@pytest.fixture(scope="module")
def replay(explore: Explore) -> Iterator[Exploration]:
    with explore(broken_items(), replay=True) as exploration:
        yield exploration


def test_the_explored_run_makes_every_kind_of_call(small: Exploration) -> None:
    assert [str(call) for call in small.undisturbed.calls] == [
        "etl-extract: dynamodb Scan",
        "etl-extract: dynamodb Scan",
        "etl-extract: dynamodb Scan",
        "etl-extract: s3 PutObject",
        "etl-transform: dynamodb GetItem",
        "etl-transform: dynamodb PutItem",
        "etl-transform: s3 GetObject",
        "etl-transform: s3 PutObject",
        "etl-transform: s3 PutObject",
        "etl-transform: s3 PutObject",
        "etl-load: dynamodb GetItem",
        "etl-load: dynamodb PutItem",
        "etl-load: s3 GetObject",
        "etl-load: dynamodb BatchWriteItem",
        "etl-load: dynamodb BatchWriteItem",
        "etl-load: dynamodb BatchWriteItem",
        "etl-load: dynamodb PutItem",
    ]


@pytest.mark.parametrize("fault", ABSORBED)
def test_a_fault_that_passes_costs_no_retry_of_a_stage(small: Exploration, fault: Fault) -> None:
    outcomes = list(small.explore(fault))
    assert harm(outcomes) == []
    assert {outcome.ran.retries for outcome in outcomes} == {0}


@pytest.mark.parametrize("fault", DEADLY)
def test_a_function_that_dies_costs_one_retry(small: Exploration, fault: Fault) -> None:
    outcomes = list(small.explore(fault, operations=CALLS))
    assert harm(outcomes) == []
    assert {outcome.ran.retries for outcome in outcomes} == {1}


def test_an_answer_that_breaks_off_costs_one_retry(small: Exploration) -> None:
    outcomes = list(small.explore(Fault.CUT_ANSWER))
    assert harm(outcomes) == []
    assert {outcome.ran.retries for outcome in outcomes} == {1}


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_outlasts_the_sdk_costs_one_retry(small: Exploration, fault: Fault) -> None:
    outcomes = list(small.explore(fault, Reach.CALL, operations=CALLS))
    assert harm(outcomes) == []
    assert {outcome.ran.retries for outcome in outcomes} == {1}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.TIME_OUT_AFTER])
def test_a_run_that_fails_leaves_nothing_that_the_next_one_does_not_mend(small: Exploration, fault: Fault) -> None:
    outcomes = list(small.explore(fault, Reach.RUN, operations=CALLS))
    assert harm(outcomes) == []
    assert not any(outcome.ran.succeeded for outcome in outcomes)


def test_a_load_that_is_killed_at_every_attempt_is_mended_by_the_next_run(small: Exploration) -> None:
    outcomes = list(small.explore(Fault.KILL_AFTER, Reach.RUN, operations={"BatchWriteItem"}))
    assert harm(outcomes) == []
    assert not any(outcome.ran.succeeded for outcome in outcomes)


def test_a_run_that_hangs_and_the_one_that_took_its_window_over_are_one_result(small: Exploration) -> None:
    assert harm(list(small.overtake(operations=CALLS))) == []


@pytest.mark.parametrize(
    ("fault", "reach", "operations"),
    [
        (Fault.TIME_OUT_AFTER, Reach.ATTEMPT, {CREATE, PART, COMPLETE} if EXHAUSTIVE else {COMPLETE}),
        (Fault.KILL_BEFORE, Reach.ATTEMPT, {COMPLETE}),
        (Fault.KILL_AFTER, Reach.ATTEMPT, {COMPLETE}),
        (Fault.SERVER_ERROR, Reach.RUN, {PART}),
    ],
)
def test_an_upload_in_parts_appears_whole_or_not_at_all(
    large: Exploration, fault: Fault, reach: Reach, operations: set[str]
) -> None:
    assert [call.operation for call in large.undisturbed.calls].count(PART) == 4
    assert harm(list(large.explore(fault, reach, operations=operations))) == []


def test_the_explored_replay_makes_every_kind_of_call(replay: Exploration) -> None:
    assert [str(call) for call in replay.undisturbed.calls] == [
        "etl-transform: dynamodb GetItem",
        "etl-transform: dynamodb PutItem",
        "etl-transform: s3 GetObject",
        "etl-transform: s3 PutObject",
        "etl-transform: s3 PutObject",
        "etl-load: dynamodb GetItem",
        "etl-load: dynamodb PutItem",
        "etl-load: s3 GetObject",
        "etl-load: dynamodb BatchWriteItem",
        "etl-load: dynamodb BatchWriteItem",
        "etl-load: s3 GetObject",
        "etl-load: s3 PutObject",
        "etl-load: dynamodb PutItem",
    ]


def test_the_explored_replay_has_records_that_pass_and_one_that_does_not(replay: Exploration) -> None:
    assert (replay.undisturbed.output["loaded"], replay.undisturbed.output["rejected"]) == (29, 1)


@pytest.mark.parametrize("fault", [*ABSORBED, Fault.CUT_ANSWER])
def test_a_fault_does_a_replay_no_harm(replay: Exploration, fault: Fault) -> None:
    assert harm(list(replay.explore(fault))) == []


@pytest.mark.parametrize("fault", DEADLY)
def test_a_function_that_dies_does_a_replay_no_harm(replay: Exploration, fault: Fault) -> None:
    assert harm(list(replay.explore(fault, operations=CALLS))) == []


@pytest.mark.parametrize("fault", [*DEADLY, Fault.TIME_OUT_AFTER] if EXHAUSTIVE else [Fault.KILL_AFTER])
def test_a_replay_that_fails_is_mended_by_the_next_one(replay: Exploration, fault: Fault) -> None:
    outcomes = list(replay.explore(fault, Reach.RUN, operations=CALLS))
    assert harm(outcomes) == []
    assert not any(outcome.ran.succeeded for outcome in outcomes)


def test_a_replay_that_hangs_and_the_one_that_took_its_window_over_are_one_result(replay: Exploration) -> None:
    assert harm(list(replay.overtake(operations=CALLS))) == []
