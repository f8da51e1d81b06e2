"""What the ledger knows of runs, and that a window has one owner at a time."""

import json
import time
from typing import Any

import pytest

from etl.errors import WindowTaken
from etl.runs.ledger import ChunkId, ChunkRecord, Claim, RunRecord
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, event

DAY = {"date": "2018-02-01"}
SPAN = "2018-02-01T00:00:00Z/2018-02-02T00:00:00Z"
WINDOW = ChunkId("etl_pipeline", "events", SPAN)


@pytest.fixture
def filled(pipeline: DeployedPipeline) -> DeployedPipeline:
    """The pipeline with three events on 1 February 2018, one of them without its value."""
    broken = event("c", "2018-02-01T12:00:00Z")
    del broken["value"]
    # Of 41 records one is less than the 5 % that the contract tolerates.
    good = [event(f"a-{number}", "2018-02-01T10:00:00Z") for number in range(40)]
    pipeline.put([*good, broken])
    return pipeline


def only_run(pipeline: DeployedPipeline) -> RunRecord:
    (run,) = pipeline.ledger.runs("etl_pipeline", 10)
    return run


def window(pipeline: DeployedPipeline) -> ChunkRecord | None:
    return pipeline.ledger.chunks("etl_pipeline", "events").get(SPAN)


def published_by(run: str, pipeline: DeployedPipeline) -> ChunkRecord:
    """Return the record of the filled window that a run has published, free again."""
    record = window(pipeline)
    assert record is not None
    key = "transform/20180201T000000Z-20180202T000000Z/data.json"
    size, seconds = len(pipeline.objects()[key]), record.seconds
    # Transform and Load claim the window once each; the rejected record is not in the object that Load reads.
    return ChunkRecord(
        "published", run=run, owner=run, attempts=2, rows_in=40, rows_out=40, bytes=size, seconds=seconds, key=key
    )


def taken_by_another(pipeline: DeployedPipeline, *, now: float) -> Claim:
    return pipeline.ledger.claim(WINDOW, owner="another", now=now, lease_seconds=900)


def machine_with(pipeline: DeployedPipeline, name: str, states: dict[str, Any]) -> str:
    """Return a machine like the deployed one, with some of its states changed."""
    deployed = pipeline.states.describe_state_machine(stateMachineArn=pipeline.machine)
    definition = json.loads(deployed["definition"])
    definition["States"] |= states
    arn: str = pipeline.states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=deployed["roleArn"]
    )["stateMachineArn"]
    return arn


def states_of(pipeline: DeployedPipeline) -> dict[str, Any]:
    deployed = pipeline.states.describe_state_machine(stateMachineArn=pipeline.machine)
    states: dict[str, Any] = json.loads(deployed["definition"])["States"]
    return states


def without_ledger(pipeline: DeployedPipeline, *names: str) -> dict[str, Any]:
    """Return some of the deployed states, with a ledger that is not there."""
    states = states_of(pipeline)
    return {name: states[name] | {"Arguments": states[name]["Arguments"] | {"TableName": "absent"}} for name in names}


def test_a_run_that_succeeded_is_known_with_its_counts(filled: DeployedPipeline) -> None:
    execution = filled.run(DAY)
    run = only_run(filled)
    assert (run.run, run.status, json.loads(run.input), run.window) == (execution.run, "succeeded", DAY, SPAN)
    assert (run.rows_in, run.rows_out, run.rejected) == (41, 40, 1)
    assert run.bytes == len(filled.objects()["extract/20180201T000000Z-20180202T000000Z/data.json"])
    assert execution.seconds is not None
    assert 0 < run.seconds <= execution.seconds
    assert run.scorecard in filled.objects()
    assert (run.error, run.cause) == (None, None)


def test_a_run_that_failed_is_known_with_its_cause(filled: DeployedPipeline) -> None:
    with filled.without_table(filled.destination):
        execution = filled.run(DAY)
    run = only_run(filled)
    assert (run.run, run.status, run.window) == (execution.run, "failed", SPAN)
    assert (run.error, run.cause) == (execution.error, execution.cause)


def test_a_run_that_never_knew_its_window_is_known_without_one(filled: DeployedPipeline) -> None:
    execution = filled.run({"date": "never"})
    run = only_run(filled)
    assert (run.status, run.window, run.cause) == ("failed", "", execution.cause)


def test_every_run_of_a_window_is_known_the_latest_first(filled: DeployedPipeline) -> None:
    runs = [filled.run(DAY).run for _ in range(3)]
    assert [run.run for run in filled.ledger.runs("etl_pipeline", 10)] == runs[::-1]


