"""`etl demo`: what `make run` shows, from an empty cloud to loaded rows."""

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from serverless_app.cli.console import AsJson, PipelineName, console, print_json, reporting
from serverless_app.cli.query import Output, ask, query
from serverless_app.cli.tables import period
from serverless_app.executions import SUCCEEDED, Execution
from serverless_app.pipelines import find_pipeline
from serverless_app.pipelines.demos import FIRST, demo_of
from serverless_app.target import LocalTarget


def demo(pipeline: PipelineName = FIRST, *, as_json: AsJson = False) -> None:
    """Start the local cloud, deploy, load the sample, run every scheduled day, and query the result."""
    with reporting():
        chosen = find_pipeline(pipeline)
        shown = demo_of(chosen)
        clock = _Clock(silent=as_json)
        target = LocalTarget()
        clock.say(f"local cloud up at {target.cloud.endpoint_url}")
        outputs = target.outputs(chosen)
        clock.say(f"{chosen.stack} deployed from this checkout")
        before = shown.arrived(target, outputs)
        sample = shown.load_sample(target, outputs, file=None, rows=None, replace=False)
        clock.say(f"{sample:,} records of {shown.SAMPLE} in the source")
        played: list[Execution] = []
        for execution in shown.play(target, outputs):
            played.append(execution)
            clock.say(f"run {execution.run}: {execution.status.lower()}")
        after, standing = shown.arrived(target, outputs), shown.standing(target, outputs)
        question = shown.question(outputs)
        target.cloud.save()
        if as_json:
            document = {"sample": sample, "standing": standing, "runs": [one.to_dict() for one in played]}
            document |= {"before": before, "after": after}
            if question is not None:
                document["answer"] = asdict(ask(target, **asdict(question), location=None))
            print_json(document)
        else:
            console.print(_table(played, shown.COUNTS))
            for one in played:
                if one.status != SUCCEEDED:
                    console.print(Text(f"{one.run}: {one.error}: {one.cause}\n", style="red"), soft_wrap=True)
            if question is not None:
                console.print(f"etl query {shlex.quote(question.statement)}", highlight=False, soft_wrap=True)
                query(**asdict(question), output=Output.TABLE)
            console.print(_conclusion(standing, before, after), highlight=False, soft_wrap=True)
    if any(execution.status != SUCCEEDED for execution in played):
        raise typer.Exit(1)


class _Clock:
    """Prints each finished step with its duration."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._last = time.perf_counter()

    def say(self, what: str) -> None:
        now = time.perf_counter()
        if not self._silent:
            console.print(f"[cyan]{now - self._last:6.2f} s[/]  {what}", highlight=False)
        self._last = now


def _table(played: Sequence[Execution], counts: Sequence[str]) -> Table:
    # The table has to fit into 80 characters.
    layout: dict[str, Any] = {"box": SIMPLE_HEAD, "collapse_padding": True, "pad_edge": False, "show_footer": True}
    table = Table(Column("window (UTC)", no_wrap=True), *counts, "seconds", **layout)
    for column, total in zip(table.columns[1:], (_total(played, count) for count in counts), strict=False):
        column.justify, column.footer = "right", f"{total:,}"
    for one in played:
        if one.status == SUCCEEDED:
            numbers = (f"{one.output[count]:,}" for count in counts)
            table.add_row(_window(**one.output["window"]), *numbers, f"{one.seconds:.2f}")
    return table


def _window(start: str, end: str) -> str:
    """Return a short text of a window; a whole day is its date."""
    is_day = datetime.fromisoformat(end) - datetime.fromisoformat(start) == timedelta(days=1)
    return start[: len("2018-02-01")] if is_day and start.endswith("T00:00:00Z") else period(start, end)


def _total(played: Sequence[Execution], count: str) -> int:
    return sum(one.output[count] for one in played if one.status == SUCCEEDED)


def _conclusion(standing: int, before: dict[str, Any], after: dict[str, Any]) -> str:
    state = "unchanged by this run" if before == after else f"before there were {before['records']:,}"
    return (
        f"{after['records']:,} of {standing:,} records stand in {after['where']}, {state}; the others lie"
        " outside these windows or were rejected.\n"
        f"SHA-256 of its content: {after['sha256']}\n"
        "The local cloud keeps running. Look around: etl runs, etl show RUN, etl local status. Stop it: etl local down."
    )
