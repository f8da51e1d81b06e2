"""Memory follows from the size of a batch, never from the size of the table."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEW, MANY = 100_000, 300_000
GROWTH_KIB = 8 * 1024
PEAK_KIB = 200 * 1024


@pytest.mark.parametrize("stage", ["extract", "transform", "load"])
def test_three_times_the_records_take_no_more_memory(stage: str) -> None:
    command = [sys.executable, "-m", "tests.integration.memory_probe", stage, str(FEW), str(MANY)]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    (few, peak_of_few), (many, peak_of_many) = (map(int, line.split()) for line in output.splitlines())

    assert (few, many) == (FEW, MANY)
    assert peak_of_many - peak_of_few < GROWTH_KIB
    assert peak_of_many < PEAK_KIB
