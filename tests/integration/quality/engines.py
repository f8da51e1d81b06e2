"""A table on either engine as a file that both read, and the scorecards that they give."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from etl.contracts import Contract
from etl.quality import duckdb_engine, spark_engine
from etl.quality.scorecard import RuleResult, Scorecard

Check = Callable[..., Scorecard]


def duckdb_check(folder: Path) -> Check:
    def check(table: pa.Table, contract: Contract, **options: Any) -> Scorecard:
        files = {name: [_written(folder, one)] for name, one in options.pop("references", {}).items()}
        return duckdb_engine.check([_written(folder, table)], contract, references=files, threads=1, **options)

    return check


def spark_check(folder: Path, spark: SparkSession) -> Check:
    def check(table: pa.Table, contract: Contract, **options: Any) -> Scorecard:
        references = options.pop("references", {})
        frames = {name: spark.read.parquet(str(_written(folder, one))) for name, one in references.items()}
        frame = spark.read.parquet(str(_written(folder, table)))
        return spark_engine.check(frame, contract, references=frames, **options)

    return check


def same(card: Scorecard) -> Scorecard:
    """Return a scorecard without what says which engine it is from."""
    return msgspec.structs.replace(card, engine="")


def result(card: Scorecard, rule: str) -> RuleResult:
    [found] = [one for one in card.rules if one.rule == rule]
    return found


def failed(card: Scorecard, rule: str) -> int:
    return result(card, rule).failed


def _written(folder: Path, table: pa.Table) -> Path:
    path = folder / f"{uuid4().hex}.parquet"
    pq.write_table(table, path)
    return path
