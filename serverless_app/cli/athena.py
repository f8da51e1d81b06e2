"""`etl athena`: a pipeline's database, tables, partitions and queries in Athena."""

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
from etl.errors import InputError
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.deployed import open_deployed
from serverless_app.cli.query import Output, ask, print_answer
from serverless_app.pipelines import Pipeline, find_pipeline, pipelines
from serverless_app.pipelines.operations import Deployed, chosen_contracts, operation
from serverless_app.target import TargetName

app = typer.Typer(help="A pipeline's tables in Athena: set up, repair partitions, query.", no_args_is_help=True)

Of = Annotated[
    str | None, typer.Option("--pipeline", help="Whose tables; needed only when several pipelines have some.")
]
_STYLES = {"created": "green", "there": "dim", "differs": "red"}


@app.command()
def setup(*, pipeline: Of = None, target: Where = TargetName.LOCAL, as_json: AsJson = False) -> None:
    """Create the database, tables and workgroup that are missing; report tables that differ from their contract.

    The stack creates all of them: use this after somebody has removed some.
    """
    with reporting():
        deployed = open_deployed(_with_tables(pipeline), target)
        found = {"workgroup": _workgroup(deployed), "database": _database(deployed)}
        found |= {f"table {one.table}": _table(deployed, one) for one in chosen_contracts(deployed.pipeline, None)}
        if as_json:
            print_json(found)
        else:
            console.print(_states(found))
            console.print(_advice(found, deployed.pipeline.stack), highlight=False, soft_wrap=True)
    if "differs" in found.values():
        raise typer.Exit(1)


@app.command()
def repair(
    tables: Annotated[list[str] | None, typer.Argument(metavar="[TABLE]...", help="All by default.")] = None,
    *,
    pipeline: Of = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Register partitions whose files exist (MSCK REPAIR TABLE), and list those that were missing."""
    with reporting():
        deployed = open_deployed(_with_tables(pipeline), target)
        contracts = [one for one in chosen_contracts(deployed.pipeline, tables) if one.window_column is not None]
        added = {one.dataset: _repaired(deployed, one) for one in contracts}
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
    pipeline: Of = None,
    target: Where = TargetName.LOCAL,
) -> None:
    """Ask Athena: `etl query` in the pipeline's database and workgroup."""
    with reporting():
        deployed = open_deployed(_with_tables(pipeline), target)
        print_answer(_ask(deployed, statement), output)


def _with_tables(name: str | None) -> Pipeline:
    """Return the pipeline of that name, or the only one whose datasets are tables; InputError refuses others."""
    if name is not None:
        operation(find_pipeline(name), "table_location")
        return find_pipeline(name)
    found = [one for one in pipelines() if one.provided("operations", "table_location")]
    if len(found) != 1:
        raise InputError(f"name one of {', '.join(one.name for one in found)} with --pipeline")
    return found[0]


def _ask(deployed: Deployed, statement: str) -> Any:
    names = {"database": deployed.outputs["DatabaseName"], "workgroup": deployed.outputs["WorkgroupName"]}
    return ask(deployed.place, statement, **names, location=None)


def _repaired(deployed: Deployed, contract: Contract) -> list[str]:
    name = table_name(contract, "glue")
    before = _partitions(deployed, name)
    _ask(deployed, f"MSCK REPAIR TABLE `{name}`")
    return sorted(_partitions(deployed, name) - before)


def _partitions(deployed: Deployed, table: str) -> set[str]:
    pages = deployed.place.client("glue").get_paginator("get_partitions")
    found = pages.paginate(DatabaseName=deployed.outputs["DatabaseName"], TableName=table, ExcludeColumnSchema=True)
    return {"-".join(one["Values"]) for page in found for one in page["Partitions"]}


def _database(deployed: Deployed) -> str:
    glue, name = deployed.place.client("glue"), deployed.outputs["DatabaseName"]
    with suppress(glue.exceptions.EntityNotFoundException):
        glue.get_database(Name=name)
        return "there"
    glue.create_database(DatabaseInput={"Name": name})
    return "created"


def _table(deployed: Deployed, contract: Contract) -> str:
    glue, database = deployed.place.client("glue"), deployed.outputs["DatabaseName"]
    location = operation(deployed.pipeline, "table_location")(deployed, contract)
    wanted = glue_table(contract).table_input(location)
    with suppress(glue.exceptions.EntityNotFoundException):
        found = glue.get_table(DatabaseName=database, Name=wanted["Name"])["Table"]
        return "there" if _shape(found) == _shape(wanted) else "differs"
    glue.create_table(DatabaseName=database, TableInput=wanted)
    return "created"


def _shape(table: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    storage = table["StorageDescriptor"]
    columns = [(one["Name"], one["Type"]) for one in (*storage["Columns"], *table.get("PartitionKeys", ()))]
    return storage["Location"].rstrip("/"), columns


def _workgroup(deployed: Deployed) -> str:
    athena, name = deployed.place.client("athena"), deployed.outputs["WorkgroupName"]
    try:
        athena.get_work_group(WorkGroup=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRequestException":
            raise
    else:
        return "there"
    results = {
        "OutputLocation": f"s3://{deployed.outputs['StagingBucketName']}/athena/",
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


def _advice(found: dict[str, str], stack: str) -> str:
    if "differs" in found.values():
        return f"Tables that differ have other columns or another location than their contracts: deploy {stack}."
    if "created" in found.values():
        return "A created table has no partitions yet: `etl athena repair` registers them."
    return "Nothing was missing."
