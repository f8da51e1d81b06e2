"""polars: a lazy, typed scan of JSON lines.

python -m benchmarks.peers.split.json_polars FILE OUT
"""

import sys
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.clock import report

_SCHEMA = {
    "event_id": pl.Int64,
    "sequence": pl.Int64,
    "at": pl.String,
    "user": pl.Struct(
        {"id": pl.String, "name": pl.String, "address": pl.Struct({"city": pl.String, "postcode": pl.String})}
    ),
    "items": pl.List(pl.Struct({"sku": pl.String, "quantity": pl.Int32, "price": pl.Decimal(10, 2)})),
    "total": pl.Decimal(18, 4),
    "score": pl.Float64,
    "tags": pl.List(pl.String),
    "active": pl.Boolean,
    "note": pl.String,
}


def split(file: str, out: Path) -> dict[str, Any]:
    """Write what polars can type and what keeps the rules; there is no record of the rest."""
    column = pl.col
    typed = pl.scan_ndjson(file, schema=_SCHEMA, ignore_errors=True).with_columns(
        column("at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC", strict=False)
    )
    item = pl.element().struct
    typed.filter(
        pl.all_horizontal(pl.all().exclude("note").is_not_null()),
        column("user").struct.field("id").is_not_null(),
        column("user").struct.field("name").is_not_null(),
        column("user").struct.field("address").struct.field("city").is_not_null(),
        column("total") >= 0,
        column("score").is_finite(),
        column("items").list.eval(item.field("quantity").is_not_null() & item.field("price").is_not_null()).list.all(),
    ).sink_parquet(out / "good.parquet", compression="snappy")
    return {"written": pl.scan_parquet(out / "good.parquet").select(pl.len()).collect().item(), "rejected": 0}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2])))
