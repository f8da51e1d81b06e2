"""`etl rollback`: show readers the previous version of a day again."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from serverless_app.cli.console import AsJson, PipelineName, Where, console, print_json, reporting
from serverless_app.cli.deployed import Datasets, day, open_deployed
from serverless_app.pipelines import find_pipeline
from serverless_app.pipelines.operations import Rollback, chosen_contracts, operation
from serverless_app.target import TargetName


def rollback(
    pipeline: PipelineName,
    *,
    date: Annotated[str | None, typer.Option(help="The day to bring back, in UTC: 2024-12-22.")] = None,
    dataset: Datasets = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Bring back the previous version of a day; exit code 1 when a dataset has none."""
    with reporting():
        chosen = find_pipeline(pipeline)
        bring_back, contracts = operation(chosen, "rollback"), chosen_contracts(chosen, dataset)
        wanted = None if date is None else day("--date", date)
        done: Rollback = bring_back(open_deployed(chosen, target), contracts, wanted, named=bool(dataset))
        if as_json:
            print_json(asdict(done))
        else:
            if done.rolled_back:
                console.print(_table(done))
            for name, why in done.refused.items():
                console.print(Text(f"{name}: {why}", style="red"), soft_wrap=True)
    if done.refused:
        raise typer.Exit(1)


def _table(done: Rollback) -> Table:
    folded = (Column(name, overflow="fold") for name in ("readers see again", "instead of"))
    table = Table("dataset", *folded, title=done.rolled_back[0].part, box=SIMPLE_HEAD)
    for one in done.rolled_back:
        table.add_row(one.dataset, Text(one.version, style="green"), one.replaced or "nothing: it had been removed")
    return table
