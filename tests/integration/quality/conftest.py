"""Both engines, behind one function."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.quality.engines import Check, duckdb_check, spark_check
from tests.spark import spark, spark_session

__all__ = ["spark", "spark_session"]


@pytest.fixture(params=["duckdb", "spark"])
def check(request: Any, tmp_path: Path) -> Check:
    """The check on each engine in turn."""
    if request.param == "duckdb":
        return duckdb_check(tmp_path)
    return spark_check(tmp_path, request.getfixturevalue("spark"))
