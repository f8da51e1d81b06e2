"""Several ways to do the same work, measured in turns so that a busy machine slows all of them."""

import argparse
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks.environments import interpreter
from benchmarks.measuring import MACHINE, MEGABYTE, run_fresh

AnyWay = TypeVar("AnyWay", bound="Way")
REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A program that does the work: a module, what it is told besides the input, and what has to be installed."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    cannot: str = ""
    """What of the work the way does not do."""

    def run(self, cache: Path, inputs: Sequence[str]) -> dict[str, Any]:
        """Do the work once in a fresh process and return its report."""
        command = [str(interpreter(self.requirements, cache)), "-m", self.module, *inputs, *self.arguments]
        return run_fresh(command, {"PYTHONPATH": str(REPOSITORY), **dict(self.environment)})


@dataclass(frozen=True, slots=True)
class Runs:
    """All reports of one way, in the order of the rounds; `failed` says that it could not do the work at all."""

    way: Way
    reports: list[dict[str, Any]]
    verdict: str = ""
    failed: bool = False

    def cells(self, rows: int) -> list[str]:
        """Return the medians as text."""
        if self.failed:
            return [self.way.name, "failed", "", "", "", self.verdict]
        seconds = median(report["seconds"] for report in self.reports)
        least = min(report["seconds"] for report in self.reports)
        peak = median(report["peak"] for report in self.reports) / MEGABYTE
        said = "; ".join(part for part in (self.verdict, self.way.cannot) if part)
        return [self.way.name, f"{seconds:.2f}", f"{least:.2f}", f"{rows / seconds:,.0f}", f"{peak:,.0f}", said]


def parser(description: str, rows: int) -> argparse.ArgumentParser:
    """Return a parser of what every comparison of ways can be asked."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--rows", type=int, default=rows)
    made.add_argument("--rounds", type=int, default=3, help="how often each way is run; medians count")
    made.add_argument("--only", type=lambda text: text.split(","), default=[], help="names of ways, by commas")
    made.add_argument("--cache", type=Path, help="folder to keep the peers' environments in; else they are made anew")
    made.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return made


def chosen(ways: Sequence[AnyWay], only: Sequence[str]) -> list[AnyWay]:
    """Return the ways that were asked for, or all when none was."""
    if unknown := set(only) - {way.name for way in ways}:
        raise SystemExit(f"--only {unknown.pop()}: no such way; there are " + ", ".join(way.name for way in ways))
    return [way for way in ways if not only or way.name in only]


def take_turns(
    ways: Sequence[AnyWay],
    rounds: int,
    run: Callable[[AnyWay], dict[str, Any]],
    judge: Callable[[AnyWay, Mapping[str, Any]], str],
) -> list[Runs]:
    """Run all ways, round by round, and judge the first report of each; a way that fails is out."""
    done = {way.name: Runs(way, []) for way in ways}
    for number in range(rounds):
        for way in ways:
            if done[way.name].failed:
                continue
            try:
                report = run(way)
            except subprocess.CalledProcessError as error:
                done[way.name] = Runs(way, [], f"ended with exit code {error.returncode}", failed=True)
                continue
            done[way.name].reports.append(report)
            if number == 0:
                done[way.name] = Runs(way, [report], judge(way, report))
    return list(done.values())


def show(title: str, caption: str, rows: int, done: Sequence[Runs], *, markdown: bool) -> None:
    """Print the medians of all ways, under the machine that they were measured on."""
    headers = ["way", "median s", "least s", "rows/s", "peak MB", "result"]
    cells = [runs.cells(rows) for runs in done]
    caption = f"{caption} Each run in a fresh process. {MACHINE}"
    if markdown:
        lines = [headers, ["---", "---:", "---:", "---:", "---:", "---"], *cells]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        print(f"### {title}\n\n{text}\n\n{caption}\n")  # noqa: T201 -- what was asked for, to be copied
        return
    made = Table(title=title, caption=caption)
    for name in headers:
        made.add_column(name, justify="left" if name in {"way", "result"} else "right")
    for line in cells:
        made.add_row(*line)
    Console().print(made)
