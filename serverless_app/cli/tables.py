"""Executions as tables for the terminal."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from etl.runs.ledger import RunRecord
from serverless_app.cli.chunks import Chunks, chunks_table, failures_table
from serverless_app.cli.console import console
from serverless_app.executions import RUNNING, SUCCEEDED, Execution, State

RUN_CHARACTERS = 8
_COUNTS = ("scanned", "records", "extracted", "rejected", "loaded", "duplicates", "published", "rows", "registered")
_FIGURES = ("rows_in", "rows_out", "rejected", "bytes")
_ITEMS = 3
"""How many items of a list in an input or output are shown."""


def period(start: str, end: str) -> str:
    """Return a short text of a window: whole days as dates, the year only once where it is the same."""
    if start[10:] == end[10:] == "T00:00:00Z":
        start, end = start[:10], end[:10]
    minutes = slice(None, len("2018-02-01 02:00"))
    return f"{start[minutes]} to {end[minutes].removeprefix(start[:5])}".replace("T", " ")


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Execution], None] | None]:
    """Yield a callback that shows an execution while it runs, or None when quiet."""
    if quiet:
        yield None
        return
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        yield lambda execution: live.update(Group(*_under_way(execution)))


def states_table(execution: Execution) -> Table:
    """Return the visited states with time and counts; all visits of a map's state share a row."""
    table = Table("state", "status", "seconds", "counts", box=SIMPLE_HEAD)
    for name, visits in _by_name(execution).items():
        first = visits[0]
        if len(visits) == 1:
            counts = "" if first.output == first.input else _counts(first.output)
            table.add_row(name, _status(execution, first), _seconds(first.seconds), counts)
        else:
            done = sum(1 for one in visits if one.exited is not None)
            failed = sum(len(one.failures) for one in visits)
            said = f"{done:,} of {len(visits):,} visits" + (f", {failed:,} attempts failed" if failed else "")
            table.add_row(name, said, _seconds(sum(one.seconds or 0 for one in visits)), "")
    return table


def references_table(execution: Execution) -> Table:
    """Return the input and output of each state, and the failures: references and counts, never data.

    Omits an input equal to the previous output, an output equal to its input, and the items of a map.
    """
    table = Table(Column(), Column(), Column(overflow="fold"), show_header=False, box=None)
    previous_output: Any = None
    for name, visits in _by_name(execution).items():
        state = visits[0]
        if len(visits) == 1:
            if state.input != previous_output:
                table.add_row(name, "input", _reference(state.input))
            if state.exited is not None and state.output != state.input:
                table.add_row(name, "output", _reference(state.output))
            previous_output = state.output
        for failure in (one for visit in visits for one in visit.failures):
            table.add_row(name, "failed", Text(failure, style="red"))
    return table


def run_tables(execution: Execution) -> list[Table]:
    """Return the outcome of a run: its chunks, its failures, and a summary."""
    chunks = Chunks(execution)
    found = [chunks_table(chunks)] if chunks.planned else []
    found += [failures_table(chunks.failed)] if chunks.failed else []
    return [*found, execution_table(execution)]


def run_document(execution: Execution) -> dict[str, Any]:
    """Return a run for JSON, with its chunks if it has any."""
    chunks = Chunks(execution)
    has_any = chunks.plans or chunks.failed
    return execution.to_dict() | ({"chunks": chunks.to_list(), "failed": chunks.failed} if has_any else {})


def execution_table(execution: Execution) -> Table:
    """Return the summary of an execution: its output, or why it failed."""
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
    """Return runs with the ledger's figures; names are cut to what `etl show` needs."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    for title in ("run", "pipeline", "status"):
        table.add_column(title, no_wrap=True)
    # A narrow terminal shows the date above the time.
    table.add_column("started", min_width=len("2018-02-01"))
    for title in ("seconds", "rows", "rejected", "bytes"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in found:
        started = one["started"].strftime("%Y-%m-%d %H:%M:%S")
        counts = ("" if one[name] is None else f"{one[name]:,}" for name in ("rows_out", "rejected", "bytes"))
        row = (one["run"][:RUN_CHARACTERS], one["pipeline"], _coloured(one["status"]), started)
        table.add_row(*row, _seconds(one["seconds"]), *counts)
    return table


def figures(record: RunRecord | None) -> dict[str, int | None]:
    """Return the ledger's row and byte counts of a run; None for each when it does not know the run."""
    return {name: None if record is None else getattr(record, name) for name in _FIGURES}


def _under_way(execution: Execution) -> Iterator[RenderableType]:
    yield states_table(execution)
    chunks = Chunks(execution)
    if chunks.planned:
        yield ProgressBar(total=chunks.planned, completed=len(chunks.results), width=60)
        yield f"{len(chunks.results):,} of {chunks.planned:,} chunks, {chunks.rows:,} rows"


def _by_name(execution: Execution) -> dict[str, list[State]]:
    found: dict[str, list[State]] = {}
    for state in execution.states:
        found.setdefault(state.name, []).append(state)
    return found


def _reference(value: Any) -> Text:
    return Text(json.dumps(_shortened(value), ensure_ascii=False))


def _shortened(value: Any) -> Any:
    """Return a value with long lists cut; `--json` shows them in full."""
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        more = [f"… and {len(value) - _ITEMS:,} more"] if len(value) > _ITEMS else []
        return [_shortened(one) for one in value[:_ITEMS]] + more
    return value


def _status(execution: Execution, state: State) -> Text:
    if state.exited is None:
        return _coloured(RUNNING if execution.status == RUNNING else execution.status)
    if not state.failures:
        return _coloured(SUCCEEDED)
    attempts = "an attempt" if len(state.failures) == 1 else f"{len(state.failures)} attempts"
    return Text(f"{attempts} failed: {state.failures[-1]}", style="yellow")


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
            if value:
                yield f"{prefix}{key}", "\n".join(map(str, value))
        else:
            yield f"{prefix}{key}", f"{value:,}" if isinstance(value, int) else str(value)