def test_a_run_says_when_it_may_be_forgotten(filled: DeployedPipeline) -> None:
    filled.run(DAY)
    items = filled.dynamodb.scan(TableName=filled.ledger_table)["Items"]
    in_90_days = time.time() + 90 * 86_400
    (run,) = [item for item in items if item["sk"]["S"].startswith("run#")]
    (chunk,) = [item for item in items if item["sk"]["S"].startswith("chunk#")]
    # What is published has to stay known.
    assert "expires_at" not in chunk
    assert float(run["expires_at"]["N"]) == pytest.approx(in_90_days, abs=600)


def test_a_window_is_free_once_its_run_is_over(filled: DeployedPipeline) -> None:
    first, second = filled.run(DAY), filled.run(DAY)
    assert (first.output["loaded"], second.output["loaded"]) == (40, 40)
    assert window(filled) == published_by(second.run, filled)


def test_a_window_is_free_once_its_run_has_failed(filled: DeployedPipeline) -> None:
    with filled.without_table(filled.destination):
        failed = filled.run(DAY)
    assert failed.cause is not None
    cause = failed.cause.removeprefix("Load: ")
    # Transform and Load claim the window once each.
    assert window(filled) == ChunkRecord("failed", owner=failed.run, attempts=2, cause=cause)
    mended = filled.run(DAY)
    assert mended.output["loaded"] == 40
    assert window(filled) == published_by(mended.run, filled)


def test_a_window_that_another_run_keeps_is_left_to_it(filled: DeployedPipeline) -> None:
    claim = taken_by_another(filled, now=time.time())
    before = window(filled)
    execution = filled.run(DAY)
    assert (execution.status, execution.error) == ("FAILED", "TransientError")
    assert execution.cause is not None
    assert execution.cause.startswith(f"Transform: WindowTaken: events {SPAN} of etl_pipeline is taken by run another")
    assert (filled.loaded(), window(filled)) == ({}, before)
    filled.ledger.release(claim)
    assert filled.run(DAY).output["loaded"] == 40


def test_a_run_over_another_window_need_not_wait(filled: DeployedPipeline) -> None:
    taken_by_another(filled, now=time.time())
    assert filled.run({"date": "2018-02-02"}).status == "SUCCEEDED"


def test_a_window_whose_owner_died_is_taken_over_once_its_lease_is_over(filled: DeployedPipeline) -> None:
    lost = taken_by_another(filled, now=time.time() - 901)
    execution = filled.run(DAY)
    assert execution.output["loaded"] == 40
    with pytest.raises(WindowTaken):
        filled.ledger.finish(lost, ChunkRecord("published"))
    record = window(filled)
    assert record is not None
    assert record.owner == execution.run


def test_a_run_whose_window_was_taken_over_before_it_loads_leaves_it_to_its_new_owner(filled: DeployedPipeline) -> None:
    # What another run does, which finds the lease expired while this one hangs after Transform.
    table, key = filled.ledger_table, {"pk": {"S": "etl_pipeline#events"}, "sk": {"S": f"chunk#{SPAN}"}}
    takes_over = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Arguments": {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "SET #owner = :owner, revision = :revision, lease_until = :until",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {
                ":owner": {"S": "another"},
                ":revision": {"S": "its"},
                ":until": {"N": str(time.time() + 900)},
            },
        },
        "Output": "{% $states.input %}",
        "Next": "Load",
    }
    hangs = states_of(filled)["Transform"] | {"Next": "TakeOver"}
    machine = machine_with(filled, "taken-over", {"Transform": hangs, "TakeOver": takes_over})
    execution = filled.run(DAY, machine)
    assert (execution.status, execution.error, filled.loaded()) == ("FAILED", "TransientError", {})
    assert execution.cause is not None
    assert execution.cause.startswith(f"Load: WindowTaken: {WINDOW} is taken by run another until ")
    record = window(filled)
    assert record is not None
    assert (record.status, record.owner) == ("running", "another")
    assert record.lease_until is not None


def test_a_ledger_that_takes_no_report_changes_nothing_about_a_run(filled: DeployedPipeline) -> None:
    undisturbed = filled.run(DAY).output
    states = without_ledger(filled, "ReportStarted", "ReportSucceeded")
    machine = machine_with(filled, "silent-success", states)
    execution = filled.run(DAY, machine)
    assert (execution.status, execution.output) == ("SUCCEEDED", undisturbed)


def test_a_ledger_that_takes_no_report_changes_nothing_about_a_failure(filled: DeployedPipeline) -> None:
    states = without_ledger(filled, "ReportStarted", "ReportFailed")
    machine = machine_with(filled, "silent-failure", states)
    with filled.without_table(filled.destination):
        execution = filled.run(DAY, machine)
    assert execution.error == "TerminalError"
    assert execution.cause is not None
    assert execution.cause.startswith(f"Load: NotFound: table {filled.destination}")
    assert [state.name for state in execution.states][-2:] == ["NotifyFailure", "Failed"]
