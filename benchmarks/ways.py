"""Several ways to do the same work, measured in turns so that a busy machine slows all of them alike."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks import tables

AnyWay = TypeVar("AnyWay", bound="Way")
REPOSITORY = Path(__file__).parents[1]
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A program that does the work: a module, its arguments after the input, and the packages that it needs."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    """Installed into an environment of its own; none means this project's environment."""
    environment: tuple[tuple[str, str], ...] = ()
    cannot: str = ""
    """The part of the work that the way does not do."""

    def run(self, cache: Path, inputs: Sequence[str]) -> dict[str, Any]:
        """Do the work once in a fresh process and return its report."""
        command = [str(_interpreter(self.requirements, cache)), "-m", self.module, *inputs, *self.arguments]
        return run_fresh(command, {"PYTHONPATH": str(REPOSITORY), **dict(self.environment)})


@dataclass(frozen=True, slots=True)
class Runs:
    """All reports of one way, in the order of the rounds; `failed` says that it could not do the work."""

    way: Way
    reports: list[dict[str, Any]]
    verdict: str = ""
    failed: bool = False

    def cells(self, rows: int) -> list[str]:
        """Return the medians as text."""
        if self.failed:
            return [self.way.name, "failed", "", "", "", self.verdict]
        taken = [report["seconds"] for report in self.reports]
        peak = median(report["peak"] for report in self.reports) / MEGABYTE
        result = "; ".join(part for part in (self.verdict, self.way.cannot) if part)
        seconds = median(taken)
        return [self.way.name, f"{seconds:.2f}", f"{min(taken):.2f}", f"{rows / seconds:,.0f}", f"{peak:,.0f}", result]


def run_fresh(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Run a program in a process of its own; return the report that it prints last, by `benchmarks.clock`."""
    done = subprocess.run(  # noqa: S603 -- our own programs
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def parser(description: str, rows: int) -> argparse.ArgumentParser:
    """Return a parser of the options that all comparisons share."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--rows", type=int, default=rows)
    made.add_argument("--rounds", type=int, default=3, help="how often each way is run; medians count")
    made.add_argument("--only", type=lambda text: text.split(","), default=[], help="names of ways, by commas")
    made.add_argument("--cache", type=Path, help="folder to keep the peers' environments in; else they are made anew")
    made.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return made


def chosen(ways: Sequence[AnyWay], only: Sequence[str]) -> list[AnyWay]:
    """Return the ways named in `only`, or all when it is empty."""
    if unknown := set(only) - {way.name for way in ways}:
        raise SystemExit(f"--only {unknown.pop()}: no such way; there are " + ", ".join(way.name for way in ways))
    return [way for way in ways if not only or way.name in only]


def take_turns(
    ways: Sequence[AnyWay],
    rounds: int,
    run: Callable[[AnyWay], dict[str, Any]],
    judge: Callable[[AnyWay, Mapping[str, Any]], str],
) -> list[Runs]:
    """Run all ways, round by round, and judge the first report of each; a way that fails is not run again."""
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
    """Print the medians of all ways."""
    headers = ["way", "median s", "least s", "rows/s", "peak MB", "result"]
    lines = [runs.cells(rows) for runs in done]
    caption = f"{caption} Each run in a fresh process."
    tables.show(title, caption, headers, lines, texts={"way", "result"}, markdown=markdown)


def _interpreter(requirements: Sequence[str], cache: Path) -> Path:
    """Return a Python that has the requirements and nothing else; made once, then found again in the cache."""
    if not requirements:
        return Path(sys.executable)
    name = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:16]
    made, python = cache / name / "made", cache / name / "bin" / "python"
    if not made.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", cache / name], check=True)  # noqa: S603 -- our own
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirements]
        subprocess.run(install, check=True)  # noqa: S603 -- our own
        made.touch()
    return python
