"""The demo of a pipeline, which `make run` shows: `<name>/demo.py`."""

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
    """A query about the result, for Athena."""

    statement: str
    database: str
    workgroup: str


class Demo(Protocol):
    """What the module `demo.py` of a pipeline provides."""

    SAMPLE: str
    """A description of the sample data."""
    COUNTS: tuple[str, ...]
    """The counts of a run's output that the table shows."""

    def load_sample(
        self, target: Target, outputs: dict[str, str], *, file: Path | None, rows: int | None, replace: bool
    ) -> int:
        """Fill the source and return how many records it holds; a second time changes nothing.

        None means the default file and number of rows; InputError refuses an option that the sample does not have.
        """

    def play(self, target: LocalTarget, outputs: dict[str, str]) -> Iterator[Execution]:
        """Fire the schedule for every day of the sample; yield each run when it ends."""

    def standing(self, target: Target, outputs: dict[str, str]) -> int:
        """Return how many records the source holds."""

    def arrived(self, target: Target, outputs: dict[str, str]) -> dict[str, Any]:
        """Describe the destination: `where`, the number of `records`, and the `sha256` of their content."""

    def question(self, outputs: dict[str, str]) -> Question | None:
        """Return the query that ends the demo, if any."""


def demo_of(pipeline: Pipeline) -> Demo:
    """Return the demo of a pipeline; InputError when it has none."""
    module = pipeline.module("demo")
    if module is None:
        raise InputError(f"{pipeline.name} has no demo and no sample data")
    return cast("Demo", module)


def fire(target: LocalTarget, outputs: dict[str, str], rule: str, at: datetime) -> Execution:
    """Fire a schedule's rule as if at an instant, and follow its execution to the end."""
    states = target.client("stepfunctions")
    action = partial(target.cloud.fire, rule, at)
    arn = executions.started_by(states, outputs["StateMachineArn"], action, every=target.poll_seconds)
    return executions.follow(states, arn, every=target.poll_seconds)
