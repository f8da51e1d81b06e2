"""The project's own engine on DuckDB, as a function runs it.

python -m benchmarks.peers.quality.engine FILE THREADS
"""

import sys
from pathlib import Path
from typing import Any

# Imported before the clock starts, as every way does with what it needs.
import duckdb  # noqa: F401
import numpy as np  # noqa: F401
import pyarrow as pa  # noqa: F401
import sqlglot.dialects.duckdb
import sqlglot.dialects.postgres  # noqa: F401

from benchmarks.clock import report
from benchmarks.peers.quality.scorecards import CONTRACT, WINDOW_END, counts
from etl.contracts.reader import read_contract
from etl.quality.duckdb_engine import check


def failed(path: str, threads: int) -> dict[str, Any]:
    """Count the rows that break each rule."""
    card = check([Path(path)], read_contract(CONTRACT), window_end=WINDOW_END, threads=threads)
    return {"failed": counts(card)}


if __name__ == "__main__":
    report(lambda: failed(sys.argv[1], int(sys.argv[2])))
