"""pandera on polars: one schema, validated lazily, so that every failure is reported.

python -m benchmarks.peers.quality.pandera_polars FILE
"""

import sys
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from benchmarks.clock import report

_STATUS = ["new", "paid", "shipped", "delivered", "returned"]
_EMAIL = r"^[a-z0-9.]+@[a-z0-9-]+\.[a-z]{2,}$"
_CLOSED = "customer_id, sequence_no unique"


def failed(path: str) -> dict[str, Any]:
    """Count the rows that break each rule."""
    frame = pl.read_parquet(path)
    found: Counter[str] = Counter()
    try:
        _schema().validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.group_by("column", "check").len()
        for column, check, count in cases.iter_rows():
            found[_name(column, check)] += count
    # A schema says whether a rate is kept; how many nulls there were is not in its report.
    for column in ("active", "note"):
        found[f"{column} nulls"] += frame[column].null_count()
    return {"failed": {name: found[name] for name in _NAMES}}


_NAMES = (
    "event_id required",
    "event_id unique",
    _CLOSED,
    "customer_id range",
    "sequence_no range",
    "amount required",
    "amount range",
    "weight range",
    "active nulls",
    "birth_date range",
    "created_at range",
    "status allowed",
    "email pattern",
    "email length",
    "note nulls",
    "new_not_shipped",
    "paid_something",
    "returned_was_shipped",
    "rows",
    "freshness",
)


def _name(column: str | None, check: str) -> str:
    if check == "not_nullable":
        return f"{column} required"
    if check == "field_uniqueness":
        return f"{column} unique"
    return _CLOSED if "multiple_fields_uniqueness" in check else check


def _schema() -> pa.DataFrameSchema:
    column, check = pa.Column, pa.Check
    return pa.DataFrameSchema(
        {
            "event_id": column(pl.String, unique=True),
            "customer_id": column(pl.Int64, check.ge(1, error="customer_id range"), nullable=True),
            "sequence_no": column(pl.Int32, check.in_range(0, 1_000_000, error="sequence_no range"), nullable=True),
            "amount": column(pl.Decimal(12, 2), check.in_range(Decimal(0), Decimal("99999.99"), error="amount range")),
            "weight": column(
                pl.Float64, check.in_range(0, 1000, include_min=False, error="weight range"), nullable=True
            ),
            "active": column(pl.Boolean, _null_rate("active", 0.01), nullable=True),
            "birth_date": column(
                pl.Date, check.in_range(date(1900, 1, 1), date(2026, 12, 31), error="birth_date range"), nullable=True
            ),
            "created_at": column(
                pl.Datetime("us", "UTC"),
                [check.ge(datetime(2020, 1, 1, tzinfo=UTC), error="created_at range"), _fresh()],
                nullable=True,
            ),
            "shipped_at": column(pl.Datetime("us"), nullable=True),
            "status": column(pl.String, check.isin(_STATUS, error="status allowed"), nullable=True),
            "email": column(
                pl.String,
                [check.str_matches(_EMAIL, error="email pattern"), check.str_length(0, 60, error="email length")],
                nullable=True,
            ),
            "note": column(pl.String, _null_rate("note", 0.2), nullable=True),
        },
        checks=[
            _never("new_not_shipped", (pl.col("status") == "new") & pl.col("shipped_at").is_not_null()),
            _never("paid_something", (pl.col("status") == "paid") & (pl.col("amount") == 0)),
            _never("returned_was_shipped", (pl.col("status") == "returned") & pl.col("shipped_at").is_null()),
            check(lambda data: data.lazyframe.select(pl.len().is_between(1000, 100_000_000)), error="rows"),
        ],
        unique=["customer_id", "sequence_no"],
    )


def _never(name: str, condition: pl.Expr) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(~condition.fill_null(value=False)), error=name)


def _null_rate(column: str, at_most: float) -> pa.Check:
    def holds(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(column).null_count() <= at_most * pl.len())

    return pa.Check(holds, error=f"{column} nulls", ignore_na=False)


def _fresh() -> pa.Check:
    newest = pl.col("created_at").max() >= datetime(2026, 10, 31, tzinfo=UTC)
    return pa.Check(lambda data: data.lazyframe.select(newest), error="freshness")


if __name__ == "__main__":
    report(lambda: failed(sys.argv[1]))
