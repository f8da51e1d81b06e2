"""`etl sample`: fill a pipeline's source with data."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from etl.errors import InputError
from serverless_app.cli.console import AsJson, PipelineName, Where, conclude, reporting
from serverless_app.pipelines import find_pipeline
from serverless_app.pipelines.demos import demo_of
from serverless_app.target import TargetName, open_target

app = typer.Typer(help="Fill a pipeline's source with data.", no_args_is_help=True)


@app.command()
def load(
    pipeline: PipelineName,
    *,
    file: Annotated[Path | None, typer.Option(exists=True, help="Another file of the sample's format.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="How many rows to generate; 20,000 by default.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a sample of another size.")] = False,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Load a pipeline's sample into its source; a second time changes nothing."""
    with reporting():
        shown = demo_of(find_pipeline(pipeline))
        place = open_target(target)
        outputs = place.outputs(find_pipeline(pipeline))
        count = shown.load_sample(place, outputs, file=file, rows=rows, replace=replace)
        conclude(f"{count:,} records stand in the source of {pipeline}.", {"records": count}, as_json=as_json)


@app.command()
def late(
    pipeline: PipelineName,
    *,
    date: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of the rows: 2024-12-17.")],
    rows: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 25,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Add late rows to a day; a second time changes nothing."""
    with reporting():
        late_rows = find_pipeline(pipeline).provided("demo", "late_rows")
        if late_rows is None:
            raise InputError(f"the sample of {pipeline} has no rows that come late")
        count = late_rows(open_target(target), date.date(), rows)
        conclude(f"{count:,} rows came late for {date:%Y-%m-%d}.", {"records": count}, as_json=as_json)
