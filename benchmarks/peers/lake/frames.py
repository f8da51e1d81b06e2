"""pandas, as the page has it: a query to a frame, and the frame to Parquet; the whole table at once, or day by day.

Documents are read as text: the driver makes objects of them, which Parquet cannot take where their items are mixed.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg2  # type: ignore[import-untyped]  # a peer's
import pyarrow as pa  # noqa: F401 -- to_parquet would import it after the clock has started

from benchmarks.clock import report
from benchmarks.peers.lake import days_of, folder_of

_ALL = "SELECT id, name, status, payload::text, amount, quantity, active, created_at, updated_at FROM transfers"
_DAY = f"{_ALL} WHERE created_at >= %s AND created_at < %s ORDER BY created_at"


def export(address: str, out: Path, first: date, last: date, way: str) -> dict[str, Any]:
    """Write one file, or one for each day."""
    with psycopg2.connect(address) as connection:
        if way == "whole":
            return {"rows": _write(pd.read_sql_query(_ALL, connection), out)}
        return {"rows": sum(_export_day(connection, day, out) for day in days_of(first, last))}


def _export_day(connection: Any, day: date, out: Path) -> int:
    window = (f"{day} 00:00:00+00", f"{day + timedelta(days=1)} 00:00:00+00")
    folder = folder_of(out, day)
    folder.mkdir(parents=True)
    return _write(pd.read_sql_query(_DAY, connection, params=window), folder)


def _write(frame: pd.DataFrame, folder: Path) -> int:
    frame.to_parquet(folder / "data.parquet", engine="pyarrow", compression="snappy", index=False)
    return len(frame)


if __name__ == "__main__":
    first_day, last_day = map(date.fromisoformat, sys.argv[3:5])
    report(lambda: export(sys.argv[1], Path(sys.argv[2]), first_day, last_day, sys.argv[5]))
