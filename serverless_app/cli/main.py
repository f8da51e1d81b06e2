"""The commands, by what a user wants: run a pipeline, look at runs, fill the source, handle the local cloud."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from serverless_app import executions
from serverless_app.cli import athena, contract, local, quality, rejects, sample
from serverless_app.cli.backfill import backfill
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting, say_missing
from serverless_app.cli.demo import demo
from serverless_app.cli.query import query
from serverless_app.cli.rollback import rollback
from serverless_app.cli.run import run_commands
from serverless_app.cli.split import split
from serverless_app.cli.tables import figures, references_table, run_document, run_tables, runs_table, states_table
from serverless_app.cli.validate import validate
from serverless_app.pipelines import Pipeline, find_pipeline, pipelines
from serverless_app.target import Target, TargetError, TargetName, deployed_among, ledger_of, open_target

app = typer.Typer(name="etl", help="Run the pipelines, here or in AWS.", no_args_is_help=True)
app.add_typer(run_commands(), name="run")
app.add_typer(athena.app, name="athena")
app.add_typer(contract.app, name="contract")
app.add_typer(local.app, name="local")
app.add_typer(quality.app, name="quality")
app.add_typer(rejects.app, name="rejects")
app.add_typer(sample.app, name="sample")
app.command()(backfill)
app.command()(demo)
app.command()(query)
app.command()(rollback)
app.command()(split)
app.command()(validate)


@app.command()
def runs(
    pipeline: Annotated[str | None, typer.Argument(help="Only those of this pipeline.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many of each pipeline.")] = 20,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """List the latest runs, with what the ledger knows of their rows."""
    with reporting():
        chosen = [find_pipeline(pipeline)] if pipeline else pipelines()
        place = open_target(target)
        deployed, missing = deployed_among(place, chosen)
        found = [row for one, outputs in deployed.items() for row in _latest(place, one, outputs, limit)]
        say_missing(missing)
        if as_json:
            print_json(found)
        else:
            console.print(runs_table(found))


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run, or the first characters of its name.")],
    *,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show a run: its states with input and output, and why it failed if it did."""
    with reporting():
        place = open_target(target)
        deployed, missing = deployed_among(place, pipelines())
        say_missing(missing)
        machines = [outputs["StateMachineArn"] for outputs in deployed.values()]
        execution = _find(place.client("stepfunctions"), machines, run)
        if as_json:
            print_json(run_document(execution))
        else:
            console.print(states_table(execution), references_table(execution), *run_tables(execution))


def _latest(place: Target, pipeline: Pipeline, outputs: dict[str, str], limit: int) -> Iterator[dict[str, Any]]:
    # The ledger has what a run did; whether it runs, the service itself knows best.
    known = {one.run: one for one in ledger_of(place).runs(pipeline.name, limit)}
    for one in executions.latest(place.client("stepfunctions"), outputs["StateMachineArn"], limit=limit):
        yield {"pipeline": pipeline.name, **one, **figures(known.get(one["run"]))}


def _find(states: Any, machines: list[str], run: str) -> executions.Execution:
    found = [arn for machine in machines for arn in executions.named(states, machine, run)]
    if not found:
        raise TargetError(f"there is no run {run!r}; `etl runs` lists those that there are")
    if len(found) > 1:
        raise TargetError(f"{len(found)} runs start with {run!r}; give more of the name")
    return executions.read(states, found[0])
