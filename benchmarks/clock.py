"""Report what a run took, from inside its process. Needs only the standard library, so every environment has it."""

import json
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def report(run: Callable[[], dict[str, Any]]) -> None:
    """Run once and print the result, with seconds, processor time and the largest resident set."""
    seconds, cpu = time.perf_counter(), time.process_time()
    result = run()
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    # A line of its own: a progress bar may have left an unfinished one.
    print("\n" + json.dumps({**result, "seconds": seconds, "cpu": cpu, "peak": peak()}), flush=True)  # noqa: T201 -- the answer


def peak() -> int:
    """Return the largest resident set of this process and of its running children, in bytes."""
    own = Path("/proc/self/status")
    if not own.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Not ru_maxrss, which on Linux starts from the peak of the process that started this one.
    return _high_water(own) + sum(_high_water(Path(f"/proc/{child}/status")) for child in _descendants("self"))


def _high_water(status: Path) -> int:
    fields = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024 if "VmHWM" in fields else 0


def _descendants(process: str) -> Iterator[str]:
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text(encoding="ascii").split():
            yield child
            yield from _descendants(child)
