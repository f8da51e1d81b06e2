"""`etl demo`: what `make run` does, from nothing to rows."""

import importlib
import time
from collections.abc import Sequence
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from serverless_app.cli.console import AsJson, PipelineName, console, print_json, reporting
from serverless_app.cli.tables import period
from serverless_app.executions import SUCCEEDED, Execution
from serverless_app.pipelines import find_pipeline
from serverless_app.target import LocalTarget

_COUNTS = ("extracted", "rejected", "loaded")


def demo(pipeline: PipelineName = "etl_pipeline", *, as_json: AsJson = False) -> None:
    """Bring the local cloud up, deploy, load the sample, and run every scheduled day of it."""
    with reporting():
        chosen = find_pipeline(pipeline)
        module = importlib.import_module(f"serverless_app.demos.{chosen.name}")
        clock = _Clock(silent=as_json)
        target = LocalTarget()
        clock.say(f"local cloud up at {target.cloud.endpoint_url}")
        outputs = target.outputs(chosen)
        clock.say(f"{chosen.stack} deployed from this checkout")
        before = module.arrived(target, outputs)
        sample = module.load_sample(target, outputs)
        clock.say(f"{sample:,} records of {module.SAMPLE.name} in the source")
        played: list[Execution] = []
        for execution in module.play(target, outputs):
            played.append(execution)
            clock.say(f"run {execution.run}: {execution.status.lower()}")
        after = module.arrived(target, outputs)
        target.cloud.save()
    if as_json:
        print_json({"sample": sample, "runs": [one.to_dict() for one in played], "before": before, "after": after})
    else:
        console.print(_table(played))
        console.print(_conclusion(sample, before, after), highlight=False, soft_wrap=True)
    if any(execution.status != SUCCEEDED for execution in played):
        raise typer.Exit(1)


class _Clock:
    """Says what has been done, and how long it took."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._last = time.perf_counter()

    def say(self, what: str) -> None:
        now = time.perf_counter()
        if not self._silent:
            console.print(f"[cyan]{now - self._last:6.2f} s[/]  {what}", highlight=False)
        self._last = now


def _table(played: Sequence[Execution]) -> Table:
    table = Table("window (UTC)", *_COUNTS, "seconds", box=SIMPLE_HEAD, show_footer=True)
    for column, total in zip(table.columns[1:], (_total(played, count) for count in _COUNTS), strict=False):
        column.justify, column.footer = "right", f"{total:,}"
    for one in played:
        if one.error:
            table.add_row(Text(f"{one.error}: {one.cause}", style="red"))
            continue
        counts = (f"{one.output[count]:,}" for count in _COUNTS)
        table.add_row(period(**one.output["window"]), *counts, f"{one.seconds:.2f}")
    return table


def _total(played: Sequence[Execution], count: str) -> int:
    return sum(one.output[count] for one in played if one.status == SUCCEEDED)


def _conclusion(sample: int, before: dict[str, Any], after: dict[str, Any]) -> str:
    state = "unchanged by this run" if before == after else f"before there were {before['records']:,}"
    return (
        f"{after['records']:,} of {sample:,} records stand in {after['where']}, {state}; the others lie"
        " outside these windows or were rejected.\n"
        f"SHA-256 of its content: {after['sha256']}\n"
        "The local cloud keeps running. Look around: etl runs, etl show RUN, etl local status. Stop it: etl local down."
    )
