"""`etl rollback`: the previous version of a day, put back in front of readers."""

import datetime as dt
import time
from dataclasses import asdict
from typing import Annotated
from uuid import uuid4

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from etl.contracts import Contract
from etl.errors import EtlError, InputError
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult
from etl.pipelines.lake_export.rollback import RolledBack
from etl.pipelines.lake_export.rollback import rollback as bring_back
from serverless_app.cli.console import AsJson, PipelineName, Where, console, print_json, reporting
from serverless_app.cli.lake import Lake, Tables, chosen_tables, day, open_lake
from serverless_app.target import TargetName


def rollback(
    pipeline: PipelineName,
    *,
    date: Annotated[str | None, typer.Option(help="The day to bring back, in UTC: 2024-12-22.")] = None,
    table: Tables = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Bring the version of a day back that stood there before; exit code 1 when a table has none."""
    with reporting():
        wanted = None if date is None else day("--date", date)
        contracts = [one for one in chosen_tables(table) if _fits(one, wanted, named=bool(table))]
        lake = open_lake(pipeline, "rollback", target)
        done: list[RolledBack] = []
        refused: dict[str, str] = {}
        owner = f"rollback-{uuid4()}"
        for one in contracts:
            try:
                done.append(_one(lake, one, wanted, owner))
            except EtlError as error:
                refused[one.dataset] = str(error)
        if done:
            _register(lake, owner, done)
        if as_json:
            print_json({"rolled_back": [asdict(one) for one in done], "refused": refused})
        else:
            if done:
                console.print(_table(done, wanted))
            for name, why in refused.items():
                console.print(Text(f"{name}: {why}", style="red"), soft_wrap=True)
    if refused:
        raise typer.Exit(1)


def _fits(contract: Contract, wanted: dt.date | None, *, named: bool) -> bool:
    """Tell whether a table has what is to be brought back: a day, or itself; refuse one that was named and has not."""
    if (contract.window_column is None) == (wanted is None):
        return True
    if named or wanted is None:
        said = "is exported whole: leave --date out" if wanted else "is exported by days: say which with --date"
        raise InputError(f"{contract.dataset} {said}")
    return False


def _one(lake: Lake, contract: Contract, wanted: dt.date | None, owner: str) -> RolledBack:
    return bring_back(
        contract.dataset,
        wanted,
        s3=lake.place.client("s3"),
        bucket=lake.outputs["LakeBucketName"],
        ledger=lake.ledger,
        owner=owner,
        now=time.time(),
    )


def _register(lake: Lake, owner: str, done: list[RolledBack]) -> None:
    """Give the days their partitions: one that was empty had none."""
    lake.call("lake-catalog", CatalogRequest(owner, [one.dataset for one in done]), CatalogResult)


def _table(done: list[RolledBack], wanted: dt.date | None) -> Table:
    folded = (Column(name, overflow="fold") for name in ("readers see again", "instead of"))
    table = Table("dataset", *folded, title=f"{wanted or 'whole'}", box=SIMPLE_HEAD)
    for one in done:
        table.add_row(one.dataset, Text(one.version, style="green"), one.replaced or "nothing: it had been removed")
    return table
