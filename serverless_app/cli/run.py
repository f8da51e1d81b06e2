"""`etl run PIPELINE`: a command per pipeline, with an option for each word that its input may use."""

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from etl.errors import InputError
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.deployed import run_to_end
from serverless_app.cli.tables import run_document, run_tables
from serverless_app.executions import SUCCEEDED
from serverless_app.pipelines import Pipeline, find_pipeline, pipelines
from serverless_app.target import TargetName, open_target

_Text, _Texts, _Numbers = str | None, list[str] | None, list[int] | None
_WORDS: Mapping[str, tuple[Any, Any, tuple[str, ...], str]] = {
    "date": (_Text, None, ("--date",), "The day to run, in UTC: 2018-02-01."),
    "start": (_Text, None, ("--start",), "Where the window starts: 2018-02-01T02:00:00Z."),
    "end": (_Text, None, ("--end",), "Where the window ends; not part of it."),
    "start_date": (_Text, None, ("--start-date",), "The first day, in UTC."),
    "end_date": (_Text, None, ("--end-date",), "The last day, included."),
    "years": (_Numbers, None, ("--year",), "A year; may be repeated."),
    "months": (_Numbers, None, ("--month",), "A month of each of the years, from 1 to 12; may be repeated."),
    "datasets": (_Texts, None, ("--dataset", "--table"), "Only this dataset; may be repeated."),
    "force": (bool, False, ("--force",), "Also what has not changed since it was published."),
}
"""Type, default, option and help of each word of `etl.inputs` that a person writes."""
_File = Annotated[
    Path | None, typer.Option("--input", exists=True, dir_okay=False, help="A JSON file with the execution's input.")
]


class _Pipelines(TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        with reporting():
            find_pipeline(args[0])
        return super().resolve_command(ctx, args)


def run_commands() -> typer.Typer:
    """Return `etl run` with a command for each pipeline."""
    app = typer.Typer(
        cls=_Pipelines,
        subcommand_metavar="PIPELINE [OPTIONS]",
        help="Run a pipeline, by default over the window of its schedule; follow it, and show what it published.",
    )
    for pipeline in pipelines():
        app.command(pipeline.name, help=f"Run {pipeline.name}; without options, over the window of its schedule.")(
            _command(pipeline)
        )
    return app


def execution_input(pipeline: Pipeline, file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input that the options make; InputError names an option that the pipeline does not take."""
    given = {word: value for word, value in options.items() if value not in (None, False, [])}
    if file is not None:
        return _from_file(file, given)
    taken = [word for word in _WORDS if word in pipeline.declaration.words]
    if unknown := [word for word in given if word not in taken]:
        accepted = ", ".join(map(_option, taken))
        raise InputError(f"{pipeline.name} does not take {_option(unknown[0])}; it takes {accepted}")
    return given


def _command(pipeline: Pipeline) -> Callable[..., None]:
    """Return a command with every option; those of other pipelines are hidden, and refused by name."""

    def command(*, file: Path | None, target: TargetName, as_json: bool, **options: Any) -> None:
        _run(pipeline, file, options, target, as_json=as_json)

    words = pipeline.declaration.words
    kinds = {
        word: Annotated[kind, typer.Option(*names, help=text, hidden=word not in words)]
        for word, (kind, _, names, text) in _WORDS.items()
    } | {"file": _File, "target": Where, "as_json": AsJson}
    defaults = {word: default for word, (_, default, _, _) in _WORDS.items()}
    defaults |= {"file": None, "target": TargetName.LOCAL, "as_json": False}
    keyword = inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads it
        [inspect.Parameter(name, keyword, default=defaults[name], annotation=kind) for name, kind in kinds.items()]
    )
    command.__annotations__ = kinds
    return command


def _run(
    pipeline: Pipeline, file: Path | None, options: Mapping[str, Any], target: TargetName, *, as_json: bool
) -> None:
    with reporting():
        request = execution_input(pipeline, file, options)
        place = open_target(target)
        machine = place.outputs(pipeline)["StateMachineArn"]
        execution = run_to_end(place, machine, request, what="run", target=target, quiet=as_json)
        if as_json:
            print_json(run_document(execution))
        else:
            console.print(*run_tables(execution))
    if execution.status != SUCCEEDED:
        raise typer.Exit(1)


def _from_file(file: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    if given:
        raise typer.BadParameter(f"--input already says everything: leave out {', '.join(map(_option, given))}")
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise typer.BadParameter(f"{file} holds no JSON object")
    return document


def _option(word: str) -> str:
    return _WORDS[word][2][-1] if word == "datasets" else _WORDS[word][2][0]
