"""Start, follow and read executions of a state machine."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"

_PAGE = 1000
"""Events per page: the maximum of Step Functions."""


@dataclass
class State:
    """One visit to a state, from the events of the execution's history."""

    name: str
    entered: datetime
    input: Any
    exited: datetime | None = None
    output: Any = None
    failures: list[str] = field(default_factory=list)
    """Error and cause of every attempt that failed."""

    @property
    def seconds(self) -> float | None:
        """How long the visit took; None while it lasts, or when the execution ended in it."""
        return None if self.exited is None else (self.exited - self.entered).total_seconds()


@dataclass(frozen=True)
class Execution:
    """One execution of a state machine, as it stands now."""

    run: str
    status: str
    started: datetime
    stopped: datetime | None
    input: Any
    output: Any
    error: str | None
    cause: str | None
    states: tuple[State, ...]
    answers: tuple[Any, ...] = ()
    """The answers of all its functions, in order, those of map items included."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return None if self.stopped is None else (self.stopped - self.started).total_seconds()

    def to_dict(self) -> dict[str, Any]:
        """Return the execution for JSON."""
        return {
            "run": self.run,
            "status": self.status,
            "started": self.started.isoformat(),
            "seconds": self.seconds,
            "input": self.input,
            "output": self.output,
            "error": self.error,
            "cause": self.cause,
            "states": [
                {
                    "name": state.name,
                    "seconds": state.seconds,
                    "input": state.input,
                    "output": state.output,
                    "failures": state.failures,
                }
                for state in self.states
            ],
        }


def start(states: Any, machine: str, request: dict[str, Any]) -> str:
    """Start an execution of a state machine (an ARN) and return the execution's ARN."""
    arn: str = states.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"]
    return arn


def started_by(states: Any, machine: str, action: Callable[[], None], *, every: float, within: float = 30) -> str:
    """Run `action` and return the ARN of the execution that it causes; TimeoutError after `within` seconds."""

    def known() -> set[str]:
        return {one["executionArn"] for one in states.list_executions(stateMachineArn=machine)["executions"]}

    before = known()
    action()
    deadline = time.monotonic() + within
    while not (new := known() - before):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no execution of {machine} has started within {within} s")
        time.sleep(every)
    return new.pop()


def running_with(states: Any, machine: str, request: dict[str, Any]) -> str | None:
    """Return the ARN of a running execution with exactly this input, or None."""
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter=RUNNING)
    for one in (one for page in pages for one in page["executions"]):
        arn: str = one["executionArn"]
        if _json(states.describe_execution(executionArn=arn).get("input")) == request:
            return arn
    return None


def latest(states: Any, machine: str, *, limit: int) -> list[dict[str, Any]]:
    """Return the latest executions of a state machine, newest first: run, status, started and seconds."""
    listed = states.list_executions(stateMachineArn=machine, maxResults=limit)["executions"]
    return [
        {
            "run": one["name"],
            "status": one["status"],
            "started": one["startDate"],
            "seconds": (one["stopDate"] - one["startDate"]).total_seconds() if "stopDate" in one else None,
        }
        for one in listed
    ]


def named(states: Any, machine: str, start_of_name: str) -> list[str]:
    """Return the ARNs of the executions whose names have this prefix."""
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
    listed = [one for page in pages for one in page["executions"] if one["name"].startswith(start_of_name)]
    return [one["executionArn"] for one in listed]


def follow(states: Any, arn: str, *, every: float, seen: Callable[[Execution], None] | None = None) -> Execution:
    """Wait until an execution ends, call `seen` with it `every` so many seconds, and return it."""
    while states.describe_execution(executionArn=arn)["status"] == RUNNING:
        if seen is not None:
            seen(read(states, arn))
        time.sleep(every)
    return read(states, arn)


def read(states: Any, arn: str) -> Execution:
    """Return an execution with its states."""
    described = states.describe_execution(executionArn=arn)
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=arn, PaginationConfig={"PageSize": _PAGE}
    )
    events = [event for page in pages for event in page["events"]]
    return Execution(
        run=described["name"],
        status=described["status"],
        started=described["startDate"],
        stopped=described.get("stopDate"),
        input=_json(described.get("input")),
        output=_json(described.get("output")),
        error=described.get("error"),
        cause=described.get("cause"),
        states=tuple(_states(events)),
        answers=tuple(_answers(events)),
    )


def _states(events: Iterable[dict[str, Any]]) -> list[State]:
    states: list[State] = []
    visits: dict[int, State] = {}
    for event in events:
        kind = event["type"]
        # Items of a map share the names of their states. `previousEventId` tells to which visit an event belongs;
        # without it, the order of events does.
        visit = visits.get(event.get("previousEventId", 0))
        if kind.endswith("StateEntered"):
            details = event["stateEnteredEventDetails"]
            visit = State(details["name"], event["timestamp"], _json(details.get("input")))
            states.append(visit)
        elif kind.endswith("StateExited"):
            details = event["stateExitedEventDetails"]
            if visit is None or visit.name != details["name"] or visit.exited is not None:
                visit = next(one for one in states if one.name == details["name"] and one.exited is None)
            visit.exited, visit.output = event["timestamp"], _json(details.get("output"))
        elif kind in ("TaskFailed", "LambdaFunctionFailed", "TaskTimedOut"):
            details = _details(event)
            if visit is None or visit.exited is not None:
                visit = next(one for one in reversed(states) if one.exited is None)
            visit.failures.append(": ".join(filter(None, (details.get("error"), _message(details.get("cause"))))))
        if visit is not None and "id" in event:
            visits[event["id"]] = visit
    return states


def _answers(events: Iterable[dict[str, Any]]) -> Iterator[Any]:
    for event in events:
        if event["type"] == "TaskSucceeded":
            output = _json(_details(event).get("output"))
            if isinstance(output, dict) and "Payload" in output:
                yield output["Payload"]


def _details(event: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = next(value for key, value in event.items() if key.endswith("EventDetails"))
    return details


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _message(cause: str | None) -> str | None:
    """Return the message of a failed function, whose cause is JSON; any other cause unchanged."""
    try:
        parsed = json.loads(cause or "")
    except ValueError:
        return cause
    return parsed.get("errorMessage", cause) if isinstance(parsed, dict) else cause
