"""Options and look-ups that commands on deployed pipelines share."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

import typer

from etl.errors import InputError
from etl.inputs import parse_day
from serverless_app import executions
from serverless_app.cli.console import errors
from serverless_app.cli.tables import progress
from serverless_app.executions import Execution
from serverless_app.pipelines import Pipeline
from serverless_app.pipelines.operations import Deployed
from serverless_app.target import Target, TargetError, TargetName, deployed_among, open_target

Found = TypeVar("Found")
Datasets = Annotated[list[str] | None, typer.Option("--dataset", "--table", help="Only this dataset; may be repeated.")]
StartDate = Annotated[str, typer.Option("--start-date", help="The first day, in UTC: 2024-12-01.")]
EndDate = Annotated[str, typer.Option("--end-date", help="The last day, included.")]


def open_deployed(pipeline: Pipeline, target: TargetName) -> Deployed:
    """Return the pipeline as it is deployed at a target."""
    place = open_target(target)
    return Deployed(pipeline, place, place.outputs(pipeline))


def deployed_outputs(place: Target, chosen: Sequence[Pipeline]) -> dict[Pipeline, dict[str, str]]:
    """Return the outputs of the pipelines that are deployed at a target; name the others on stderr."""
    outputs, missing = deployed_among(place, chosen)
    if missing:
        names = ", ".join(pipeline.name for pipeline in missing)
        errors.print(f"not deployed there, and left out: {names}", soft_wrap=True)
    return outputs


def only_match(found: Sequence[Found], prefix: str, *, things: str, none: str) -> Found:
    """Return the single match of a prefix; TargetError when there is none, or several."""
    if not found:
        raise TargetError(none)
    if len(found) > 1:
        raise TargetError(f"{len(found)} {things} start with {prefix!r}; give more of the name")
    return found[0]


def run_to_end(
    place: Target, machine: str, request: dict[str, Any], *, what: str, target: TargetName, quiet: bool
) -> Execution:
    """Start a state machine and show its execution to the end; an interrupt leaves it running, and says so."""
    states = place.client("stepfunctions")
    arn = executions.start(states, machine, request)
    try:
        with progress(quiet=quiet) as seen:
            return executions.follow(states, arn, every=place.poll_seconds, seen=seen)
    except KeyboardInterrupt:
        name = arn.rpartition(":")[2]
        errors.print(f"The {what} goes on without you: etl show {name} --target {target}", soft_wrap=True)
        raise


def day(option: str, text: str) -> date:
    """Return the day that an option gives, or raise InputError."""
    parsed = parse_day(text)
    if parsed is None:
        raise InputError(f"{option} {text} is not a day: write it like 2024-12-22")
    return parsed
