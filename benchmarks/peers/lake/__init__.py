"""Ways to export a table of PostgreSQL to Parquet files.

Each is started as `python -m benchmarks.peers.lake.WAY ADDRESS OUT FIRST LAST [MORE]`: libpq's address of the server,
the folder to write to, and the first and last day of the table. Each prints how many rows it wrote.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.clock import report


def parts_of(address: str) -> dict[str, str]:
    """Return the keywords and values of libpq's address."""
    return dict(part.split("=", 1) for part in address.split())


def url_of(address: str, scheme: str) -> str:
    """Return libpq's address as a URL."""
    parts = {key: quote(value, safe="") for key, value in parts_of(address).items()}
    return f"{scheme}://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{parts['dbname']}"


def days_of(first: date, last: date) -> Iterator[date]:
    """Yield the days, both included."""
    yield from (first + timedelta(days=number) for number in range((last - first).days + 1))


def folder_of(out: Path, day: date) -> Path:
    """Return the folder of a day's file."""
    return out / f"year={day:%Y}" / f"month={day:%m}" / f"day={day:%d}"


def measure(export: Callable[[str, Path], dict[str, Any]]) -> None:
    """Run a way that takes an address and a folder, and print its report."""
    report(lambda: export(sys.argv[1], Path(sys.argv[2])))
