"""Great Expectations on pandas: twenty expectations over one frame.

python -m benchmarks.peers.quality.great_expectations_pandas FILE
"""

import sys
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

from benchmarks.clock import report

_STATUS = ["new", "paid", "shipped", "delivered", "returned"]
_EMAIL = r"^[a-z0-9.]+@[a-z0-9-]+\.[a-z]{2,}$"


def failed(path: str) -> dict[str, Any]:
    """Count the rows that break each rule."""
    frame = pd.read_parquet(path)
    frame["birth_date"] = pd.to_datetime(frame["birth_date"])
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset(name="orders")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
    named = _expectations()
    suite = gx.ExpectationSuite(name="orders", expectations=list(named.values()))
    results = batch.validate(suite, result_format="SUMMARY").results
    kinds = {_identity(expectation): name for name, expectation in named.items()}
    return {
        "failed": {kinds[_identity(result.expectation_config.to_domain_obj())]: _count(result) for result in results}
    }


def _identity(expectation: Any) -> str:
    return str(expectation.meta["rule"])


def _count(result: Any) -> int:
    return int(result.result.get("unexpected_count", 0 if result.success else 1))


def _expectations() -> dict[str, Any]:
    made = {
        "event_id required": gxe.ExpectColumnValuesToNotBeNull(column="event_id"),
        "event_id unique": gxe.ExpectColumnValuesToBeUnique(column="event_id"),
        "customer_id, sequence_no unique": gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["customer_id", "sequence_no"]
        ),
        "customer_id range": gxe.ExpectColumnValuesToBeBetween(column="customer_id", min_value=1),
        "sequence_no range": gxe.ExpectColumnValuesToBeBetween(column="sequence_no", min_value=0, max_value=1_000_000),
        "amount required": gxe.ExpectColumnValuesToNotBeNull(column="amount"),
        "amount range": gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=99999.99),
        "weight range": gxe.ExpectColumnValuesToBeBetween(
            column="weight", min_value=0, strict_min=True, max_value=1000
        ),
        "active nulls": gxe.ExpectColumnValuesToNotBeNull(column="active", mostly=0.99),
        "birth_date range": gxe.ExpectColumnValuesToBeBetween(
            column="birth_date", min_value=pd.Timestamp("1900-01-01"), max_value=pd.Timestamp("2026-12-31")
        ),
        "created_at range": gxe.ExpectColumnValuesToBeBetween(
            column="created_at", min_value=pd.Timestamp("2020-01-01", tz="UTC")
        ),
        "status allowed": gxe.ExpectColumnValuesToBeInSet(column="status", value_set=_STATUS),
        "email pattern": gxe.ExpectColumnValuesToMatchRegex(column="email", regex=_EMAIL),
        "email length": gxe.ExpectColumnValueLengthsToBeBetween(column="email", max_value=60),
        "note nulls": gxe.ExpectColumnValuesToNotBeNull(column="note", mostly=0.8),
        "new_not_shipped": gxe.ExpectColumnValuesToBeNull(
            column="shipped_at", row_condition='status == "new"', condition_parser="pandas"
        ),
        "paid_something": gxe.ExpectColumnValuesToNotBeInSet(
            column="amount", value_set=[0], row_condition='status == "paid"', condition_parser="pandas"
        ),
        "returned_was_shipped": gxe.ExpectColumnValuesToNotBeNull(
            column="shipped_at", row_condition='status == "returned"', condition_parser="pandas"
        ),
        "rows": gxe.ExpectTableRowCountToBeBetween(min_value=1000, max_value=100_000_000),
        "freshness": gxe.ExpectColumnMaxToBeBetween(
            column="created_at", min_value=pd.Timestamp("2026-10-31", tz="UTC")
        ),
    }
    for name, expectation in made.items():
        expectation.meta = {"rule": name}
    return made


if __name__ == "__main__":
    report(lambda: failed(sys.argv[1]))
