"""What a function loads as it starts: each heavy package costs every cold start of it."""

import json
import subprocess
import sys

import pytest

from docs.packages import ROOT

HEAVY = ["adbc_driver_postgresql", "duckdb", "pandas", "pyarrow", "pyarrow.parquet", "pyspark", "sqlglot"]
ALLOWED = {
    "lambdas.lake_export.export": {"adbc_driver_postgresql", "pyarrow", "pyarrow.parquet", "sqlglot"},
    "lambdas.lake_export.plan": {"adbc_driver_postgresql", "pyarrow"},
    "lambdas.lake_export.validate": {"pyarrow", "pyarrow.parquet"},
}
HANDLERS = [f"lambdas.{path.parent.name}.{path.stem}" for path in sorted((ROOT / "lambdas").glob("*/[a-z]*.py"))]


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_loads_no_heavy_package_that_it_does_not_need_to_start(handler: str) -> None:
    script = f"import json, sys, {handler}; print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    output = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True).stdout
    assert set(json.loads(output)) <= ALLOWED.get(handler, set())


def test_only_handlers_that_are_there_are_allowed_anything() -> None:
    assert set(ALLOWED) <= set(HANDLERS)
