"""Memory follows from the chunk and the threads, never from the file or from a line of it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PEAK_KIB = 512 * 1024
GROWTH_KIB = 80 * 1024
"""What allocators and threads differ by from run to run, and less than the file grows by."""


def _split(kind: str, *megabytes: int) -> list[list[int]]:
    """Return records read, records rejected and the peak in KiB, behind each file."""
    command = [sys.executable, "-m", "tests.integration.files.memory_probe", kind, *map(str, megabytes)]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [[int(figure) for figure in line.split()] for line in output.splitlines()]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_twice_the_file_takes_no_more_memory(kind: str) -> None:
    small, large = _split(kind, 100, 200)

    for read, rejected, peak in (small, large):
        assert rejected == read / 100
        assert peak < PEAK_KIB
    assert large[0] > 1.9 * small[0]
    assert large[2] - small[2] < GROWTH_KIB


def test_a_gigantic_line_is_not_held() -> None:
    ((read, rejected, peak),) = _split("line", 300)

    assert (read, rejected) == (2, 1)
    assert peak < 300 * 1024


def test_a_quote_that_is_never_closed_is_not_waited_for() -> None:
    ((read, rejected, peak),) = _split("quote", 40)

    # The line of the quote, and each row on 31 February.
    assert rejected == (read - 1) / 100 + 1
    assert peak < PEAK_KIB
