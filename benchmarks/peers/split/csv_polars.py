"""polars: a lazy, typed scan that gives null where a value does not fit, what is null then left out.

python -m benchmarks.peers.split.csv_polars FILE OUT
"""

import sys
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.clock import report

_UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_SCHEMA = {
    "payment_id": pl.Int64,
    "payer": pl.String,
    "name": pl.String,
    "amount": pl.Decimal(12, 2),
    "rate": pl.Float64,
    "quantity": pl.Int32,
    "express": pl.Boolean,
    "day": pl.Date,
    "paid_at": pl.String,
    "local_at": pl.String,
    "status": pl.String,
    "comment": pl.String,
}


def split(file: str, out: Path) -> dict[str, Any]:
    """Write what polars can type and what keeps the rules; there is no record of the rest."""
    column = pl.col
    read = pl.scan_csv(file, schema=_SCHEMA, encoding="utf8-lossy", truncate_ragged_lines=True, ignore_errors=True)
    typed = read.with_columns(
        column("paid_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC", strict=False),
        column("local_at").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False),
    )
    typed.filter(
        pl.all_horizontal(pl.all().exclude("comment").is_not_null()),
        column("payer").str.contains(_UUID),
        column("name").str.len_chars() <= 40,  # noqa: PLR2004 -- the rule's
        column("rate").is_finite(),
        column("quantity").is_between(1, 1000),
        column("status").is_in(["new", "paid", "refunded"]),
    ).sink_parquet(out / "good.parquet", compression="snappy")
    return {"written": pl.scan_parquet(out / "good.parquet").select(pl.len()).collect().item(), "rejected": 0}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2])))
