"""The commands, by what a user wants: run a pipeline, look at runs, fill the source, handle the local cloud."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from serverless_app import executions
from serverless_app.cli import contract, local, quality, rejects, sample
from serverless_app.cli.console import AsJson, PipelineName, Where, console, errors, print_json, reporting
from serverless_app.cli.demo import demo
from serverless_app.cli.query import query
from serverless_app.cli.split import split
from serverless_app.cli.tables import execution_table, progress, references_table, runs_table, states_table
from serverless_app.pipelines import find_pipeline, pipelines
from serverless_app.target import TargetError, TargetName, open_target

app = typer.Typer(name="etl", help="Run the pipelines, here or in AWS.", no_args_is_help=True)
app.add_typer(contract.app, name="contract")
app.add_typer(local.app, name="local")
app.add_typer(quality.app, name="quality")
app.add_typer(rejects.app, name="rejects")
app.add_typer(sample.app, name="sample")
app.command()(demo)
app.command()(query)
app.command()(split)


@app.command()
def run(
    pipeline: PipelineName,
    *,
    date: Annotated[str | None, typer.Option(help="The day to run, in UTC: 2018-02-01.")] = None,
    start: Annotated[str | None, typer.Option(help="Where the window starts: 2018-02-01T02:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option(help="Where the window ends; not part of it.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--input", exists=True, dir_okay=False, help="A JSON file with the execution's input."),
    ] = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Run a pipeline over a window (by default the last 24 hours), follow it, and say what arrived where."""
    with reporting():
        request = _request(file, {"date": date, "start": start, "end": end})
        chosen = find_pipeline(pipeline)
        place = open_target(target)
        machine = place.outputs(chosen)["StateMachineArn"]
        states = place.client("stepfunctions")
        arn = executions.start(states, machine, request)
        try:
            with progress(quiet=as_json) as seen:
                execution = executions.follow(states, arn, every=place.poll_seconds, seen=seen)
        except KeyboardInterrupt:
            name = arn.rpartition(":")[2]
            errors.print(f"The run goes on without you: etl show {name} --target {target}", soft_wrap=True)
            raise
        if as_json:
            print_json(execution.to_dict())
        else:
            console.print(execution_table(execution))
    if execution.status != executions.SUCCEEDED:
        raise typer.Exit(1)


@app.command()
def runs(
    pipeline: Annotated[str | None, typer.Argument(help="Only those of this pipeline.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many of each pipeline.")] = 20,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """List the latest runs."""
    with reporting():
        chosen = [find_pipeline(pipeline)] if pipeline else pipelines()
        place = open_target(target)
        states = place.client("stepfunctions")
        found: list[dict[str, Any]] = []
        for one in chosen:
            machine = place.outputs(one)["StateMachineArn"]
            found += [{"pipeline": one.name, **row} for row in executions.latest(states, machine, limit=limit)]
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
        machines = [place.outputs(one)["StateMachineArn"] for one in pipelines()]
        execution = _find(place.client("stepfunctions"), machines, run)
        if as_json:
            print_json(execution.to_dict())
        else:
            console.print(states_table(execution), references_table(execution), execution_table(execution))


def _request(file: Path | None, window: dict[str, str | None]) -> dict[str, Any]:
    given = {key: value for key, value in window.items() if value is not None}
    if file is None:
        return given
    if given:
        raise typer.BadParameter("--input already says everything: leave out --date, --start and --end")
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise typer.BadParameter(f"{file} holds no JSON object")
    return document


def _find(states: Any, machines: list[str], run: str) -> executions.Execution:
    found = [arn for machine in machines for arn in executions.named(states, machine, run)]
    if not found:
        raise TargetError(f"there is no run {run!r}; `etl runs` lists those that there are")
    if len(found) > 1:
        raise TargetError(f"{len(found)} runs start with {run!r}; give more of the name")
    return executions.read(states, found[0])
