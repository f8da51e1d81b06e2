"""Executions as tables for the terminal."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from serverless_app.cli.console import console
from serverless_app.executions import RUNNING, SUCCEEDED, Execution, State

RUN_CHARACTERS = 8
_COUNTS = ("scanned", "records", "extracted", "rejected", "loaded", "duplicates")


def period(start: str, end: str) -> str:
    """Return a window in few characters: whole days as days, the end without the year that the start has."""
    if start[10:] == end[10:] == "T00:00:00Z":
        start, end = start[:10], end[:10]
    minutes = slice(None, len("2018-02-01 02:00"))
    return f"{start[minutes]} to {end[minutes].removeprefix(start[:5])}".replace("T", " ")


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Execution], None] | None]:
    """Yield what shows an execution while it goes on; nothing is shown when quiet."""
    if quiet:
        yield None
        return
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        yield lambda execution: live.update(states_table(execution))


def states_table(execution: Execution) -> Table:
    """Return the states that an execution went through, with time and counts."""
    table = Table("state", "status", "seconds", "counts", box=SIMPLE_HEAD)
    for state in execution.states:
        table.add_row(state.name, _status(execution, state), _seconds(state.seconds), _counts(state.output))
    return table


def references_table(execution: Execution) -> Table:
    """Return what each state was given and what it made of it: references and counts, never data.

    What a state was given is left out where it is what the one before made.
    """
    table = Table(Column(), Column(), Column(overflow="fold"), show_header=False, box=None)
    made: Any = None
    for state in execution.states:
        if state.input != made:
            table.add_row(state.name, "input", Text(json.dumps(state.input)))
        if state.exited is not None:
            table.add_row(state.name, "output", Text(json.dumps(state.output)))
        for failure in state.failures:
            table.add_row(state.name, "failed", Text(failure, style="red"))
        made = state.output
    return table


def execution_table(execution: Execution) -> Table:
    """Return what an execution did, or why it failed."""
    table = Table(show_header=False, box=None)
    table.add_row("run", execution.run)
    table.add_row("status", _coloured(execution.status))
    table.add_row("seconds", _seconds(execution.seconds))
    if execution.error is not None:
        table.add_row("error", Text(f"{execution.error}: {execution.cause}", style="red"))
    elif isinstance(execution.output, dict):
        for key, value in _flat(execution.output):
            table.add_row(key, Text(value))
    return table


def runs_table(found: list[dict[str, Any]]) -> Table:
    """Return a list of runs; their names are cut to what `etl show` needs."""
    table = Table("run", "pipeline", "status", "started", "seconds", box=SIMPLE_HEAD)
    for one in found:
        started = one["started"].strftime("%Y-%m-%d %H:%M:%S")
        name = one["run"][:RUN_CHARACTERS]
        table.add_row(name, one["pipeline"], _coloured(one["status"]), started, _seconds(one["seconds"]))
    return table


def _status(execution: Execution, state: State) -> Text:
    if state.exited is None:
        return _coloured(RUNNING if execution.status == RUNNING else execution.status)
    if not state.failures:
        return _coloured(SUCCEEDED)
    return Text(f"attempt {len(state.failures)} failed: {state.failures[-1]}", style="yellow")


def _coloured(status: str) -> Text:
    return Text(status.lower(), style={SUCCEEDED: "green", RUNNING: "cyan"}.get(status, "red"))


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def _counts(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    return "  ".join(f"{name} {output[name]:,}" for name in _COUNTS if isinstance(output.get(name), int))


def _flat(output: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in output.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", "\n".join(map(str, value))
        else:
            yield f"{prefix}{key}", f"{value:,}" if isinstance(value, int) else str(value)
