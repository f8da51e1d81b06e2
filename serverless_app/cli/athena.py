"""`etl athena`: the lake's database, tables, partitions and queries."""

from contextlib import suppress
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from etl.contracts import Contract
from etl.contracts.ddl.hive import table_name
from etl.contracts.glue import glue_table
from etl.pipelines.lake_export.datasets import PIPELINE
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.lake import Lake, chosen_tables, open_lake
from serverless_app.cli.query import Output, ask, print_answer
from serverless_app.target import TargetName

app = typer.Typer(help="The lake in Athena: set up, repair partitions, query.", no_args_is_help=True)

_STYLES = {"created": "green", "there": "dim", "differs": "red"}


@app.command()
def setup(*, target: Where = TargetName.LOCAL, as_json: AsJson = False) -> None:
    """Create what is missing of database, tables and workgroup; what is there is left alone, and held to its contract.

    The stack makes all of it: this is for what somebody has removed.
    """
    with reporting():
        lake = open_lake(PIPELINE, "athena", target)
        found = {"workgroup": _workgroup(lake), "database": _database(lake)}
        found |= {f"table {one.table}": _table(lake, one) for one in chosen_tables(None)}
        if as_json:
            print_json(found)
        else:
            console.print(_states(found))
            console.print(_advice(found), highlight=False, soft_wrap=True)
    if "differs" in found.values():
        raise typer.Exit(1)


@app.command()
def repair(
    tables: Annotated[list[str] | None, typer.Argument(metavar="[TABLE]...", help="All by default.")] = None,
    *,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Register the partitions whose files are in the lake (MSCK REPAIR TABLE), and say which were missing."""
    with reporting():
        contracts = [one for one in chosen_tables(tables) if one.window_column is not None]
        lake = open_lake(PIPELINE, "athena", target)
        added = {one.dataset: _repaired(lake, one) for one in contracts}
        if as_json:
            print_json(added)
        else:
            table = Table("table", "partitions added", box=SIMPLE_HEAD)
            for name, days in added.items():
                table.add_row(name, ", ".join(days) or "none was missing")
            console.print(table)


@app.command()
def query(
    statement: Annotated[str, typer.Argument(help="The SQL, in Athena's dialect.")],
    *,
    output: Annotated[Output, typer.Option(help="How rows are printed.")] = Output.TABLE,
    target: Where = TargetName.LOCAL,
) -> None:
    """Ask Athena about the lake: `etl query` in the lake's database and workgroup."""
    with reporting():
        lake = open_lake(PIPELINE, "athena", target)
        print_answer(_ask(lake, statement), output)


def _ask(lake: Lake, statement: str) -> Any:
    names = {"database": lake.outputs["DatabaseName"], "workgroup": lake.outputs["WorkgroupName"]}
    return ask(lake.place, statement, **names, location=None)


def _repaired(lake: Lake, contract: Contract) -> list[str]:
    name = table_name(contract, "glue")
    before = _partitions(lake, name)
    _ask(lake, f"MSCK REPAIR TABLE `{name}`")
    return sorted(_partitions(lake, name) - before)


def _partitions(lake: Lake, table: str) -> set[str]:
    pages = lake.place.client("glue").get_paginator("get_partitions")
    found = pages.paginate(DatabaseName=lake.outputs["DatabaseName"], TableName=table, ExcludeColumnSchema=True)
    return {"-".join(one["Values"]) for page in found for one in page["Partitions"]}


def _database(lake: Lake) -> str:
    glue, name = lake.place.client("glue"), lake.outputs["DatabaseName"]
    with suppress(glue.exceptions.EntityNotFoundException):
        glue.get_database(Name=name)
        return "there"
    glue.create_database(DatabaseInput={"Name": name})
    return "created"


def _table(lake: Lake, contract: Contract) -> str:
    glue, database = lake.place.client("glue"), lake.outputs["DatabaseName"]
    wanted = glue_table(contract).table_input(f"s3://{lake.outputs['LakeBucketName']}/{contract.table}/")
    with suppress(glue.exceptions.EntityNotFoundException):
        found = glue.get_table(DatabaseName=database, Name=wanted["Name"])["Table"]
        return "there" if _shape(found) == _shape(wanted) else "differs"
    glue.create_table(DatabaseName=database, TableInput=wanted)
    return "created"


def _shape(table: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    storage = table["StorageDescriptor"]
    columns = [(one["Name"], one["Type"]) for one in (*storage["Columns"], *table.get("PartitionKeys", ()))]
    return storage["Location"].rstrip("/"), columns


def _workgroup(lake: Lake) -> str:
    athena, name = lake.place.client("athena"), lake.outputs["WorkgroupName"]
    try:
        athena.get_work_group(WorkGroup=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRequestException":
            raise
    else:
        return "there"
    results = {
        "OutputLocation": f"s3://{lake.outputs['StagingBucketName']}/athena/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    athena.create_work_group(
        Name=name,
        Configuration={"ResultConfiguration": results, "EnforceWorkGroupConfiguration": True},
    )
    return "created"


def _states(found: dict[str, str]) -> Table:
    table = Table(show_header=False, box=None)
    for name, state in found.items():
        table.add_row(name, Text(state, style=_STYLES[state]))
    return table


def _advice(found: dict[str, str]) -> str:
    if "differs" in found.values():
        return "What differs has other columns, or another place, than its contract says: deploy LakeExportStack."
    if "created" in found.values():
        return "A table that was created knows no days yet: `etl athena repair` registers them."
    return "All of it was there."
