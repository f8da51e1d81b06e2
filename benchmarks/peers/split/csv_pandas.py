"""pandas: text columns, conversions that give NaN where they fail, what is missing then left out.

python -m benchmarks.peers.split.csv_pandas FILE OUT whole|chunks
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.clock import report
from benchmarks.peers.split.csv_pyarrow import SCHEMA

_CHUNK = 250_000
_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


def split(file: str, out: Path, how: str) -> dict[str, Any]:
    """Write what pandas can type and what keeps the rules; there is no record of the rest."""
    written = 0
    with pq.ParquetWriter(out / "good.parquet", SCHEMA) as writer:
        for frame in _frames(file, how):
            good = _typed(frame)
            writer.write_table(_table(good))
            written += len(good)
    return {"written": written, "rejected": 0}


def _frames(file: str, how: str) -> Iterator[pd.DataFrame]:
    options: dict[str, Any] = {"dtype": str, "on_bad_lines": "skip", "encoding_errors": "replace"}
    if how == "whole":
        yield pd.read_csv(file, **options)
    else:
        yield from pd.read_csv(file, chunksize=_CHUNK, **options)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    for name in ("payment_id", "amount", "rate", "quantity"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    frame["express"] = frame["express"].map({"true": True, "false": False})
    frame["day"] = pd.to_datetime(frame["day"], format="%Y-%m-%d", errors="coerce")
    frame["paid_at"] = pd.to_datetime(frame["paid_at"], format="%Y-%m-%dT%H:%M:%SZ", errors="coerce", utc=True)
    frame["local_at"] = pd.to_datetime(frame["local_at"], format="%Y-%m-%dT%H:%M:%S", errors="coerce")
    good = frame.dropna(subset=[name for name in frame.columns if name != "comment"])
    return good[
        good["payer"].str.fullmatch(_UUID)
        & (good["name"].str.len() <= 40)  # noqa: PLR2004 -- the rule's
        & good["rate"].between(float("-inf"), float("inf"), inclusive="neither")
        & good["quantity"].between(1, 1000)
        & (good["amount"].abs() < 10**10)
        & good["status"].isin(["new", "paid", "refunded"])
    ]


def _table(frame: pd.DataFrame) -> pa.Table:
    # pandas has no decimals: they are rounded from its floats, as are the integers that a column with gaps holds.
    exact = frame.assign(
        amount=pa.array(frame["amount"].round(2), pa.float64(), from_pandas=True).cast(pa.decimal128(12, 2)),
        quantity=frame["quantity"].astype("int32"),
        payment_id=frame["payment_id"].astype("int64"),
        express=frame["express"].astype(bool),
    )
    return pa.Table.from_pandas(exact, schema=SCHEMA, preserve_index=False)


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
