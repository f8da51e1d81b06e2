"""polars: one lazy query over the file, every rule an expression written by hand.

python -m benchmarks.peers.quality.polars_by_hand FILE
"""

import sys
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from benchmarks.clock import report

_STATUS = ["new", "paid", "shipped", "delivered", "returned"]
_EMAIL = r"^[a-z0-9.]+@[a-z0-9-]+\.[a-z]{2,}$"


def failed(path: str) -> dict[str, Any]:
    """Count the rows that break each rule."""
    column = pl.col
    key = pl.struct("customer_id", "sequence_no")
    paired = column("customer_id").is_not_null() & column("sequence_no").is_not_null()
    counts = {
        "event_id required": column("event_id").null_count(),
        "event_id unique": column("event_id").count() - column("event_id").drop_nulls().n_unique(),
        "customer_id, sequence_no unique": paired.sum() - key.filter(paired).n_unique(),
        "customer_id range": (column("customer_id") < 1).sum(),
        "sequence_no range": (~column("sequence_no").is_between(0, 1_000_000)).sum(),
        "amount required": column("amount").null_count(),
        "amount range": (~column("amount").is_between(0, pl.lit("99999.99").cast(pl.Decimal(12, 2)))).sum(),
        "weight range": (~((column("weight") > 0) & (column("weight") <= 1000))).sum(),  # noqa: PLR2004 -- the rule's
        "active nulls": column("active").null_count(),
        "birth_date range": (~column("birth_date").is_between(date(1900, 1, 1), date(2026, 12, 31))).sum(),
        "created_at range": (column("created_at") < datetime(2020, 1, 1, tzinfo=UTC)).sum(),
        "status allowed": (~column("status").is_in(_STATUS)).sum(),
        "email pattern": (~column("email").str.contains(_EMAIL)).sum(),
        "email length": (column("email").str.len_chars() > 60).sum(),  # noqa: PLR2004 -- the rule's
        "note nulls": column("note").null_count(),
        "new_not_shipped": ((column("status") == "new") & column("shipped_at").is_not_null()).sum(),
        "paid_something": ((column("status") == "paid") & (column("amount") == 0)).sum(),
        "returned_was_shipped": ((column("status") == "returned") & column("shipped_at").is_null()).sum(),
        "rows": ~pl.len().is_between(1000, 100_000_000),
        "freshness": column("created_at").max() < datetime(2026, 10, 31, tzinfo=UTC),
    }
    found = pl.scan_parquet(path).select(**counts).collect(engine="streaming").row(0, named=True)
    return {"failed": {name: int(count) for name, count in found.items()}}


if __name__ == "__main__":
    report(lambda: failed(sys.argv[1]))
