"""The functions with nothing on the import path but their layer: from a real PostgreSQL to a validated day."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from serverless_app.pipelines.lake_export import sample
from serverless_app.source_database import SECRET, open_database
from tests.infrastructure.layers import LAKE, import_path

INVOKE = """
import json, sys
from importlib import import_module
from types import SimpleNamespace
context = SimpleNamespace(
    function_name=sys.argv[1], memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="request"
)
handler = import_module(f"lambdas.lake_export.{sys.argv[1].removeprefix('lake-')}").handler
answer = handler(json.loads(sys.argv[2]), context)
print("ANSWER" + json.dumps(answer))
absent = [name for name in ("numpy", "pandas", "psycopg", "pydantic") if name in sys.modules]
assert not absent, absent
"""

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def cloud(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path_factory.mktemp("cloud")) as running:
        running.deploy(assembly)
        running.postgres()
        secret = running.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
        with open_database(None, json.loads(secret)) as connection:
            sample.load(connection, 500)
        yield running


def test_a_day_is_planned_exported_registered_and_validated(cloud: LocalCloud, tmp_path: Path) -> None:
    path = import_path(LAKE, tmp_path)

    def call(function: str, **event: Any) -> dict[str, Any]:
        configured = cloud.client("lambda").get_function_configuration(FunctionName=function)
        done = subprocess.run(
            [sys.executable, "-S", "-P", "-c", INVOKE, function, json.dumps({"run": "layer", **event})],
            env={**cloud.environment(), **configured["Environment"]["Variables"], "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.rpartition("ANSWER")[2])
        return answer

    planned = call("lake-plan", started="2024-12-23T02:00:00Z", input={"date": "2024-12-18"}, dataset="agent_tasks")
    (chunk,) = planned["chunks"]
    exported = call("lake-export", chunk={"dataset": chunk["dataset"], "part": chunk["part"]})
    assert exported["rows"] + exported["rejected"] == chunk["rows"] > 0
    finished = {name: exported[name] for name in ("dataset", "part", "status", "rows", "key")}
    assert call("lake-catalog", chunks=[finished])["registered"] == 1
    validated = call("lake-validate", chunks=[finished])
    assert (validated["checked"], validated["findings"]) == (1, [])
