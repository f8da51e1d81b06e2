"""What the commands share that work on one deployed pipeline: its name, its datasets, its days."""

from datetime import date
from typing import Annotated

import typer

from etl.errors import InputError
from etl.inputs import parse_day
from serverless_app.pipelines import Pipeline
from serverless_app.pipelines.operations import Deployed
from serverless_app.target import TargetName, open_target

Datasets = Annotated[list[str] | None, typer.Option("--dataset", "--table", help="Only this dataset; may be repeated.")]
StartDate = Annotated[str, typer.Option("--start-date", help="The first day, in UTC: 2024-12-01.")]
EndDate = Annotated[str, typer.Option("--end-date", help="The last day, included.")]


def open_deployed(pipeline: Pipeline, target: TargetName) -> Deployed:
    """Return the pipeline as it is deployed at a target."""
    place = open_target(target)
    return Deployed(pipeline, place, place.outputs(pipeline))


def day(option: str, text: str) -> date:
    """Return the day that an option names."""
    parsed = parse_day(text)
    if parsed is None:
        raise InputError(f"{option} {text} is not a day: write it like 2024-12-22")
    return parsed
