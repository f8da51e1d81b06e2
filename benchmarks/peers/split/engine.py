"""The project's own split, as a function runs it.

python -m benchmarks.peers.split.engine FILE OUT payments|events THREADS
"""

import sys
from pathlib import Path
from typing import Any

# Imported before the clock starts, as every way does with what it needs; pyarrow imports pandas where it is installed.
import duckdb  # noqa: F401
import pandas as pd  # noqa: F401

import etl.quality.expressions  # noqa: F401
from benchmarks.clock import report
from etl.contracts.reader import read_contract
from etl.extract.files import Limits, split_to_parquet

_CONTRACTS = Path(__file__).parents[2] / "contracts"
_FORMATS = {"payments": "csv", "events": "jsonl"}


def split(file: str, out: Path, dataset: str, threads: int) -> dict[str, Any]:
    """Write the good rows, and the rejects with their reasons."""
    summary = split_to_parquet(
        Path(file),
        read_contract(_CONTRACTS / f"{dataset}.yaml"),
        out / "good.parquet",
        out / "rejects.jsonl",
        format=_FORMATS[dataset],
        limits=Limits(threads=threads),
    )
    return {"written": summary.good, "rejected": summary.rejected, "codes": dict(summary.reasons)}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
