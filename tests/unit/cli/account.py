"""An account with `lake_export` in it: S3, Glue and the ledger by moto, functions and state machine by fakes."""

import io
import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from typer.testing import CliRunner, Result

from etl.pipelines.lake_export.messages import ExportResult, PlannedChunk, PlanResult
from etl.runs.ledger import ChunkId, ChunkRecord, Ledger
from serverless_app.cli import app
from serverless_app.pipelines import Pipeline

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:lake-export"
OUTPUTS = {
    "StateMachineArn": MACHINE,
    "LakeBucketName": "lake",
    "StagingBucketName": "staging",
    "DatabaseName": "lake_dev",
    "WorkgroupName": "lake-export",
}
START = datetime(2024, 12, 22, 2, tzinfo=UTC)


def failure(kind: str, message: str) -> dict[str, Any]:
    """What a function that raised answers."""
    return {"errorType": kind, "errorMessage": message}


class Functions:
    """Lambda: a function of Python for each name, and what they were asked."""

    def __init__(self) -> None:
        self.by_name: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        request = json.loads(Payload)
        self.asked.append((FunctionName, request))
        answer = self.by_name[FunctionName](request)
        failed = {"FunctionError": "Unhandled"} if isinstance(answer, dict) and "errorType" in answer else {}
        return {"Payload": io.BytesIO(msgspec.json.encode(answer)), **failed}

    def get_function_configuration(self, **_: str) -> dict[str, Any]:
        return {"MemorySize": 2048}


@dataclass
class Run:
    """An execution: what its functions answered, and how it ended."""

    answers: list[Any] = field(default_factory=list)
    status: str = "SUCCEEDED"
    failed: list[dict[str, Any]] = field(default_factory=list)
    running: int = 0
    """How often it is still running when it is asked for."""
    interrupted: bool = False
    """Whether somebody presses Ctrl-C while it is followed."""
    input: Any = None

    def events(self) -> Iterator[dict[str, Any]]:
        for number, answer in enumerate(self.answers):
            output = json.dumps({"Payload": msgspec.to_builtins(answer)})
            yield {
                "id": number + 1,
                "timestamp": START + timedelta(seconds=number),
                "type": "TaskSucceeded",
                "taskSucceededEventDetails": {"output": output},
            }
        if self.failed:
            given = json.dumps({"failed": self.failed})
            details = {"name": "Incomplete", "input": given}
            yield {"timestamp": START, "type": "PassStateEntered", "stateEnteredEventDetails": details}


class Machine:
    """Step Functions: executions that end as they were written down, one for each start."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        """Those to come."""
        self.started: list[Run] = []

    def start_execution(self, *, stateMachineArn: str, input: str) -> dict[str, str]:  # noqa: A002, N803
        assert stateMachineArn == MACHINE
        run = self.runs.pop(0)
        run.input = json.loads(input)
        self.started.append(run)
        return {"executionArn": f"{MACHINE}:run-{len(self.started)}"}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        run = self._run(executionArn)
        if run.interrupted:
            raise KeyboardInterrupt
        ended = {"status": run.status, "stopDate": START + timedelta(minutes=1)}
        if run.running:
            run.running -= 1
            ended = {"status": "RUNNING"}
        error = {"error": "ChunksFailed", "cause": "a list"} if run.status == "FAILED" else {}
        return {
            "name": executionArn.rpartition(":")[2],
            "startDate": START,
            "input": json.dumps(run.input),
            "output": '{"published": 1, "failed": []}' if run.status == "SUCCEEDED" else None,
            **ended,
            **error,
        }

    def describe_state_machine(self, **_: str) -> dict[str, str]:
        return {"definition": json.dumps({"States": {"Export": {"Type": "Map", "MaxConcurrency": 4}}})}

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(self, operation)

    def _run(self, arn: str) -> Run:
        return self.started[int(arn.rpartition("-")[2]) - 1]


@dataclass
class _Pages:
    machine: Machine
    operation: str

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        if self.operation == "get_execution_history":
            yield {"events": list(self.machine._run(given["executionArn"]).events())}
            return
        for number, run in enumerate(self.machine.started, start=1):
            if run.running:
                yield {"executions": [{"executionArn": f"{MACHINE}:run-{number}"}]}


@dataclass
class Account:
    """As much of a target as the commands need."""

    clients: dict[str, Any]
    functions: Functions = field(default_factory=Functions)
    machine: Machine = field(default_factory=Machine)
    poll_seconds: float = 0

    def client(self, service: str) -> Any:
        return {"lambda": self.functions, "stepfunctions": self.machine, **self.clients}[service]

    def outputs(self, pipeline: Pipeline) -> dict[str, str]:
        return {"lake_export": OUTPUTS, "platform": {"LedgerTableName": "runs"}}[pipeline.name]

    def etl(self, line: str) -> Result:
        """Run the command here."""
        return CliRunner().invoke(app, shlex.split(line))

    def know(self, part: str, record: ChunkRecord, dataset: str = "workflows") -> None:
        """Have the ledger know a chunk."""
        ledger = Ledger(self.clients["dynamodb"], "runs")
        claim = ledger.claim(ChunkId("lake_export", dataset, part), owner=record.run, now=0, lease_seconds=1)
        ledger.finish(claim, record)


def planned(
    dataset: str, days: dict[str, int], *, first: str, last: str, extra_columns: Sequence[str] = (), unplaced: int = 0
) -> PlanResult:
    """Return the plan of a dataset whose days are new, with so many rows."""
    chunks = [PlannedChunk(dataset, day, rows, "new") for day, rows in days.items()]
    return PlanResult(dataset, first, last, chunks, 0, list(extra_columns), unplaced, kept=0)


def exported(dataset: str, day: str, rows: int, *, rejected: int = 0) -> ExportResult:
    """Return what a chunk came to that was published."""
    key = f"{dataset}/year={day[:4]}/month={day[5:7]}/day={day[8:]}/data.parquet"
    return ExportResult(dataset, day, "published", rows, rejected, rows * 10, key, "v", None, None)
