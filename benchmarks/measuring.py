"""Measurements in processes of their own, so that no peak of memory is another's."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MACHINE = (
    f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()},"
    f" {os.cpu_count()} processors."
)
"""What a table of figures was measured on."""

MEGABYTE = 1_000_000

Stage = Literal["extract", "transform", "load"]
Way = Literal["handler", "plain", "floor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a process took to put so many records through a stage."""

    records: int
    seconds: float
    cpu: float
    """Seconds of processor time."""
    peak: int
    """The largest resident set, in bytes."""


def measure(
    stage: Stage, way: Way, *, records: int, file: Path, table: str, environment: Mapping[str, str]
) -> Measured:
    """Run a stage once in a fresh interpreter."""
    command = [sys.executable, "-m", "benchmarks.worker", stage, way, str(records), str(file), table]
    measured = Measured(**run_fresh(command, environment))
    if measured.records != records:
        raise RuntimeError(f"{stage} ({way}) took {measured.records} records of {records}: nothing was measured")
    return measured


def run_fresh(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Run a program that reports by `benchmarks.clock`, and return what its last line says."""
    done = subprocess.run(  # noqa: S603 -- our own programs
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
