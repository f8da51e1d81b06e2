"""`etl validate`: compare a pipeline's destination with its source, day by day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from etl.errors import InputError
from serverless_app.cli.console import AsJson, PipelineName, Where, console, print_json, reporting
from serverless_app.cli.deployed import Datasets, day, open_deployed
from serverless_app.pipelines import find_pipeline
from serverless_app.pipelines.operations import Validation, chosen_contracts, operation
from serverless_app.target import TargetName

_TITLES = {"partition": "parti-\ntion", "parquet": "par-\nquet"}
_MARKS: Mapping[bool | None, tuple[str, str]] = {True: ("✓", "green"), False: ("✗", "red"), None: ("-", "dim")}
_DAYS = 7


def validate(
    pipeline: PipelineName,
    *,
    days: Annotated[
        int | None, typer.Option(min=1, help="The last days up to yesterday, in UTC; 7 by default.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="Or one day, in UTC: 2024-12-22.")] = None,
    start_date: Annotated[str | None, typer.Option(help="Or from this day …")] = None,
    end_date: Annotated[str | None, typer.Option(help="… to this one, both included.")] = None,
    dataset: Datasets = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Compare the destination with the source: rows, objects, partitions, schemas; exit code 1 on findings."""
    with reporting():
        chosen = find_pipeline(pipeline)
        compare, contracts = operation(chosen, "validate"), chosen_contracts(chosen, dataset)
        first, last = _span(days, date, start_date, end_date)
        validation: Validation = compare(open_deployed(chosen, target), contracts, first, last)
        if as_json:
            head = {"first": first.isoformat(), "last": last.isoformat(), "passed": validation.passed}
            print_json(head | asdict(validation))
        else:
            _print(validation)
    if not validation.passed:
        raise typer.Exit(1)


def _span(days: int | None, one: str | None, start: str | None, end: str | None) -> tuple[dt.date, dt.date]:
    match days, one, start, end:
        case _, None, None, None:
            yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
            return yesterday - dt.timedelta(days=(days or _DAYS) - 1), yesterday
        case None, str(), None, None:
            return day("--date", one), day("--date", one)
        case None, None, str(), str():
            return day("--start-date", start), day("--end-date", end)
        case _:
            raise InputError("give --days, --date, or both --start-date and --end-date")


def _print(validation: Validation) -> None:
    if validation.chunks:
        console.print(_table(validation))
    for note in validation.notes:
        console.print(Text(f"note: {note}", style="yellow"), soft_wrap=True)
    for name, why in validation.failed.items():
        console.print(Text(f"{name}: {why}", style="red"), soft_wrap=True)
    for one in validation.findings:
        console.print(Text(f"{one['dataset']} {one['part']}: {one['found']}", style="red"), soft_wrap=True)
    if validation.passed:
        chunks = f"{len(validation.chunks):,} chunks"
        console.print(f"The destination has what the source has: {chunks}.", highlight=False)


def _table(validation: Validation) -> Table:
    # Ten columns have to fit into 80 characters.
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    for title in ("dataset", "part"):
        table.add_column(title, no_wrap=True)
    for title in ("source", "re-\njected", "desti-\nnation"):
        table.add_column(title, justify="right", no_wrap=True)
    for check in validation.chunks[0].checks:
        table.add_column(_TITLES.get(check, check), justify="center", overflow="fold")
    for one in validation.chunks:
        counts = (f"{count:,}" for count in (one.rows, one.rejected, one.exported))
        marks = (Text(mark, style=style) for mark, style in map(_MARKS.__getitem__, one.checks.values()))
        table.add_row(one.dataset, one.part, *counts, *marks)
    return table
