"""`localcloud` alone deploys and runs the assembly of a CDK app that has nothing to do with this project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import localcloud
from tests.e2e.localcloud.assemblies import function, role, write_assembly

CODE = "def handler(event, context):\n    return {'greeting': 'hello ' + event['name']}\n"
RESOURCES = {"Role": role(), "Greet": function("greet", CODE), "Bucket": {"Type": "AWS::S3::Bucket"}}
SCRIPT = """
import json, time
from pathlib import Path
from localcloud import LocalCloud

with LocalCloud(Path("home")) as cloud:
    outputs = cloud.deploy(Path("cdk.out"))["greeter"]
    answer = cloud.client("lambda").invoke(FunctionName=outputs["Greet"], Payload='{"name": "you"}')
    print(answer["Payload"].read().decode())
    athena = cloud.client("athena")
    location = {"OutputLocation": f"s3://{outputs['Bucket']}/"}
    sql = "SELECT regexp_extract('hello you', '[a-z]+$')"
    query = athena.start_query_execution(QueryString=sql, ResultConfiguration=location)["QueryExecutionId"]
    status = {"State": "QUEUED"}
    while status["State"] in ("QUEUED", "RUNNING"):
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        time.sleep(0.02)
    assert status["State"] == "SUCCEEDED", status
    print(athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"])
    print(cloud.postgres().database)
    cloud.reset()
"""

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run Python in a folder with a copy of `localcloud` and an assembly, where importing this project fails."""
    (source,) = localcloud.__path__
    shutil.copytree(source, tmp_path / "localcloud", ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("etl", "lambdas", "serverless_app"):
        (tmp_path / f"{package}.py").write_text("raise ImportError('localcloud stands alone')")
    write_assembly(tmp_path / "cdk.out", "greeter", RESOURCES, CODE)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    localcloud.LocalCloud(tmp_path / ".localcloud").stop()


def test_the_function_athena_and_postgres_of_another_app_answer(run: Run) -> None:
    assert run("-c", SCRIPT).splitlines() == ['{"greeting": "hello you"}', "you", "postgres"]


def test_one_command_brings_another_app_up_and_one_takes_it_down(run: Run) -> None:
    assert "greeter: CREATE_COMPLETE" in run("-m", "localcloud", "up", "cdk.out").splitlines()
    assert "greeter: CREATE_COMPLETE" in run("-m", "localcloud", "status").splitlines()
    assert run("-m", "localcloud", "down") == ""
    assert run("-m", "localcloud", "status") == "The local cloud is down.\n"
