"""`etl sample`: real data for a pipeline's source."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from serverless_app.cli.console import AsJson, PipelineName, Where, conclude, reporting
from serverless_app.pipelines import find_pipeline
from serverless_app.target import TargetName, open_target

app = typer.Typer(help="Real data for a pipeline's source.", no_args_is_help=True)


@app.callback()
def _sample() -> None:
    """Keep `load` a command of its own: typer would fold a single one into `etl sample`."""


@app.command()
def load(
    pipeline: PipelineName,
    *,
    file: Annotated[Path | None, typer.Option(exists=True, help="Another file of the sample's format.")] = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Put a pipeline's sample into its source; a second time changes nothing."""
    with reporting():
        demo = importlib.import_module(f"serverless_app.demos.{find_pipeline(pipeline).name}")
        place = open_target(target)
        outputs = place.outputs(find_pipeline(pipeline))
        count = demo.load_sample(place, outputs, file or demo.SAMPLE)
        conclude(f"{count:,} records stand in the source of {pipeline}.", {"records": count}, as_json=as_json)
