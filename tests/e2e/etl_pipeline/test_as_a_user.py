"""What a user types, as processes of their own: `make run` twice, the page's test script, the end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from serverless_app.target import LOCAL_HOME

ROOT = Path(__file__).parents[3]
ETL = Path(sys.executable).with_name("etl")
SCRIPT = ROOT / "tests" / "etl_pipeline" / "test_etl_pipeline.py"
PATIENCE_SECONDS = 60.0


class User:
    """Somebody with a shell, a checkout, and nothing of AWS."""

    def __init__(self, home: Path) -> None:
        self.cloud = LocalCloud(home)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = kept | {LOCAL_HOME: str(home)}

    def types(
        self, *command: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            command,
            env=self.environment | dict(environment or {}),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    user = User(tmp_path_factory.mktemp("user"))
    yield user
    user.cloud.stop()


@pytest.fixture(scope="module")
def demos(user: User) -> list[dict[str, Any]]:
    """What `make run` does, twice."""
    done = [user.types(ETL, "demo", "etl_pipeline", "--json") for _ in range(2)]
    assert [one.returncode for one in done] == [0, 0], done
    return [json.loads(one.stdout) for one in done]


def test_a_first_run_carries_the_week_to_the_destination(demos: list[dict[str, Any]]) -> None:
    first, _ = demos
    assert [run["status"] for run in first["runs"]] == ["SUCCEEDED"] * 7
    assert (first["sample"], first["before"]["records"]) == (1_707, 0)
    assert first["after"]["records"] == sum(run["output"]["loaded"] for run in first["runs"]) == 1_706


def test_a_second_run_changes_nothing(demos: list[dict[str, Any]]) -> None:
    first, second = demos
    assert second["before"] == first["after"]
    assert second["after"] == second["before"]


@pytest.mark.usefixtures("demos")
def test_the_cloud_keeps_running_for_a_look_around(user: User) -> None:
    assert len(json.loads(user.types(ETL, "runs", "--json").stdout)) >= 14


def test_the_script_of_the_page_tests_the_local_cloud(user: User) -> None:
    done = user.types(sys.executable, SCRIPT)
    assert done.returncode == 0, done.stderr
    assert "item-002 stands in etl-destination-data" in done.stdout
    assert done.stdout.endswith("The pipeline works.\n")


def test_the_script_of_the_page_tests_an_account(user: User) -> None:
    user.cloud.start(detached=True)
    done = user.types(sys.executable, SCRIPT, "--target", "aws", environment=user.cloud.environment())
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("The pipeline works.\n")


def test_the_script_of_the_page_fails_where_nothing_is_deployed(user: User, tmp_path: Path) -> None:
    with LocalCloud(tmp_path / "empty") as empty:
        done = user.types(sys.executable, SCRIPT, "--target", "aws", environment=empty.environment())
    assert done.returncode == 1
    assert done.stderr.startswith("FAILED  stack EtlPipelineStack is not deployed here")


def test_the_cloud_goes_when_asked_and_keeps_what_it_has(user: User, demos: list[dict[str, Any]]) -> None:
    before = runs(user), loaded(user)
    assert user.types(ETL, "local", "down").returncode == 0
    assert not user.cloud.status().running
    assert user.types(ETL, "local", "up").returncode == 0
    assert (runs(user), loaded(user)) == before
    assert loaded(user) >= demos[1]["after"]["records"]


def loaded(user: User) -> int:
    """Return how many items stand in the destination table."""
    pages = user.cloud.client("dynamodb").get_paginator("scan").paginate(TableName="etl-destination-data")
    return sum(page["Count"] for page in pages)


def runs(user: User) -> set[str]:
    """Return the ARNs of the pipeline's executions."""
    states = user.cloud.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    (machine,) = [one["stateMachineArn"] for one in machines if one["name"] == "etl-pipeline"]
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
    return {one["executionArn"] for page in pages for one in page["executions"]}
