"""pointblank on polars: twenty validation steps over one frame.

python -m benchmarks.peers.quality.pointblank_polars FILE
"""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pointblank as pb
import polars as pl

from benchmarks.clock import report

_STATUS = ["new", "paid", "shipped", "delivered", "returned"]
_EMAIL = r"^[a-z0-9.]+@[a-z0-9-]+\.[a-z]{2,}$"
_MOST = Decimal("99999.99")


def failed(path: str) -> dict[str, Any]:
    """Count the rows that break each rule."""
    frame = pl.read_parquet(path)
    steps = pb.Validate(data=frame)
    for name, add in _STEPS:
        steps = add(steps, name)
    counts = steps.interrogate(collect_extracts=False).n_failed()
    found = {name: counts[number] for number, (name, _) in enumerate(_STEPS, start=1)}
    return {"failed": {name: int(count) for name, count in found.items()}}


def _never(condition: pl.Expr) -> pl.Expr:
    return ~condition.fill_null(value=False)


_STEPS: list[tuple[str, Any]] = [
    ("event_id required", lambda v, name: v.col_vals_not_null("event_id", brief=name)),
    ("event_id unique", lambda v, name: v.rows_distinct("event_id", pre=_given("event_id"), brief=name)),
    (
        "customer_id, sequence_no unique",
        lambda v, name: v.rows_distinct(["customer_id", "sequence_no"], brief=name),
    ),
    ("customer_id range", lambda v, name: v.col_vals_ge("customer_id", 1, na_pass=True, brief=name)),
    ("sequence_no range", lambda v, name: v.col_vals_between("sequence_no", 0, 1_000_000, na_pass=True, brief=name)),
    ("amount required", lambda v, name: v.col_vals_not_null("amount", brief=name)),
    (
        "amount range",
        # col_vals_between takes no Decimal.
        lambda v, name: v.col_vals_expr(_never(~pl.col("amount").is_between(Decimal(0), _MOST)), brief=name),
    ),
    (
        "weight range",
        lambda v, name: v.col_vals_between("weight", 0, 1000, inclusive=(False, True), na_pass=True, brief=name),
    ),
    ("active nulls", lambda v, name: v.col_vals_not_null("active", brief=name)),
    (
        "birth_date range",
        lambda v, name: v.col_vals_between(
            "birth_date", date(1900, 1, 1), date(2026, 12, 31), na_pass=True, brief=name
        ),
    ),
    (
        "created_at range",
        lambda v, name: v.col_vals_ge("created_at", datetime(2020, 1, 1, tzinfo=UTC), na_pass=True, brief=name),
    ),
    ("status allowed", lambda v, name: v.col_vals_expr(_never(~pl.col("status").is_in(_STATUS)), brief=name)),
    ("email pattern", lambda v, name: v.col_vals_regex("email", _EMAIL, na_pass=True, brief=name)),
    (
        "email length",
        lambda v, name: v.col_vals_expr(_never(pl.col("email").str.len_chars() > 60), brief=name),  # noqa: PLR2004 -- the rule's
    ),
    ("note nulls", lambda v, name: v.col_vals_not_null("note", brief=name)),
    (
        "new_not_shipped",
        lambda v, name: v.col_vals_expr(
            _never((pl.col("status") == "new") & pl.col("shipped_at").is_not_null()), brief=name
        ),
    ),
    (
        "paid_something",
        lambda v, name: v.col_vals_expr(_never((pl.col("status") == "paid") & (pl.col("amount") == 0)), brief=name),
    ),
    (
        "returned_was_shipped",
        lambda v, name: v.col_vals_expr(
            _never((pl.col("status") == "returned") & pl.col("shipped_at").is_null()), brief=name
        ),
    ),
    ("rows", lambda v, name: v.specially(lambda frame: [1000 <= frame.height <= 100_000_000], brief=name)),  # noqa: PLR2004 -- the rule's
    (
        "freshness",
        lambda v, name: v.specially(
            lambda frame: [frame["created_at"].max() >= datetime(2026, 10, 31, tzinfo=UTC)], brief=name
        ),
    ),
]


def _given(column: str) -> Any:
    return lambda frame: frame.filter(pl.col(column).is_not_null())


if __name__ == "__main__":
    report(lambda: failed(sys.argv[1]))
