"""From the options of `etl run` to the input of an execution."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from etl.errors import InputError

_KEYS = {
    "etl_pipeline": ("date", "start", "end"),
    "lake_export": ("date", "start_date", "end_date", "tables", "force"),
}
"""Of the inputs of the pipelines that are known here; another one judges its input itself."""
_OPTIONS = {"tables": "table"}


def execution_input(pipeline: str, file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input that the options mean; refuse one that the pipeline does not know, by its name."""
    given = {key: value for key, value in options.items() if value not in (None, False, [])}
    if file is not None:
        return _from_file(file, given)
    known = _KEYS.get(pipeline, tuple(options))
    if unknown := [key for key in given if key not in known]:
        accepted = ", ".join(map(_option, known))
        raise InputError(f"{pipeline} knows no {_option(unknown[0])}; it takes {accepted}")
    return given


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


def _option(key: str) -> str:
    return f"--{_OPTIONS.get(key, key).replace('_', '-')}"
