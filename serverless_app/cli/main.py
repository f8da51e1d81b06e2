"""The commands: run pipelines, look at runs, fill sources, control the local cloud."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from serverless_app import executions
from serverless_app.cli import athena, contract, local, quality, rejects, sample
from serverless_app.cli.backfill import backfill
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.demo import demo
from serverless_app.cli.deployed import deployed_outputs, only_match
from serverless_app.cli.query import query
from serverless_app.cli.rollback import rollback
from serverless_app.cli.run import run_commands
from serverless_app.cli.split import split
from serverless_app.cli.tables import figures, references_table, run_document, run_tables, runs_table, states_table
from serverless_app.cli.validate import validate
from serverless_app.pipelines import Pipeline, find_pipeline, pipelines
from serverless_app.target import Target, TargetName, ledger_of, open_target

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
    """List the latest runs, with the row counts of the ledger."""
    with reporting():
        chosen = [find_pipeline(pipeline)] if pipeline else pipelines()
        place = open_target(target)
        deployed = deployed_outputs(place, chosen)
        latest = [row for one, outputs in deployed.items() for row in _latest(place, one, outputs, limit)]
        if as_json:
            print_json(latest)
        else:
            console.print(runs_table(latest))


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run, or the first characters of its name.")],
    *,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show a run: its states with input and output, and why it failed."""
    with reporting():
        place = open_target(target)
        machines = [outputs["StateMachineArn"] for outputs in deployed_outputs(place, pipelines()).values()]
        states = place.client("stepfunctions")
        matching = [arn for machine in machines for arn in executions.named(states, machine, run)]
        none = f"there is no run {run!r}; `etl runs` lists those that there are"
        execution = executions.read(states, only_match(matching, run, things="runs", none=none))
        if as_json:
            print_json(run_document(execution))
        else:
            console.print(states_table(execution), references_table(execution), *run_tables(execution))


def _latest(place: Target, pipeline: Pipeline, outputs: dict[str, str], limit: int) -> Iterator[dict[str, Any]]:
    # Counts come from the ledger, the status from Step Functions: an aborted run never reached the ledger again.
    known = {one.run: one for one in ledger_of(place).runs(pipeline.name, limit)}
    for one in executions.latest(place.client("stepfunctions"), outputs["StateMachineArn"], limit=limit):
        yield {"pipeline": pipeline.name, **one, **figures(known.get(one["run"]))}
