"""What `make run` shows of a pipeline: a module per pipeline, called after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from etl.errors import InputError
from serverless_app import executions
from serverless_app.executions import Execution
from serverless_app.pipelines import Pipeline
from serverless_app.target import LocalTarget, Target

FIRST = "etl_pipeline"
"""The pipeline that `etl demo` shows when nobody names one."""


@dataclass(frozen=True)
class Question:
    """SQL for Athena, about what the runs have made."""

    statement: str
    database: str
    workgroup: str


class Demo(Protocol):
    """What such a module has."""

    SAMPLE: str
    """What the source is filled with, in words."""
    COUNTS: tuple[str, ...]
    """The numbers of a run's output that are worth a column."""

    def load_sample(
        self, target: Target, outputs: dict[str, str], *, file: Path | None, rows: int | None, replace: bool
    ) -> int:
        """Fill the source and return how many records stand in it; a second time changes nothing.

        None stands for the usual file and number of rows; InputError refuses what this sample has not.
        """

    def play(self, target: LocalTarget, outputs: dict[str, str]) -> Iterator[Execution]:
        """Let the schedule fire for every day of the sample, one run after another."""

    def standing(self, target: Target, outputs: dict[str, str]) -> int:
        """Return how many records stand in the source."""

    def arrived(self, target: Target, outputs: dict[str, str]) -> dict[str, Any]:
        """Say what stands at the destination: `where`, how many `records`, and `sha256` over all that they hold."""

    def question(self, outputs: dict[str, str]) -> Question | None:
        """Return what is asked of the destination in the end, if anything."""


def demo_of(pipeline: Pipeline) -> Demo:
    """Return the demo of a pipeline, or refuse one that has none."""
    module = pipeline.module("demo")
    if module is None:
        raise InputError(f"{pipeline.name} has no demo and no sample data")
    return cast("Demo", module)


def fire(target: LocalTarget, outputs: dict[str, str], rule: str, at: datetime) -> Execution:
    """Let a schedule's rule fire as at an instant, and follow the execution that it starts to its end."""
    states = target.client("stepfunctions")
    action = partial(target.cloud.fire, rule, at)
    arn = executions.started_by(states, outputs["StateMachineArn"], action, every=target.poll_seconds)
    return executions.follow(states, arn, every=target.poll_seconds)
