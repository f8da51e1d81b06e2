"""Executions as read from what Step Functions answers, played by a fake that answers from a list."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serverless_app import executions
from serverless_app.executions import Execution

START = datetime(2018, 2, 1, 2, tzinfo=UTC)
NAMES = ["aa-1", "aa-2", "b-1"]


class FakeStates:
    """Step Functions with one execution, which is over after it was described a number of times."""

    def __init__(self, events: list[dict[str, Any]], *, running: int = 0, **described: Any) -> None:
        self.events = events
        self.running = running
        self.described = {"name": "a-run", "startDate": START, "input": "{}"} | described
        self.listed = list(NAMES)

    def describe_execution(self, **_: str) -> dict[str, Any]:
        if self.running:
            self.running -= 1
            return self.described | {"status": "RUNNING"}
        return {"status": "SUCCEEDED", "stopDate": START + timedelta(seconds=3)} | self.described

    def get_paginator(self, operation: str) -> "FakeStates":
        self.operation = operation
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        things, key = (
            (self.events, "events") if self.operation == "get_execution_history" else (self._executions(), "executions")
        )
        # A page each: who reads only the first one misses something.
        return ({key: [thing]} for thing in things)

    def list_executions(self, **_: Any) -> dict[str, Any]:
        return {"executions": self._executions()}

    def start_execution(self, **given: str) -> dict[str, str]:
        self.started = given
        return {"executionArn": "arn:started"}

    def _executions(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "executionArn": f"arn:{name}", "status": "RUNNING", "startDate": START}
            for name in self.listed
        ]


def at(second: float, kind: str, **details: Any) -> dict[str, Any]:
    return {"timestamp": START + timedelta(seconds=second), "type": kind, **details}


def entered(second: float, name: str, given: Any = None, kind: str = "Task") -> dict[str, Any]:
    return at(second, f"{kind}StateEntered", stateEnteredEventDetails={"name": name, "input": json.dumps(given)})


def exited(second: float, name: str, result: Any = None, kind: str = "Task") -> dict[str, Any]:
    return at(second, f"{kind}StateExited", stateExitedEventDetails={"name": name, "output": json.dumps(result)})


def task_failed(second: float, error: str, cause: str) -> dict[str, Any]:
    return at(second, "TaskFailed", taskFailedEventDetails={"error": error, "cause": cause})


def read(*events: dict[str, Any], **described: Any) -> Execution:
    return executions.read(FakeStates(list(events), **described), "arn")


def test_a_state_has_its_input_output_and_duration() -> None:
    (state,) = read(entered(1, "Load", {"key": "k"}), exited(2.5, "Load", {"loaded": 7})).states
    assert (state.name, state.input, state.output, state.seconds) == ("Load", {"key": "k"}, {"loaded": 7}, 1.5)


def test_a_state_that_lasts_has_no_duration_yet() -> None:
    (state,) = read(entered(1, "Load")).states
    assert state.seconds is None


def test_every_failed_attempt_is_kept_with_the_message_of_the_function() -> None:
    cause = json.dumps({"errorMessage": "the table throttled", "errorType": "TransientError"})
    execution = read(
        entered(1, "Load"),
        task_failed(2, "TransientError", cause),
        task_failed(3, "Lambda.Unknown", "not { JSON"),
        exited(4, "Load"),
    )
    assert execution.states[0].failures == ["TransientError: the table throttled", "Lambda.Unknown: not { JSON"]


def test_a_failure_belongs_to_the_state_that_is_under_way() -> None:
    execution = read(
        entered(1, "Extract"), exited(2, "Extract"), entered(3, "Load"), task_failed(4, "Denied", "who knows")
    )
    assert [state.failures for state in execution.states] == [[], ["Denied: who knows"]]


def test_items_of_a_map_are_states_inside_the_state_of_the_map() -> None:
    execution = read(
        entered(1, "Extract", kind="Map"),
        entered(2, "Segment", 0),
        exited(3, "Segment", "first"),
        entered(4, "Segment", 1),
        exited(5, "Segment", "second"),
        exited(6, "Extract", "both", kind="Map"),
    )
    assert [state.output for state in execution.states] == ["both", "first", "second"]


def test_items_that_are_under_way_together_are_told_apart_by_what_their_events_follow_from() -> None:
    def event(number: int, previous: int, one: dict[str, Any]) -> dict[str, Any]:
        return {"id": number, "previousEventId": previous, **one}

    execution = read(
        event(1, 0, entered(1, "Extract", kind="Map")),
        event(2, 1, entered(2, "Segment", 0)),
        event(3, 1, entered(3, "Segment", 1)),
        event(4, 2, task_failed(4, "TransientError", "of the first")),
        event(5, 3, exited(5, "Segment", "second")),
        event(6, 4, exited(7, "Segment", "first")),
        event(7, 6, exited(8, "Extract", "both", kind="Map")),
    )
    assert [(state.input, state.output, state.seconds, state.failures) for state in execution.states] == [
        (None, "both", 7, []),
        (0, "first", 5, ["TransientError: of the first"]),
        (1, "second", 2, []),
    ]


def test_what_functions_answered_is_there_also_from_within_a_map() -> None:
    def answered(second: float, output: Any) -> dict[str, Any]:
        return at(second, "TaskSucceeded", taskSucceededEventDetails={"output": json.dumps(output)})

    execution = read(
        entered(1, "Export", kind="Map"),
        answered(2, {"Payload": {"rows": 1}, "StatusCode": 200}),
        answered(3, {"Attributes": {}}),
        answered(4, {"Payload": {"rows": 2}}),
    )
    assert execution.answers == ({"rows": 1}, {"rows": 2})


def test_an_execution_that_is_over_has_a_duration_and_its_result() -> None:
    execution = read(output='{"loaded": 7}')
    assert (execution.status, execution.seconds, execution.output) == ("SUCCEEDED", 3, {"loaded": 7})


def test_a_failed_execution_has_its_error_and_cause() -> None:
    execution = read(status="FAILED", error="TerminalError", cause="Load: NotFound: table")
    assert (execution.error, execution.cause, execution.output) == ("TerminalError", "Load: NotFound: table", None)


def test_an_execution_is_json() -> None:
    document = json.loads(json.dumps(read(entered(1, "Load"), exited(2, "Load", 7)).to_dict()))
    assert document["run"] == "a-run"
    assert document["states"] == [{"name": "Load", "seconds": 1, "input": None, "output": 7, "failures": []}]


def test_an_execution_is_shown_until_it_is_over() -> None:
    seen: list[str] = []
    states = FakeStates([], running=2)
    execution = executions.follow(states, "arn", every=0, seen=lambda one: seen.append(one.status))
    assert seen == ["RUNNING"]
    assert execution.status == "SUCCEEDED"


def test_an_execution_starts_with_its_request_as_json() -> None:
    states = FakeStates([])
    assert executions.start(states, "arn:machine", {"date": "2018-02-01"}) == "arn:started"
    assert states.started == {"stateMachineArn": "arn:machine", "input": '{"date": "2018-02-01"}'}


def test_what_somebody_else_started_is_found() -> None:
    states = FakeStates([])
    assert executions.started_by(states, "arn", lambda: states.listed.insert(0, "new"), every=0) == "arn:new"


def test_when_nothing_starts_the_wait_ends() -> None:
    with pytest.raises(TimeoutError, match="no execution of arn:machine has started"):
        executions.started_by(FakeStates([]), "arn:machine", lambda: None, every=0, within=0)


def test_an_execution_that_runs_with_the_same_input_is_found() -> None:
    states = FakeStates([], input='{"date": "2024-12-21"}')
    assert executions.running_with(states, "arn", {"date": "2024-12-21"}) == "arn:aa-1"
    assert executions.running_with(states, "arn", {"date": "2024-12-22"}) is None


@pytest.mark.parametrize(("start", "found"), [("aa", ["arn:aa-1", "arn:aa-2"]), ("b-1", ["arn:b-1"]), ("c", [])])
def test_executions_are_found_by_the_start_of_their_name(start: str, found: list[str]) -> None:
    assert executions.named(FakeStates([]), "arn", start) == found


def test_a_running_execution_is_listed_without_a_duration() -> None:
    first = executions.latest(FakeStates([]), "arn", limit=3)[0]
    assert first == {"run": "aa-1", "status": "RUNNING", "started": START, "seconds": None}
