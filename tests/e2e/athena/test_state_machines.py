"""A state machine runs a statement and goes on when it is over."""

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.e2e.athena.queries import Athena
from tests.e2e.localcloud.assemblies import finished, machine, role, write_assembly


@pytest.fixture
def run(lake: Athena, athena_cloud: LocalCloud, tmp_path: Path) -> Any:
    """Run a statement by `startQueryExecution.sync`, with failures of the task caught."""
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Arguments": {
            "QueryString": "{% $states.input.sql %}",
            "QueryExecutionContext": {"Database": lake.database},
            "ResultConfiguration": {"OutputLocation": lake.output},
        },
        "Output": "{% $states.result.QueryExecution %}",
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}],
        "End": True,
    }
    resources = {"Role": role(), "Machine": machine({"Ask": ask, "Caught": {"Type": "Pass", "End": True}})}
    arn = athena_cloud.deploy(write_assembly(tmp_path / "cdk.out", "asking", resources))["asking"]["Machine"]
    machines = athena_cloud.client("stepfunctions")

    def run(sql: str) -> Any:
        started = machines.start_execution(stateMachineArn=arn, input=json.dumps({"sql": sql}))
        found = finished(machines, started["executionArn"])
        assert found["status"] == "SUCCEEDED", found
        return json.loads(found["output"])

    return run


def test_the_state_ends_with_the_execution(run: Any, lake: Athena) -> None:
    execution = run("SELECT count(*) AS n FROM shipping")

    assert execution["Status"]["State"] == "SUCCEEDED"
    assert lake.finish(execution["QueryExecutionId"]).get() == [("6",)]


def test_a_statement_that_fails_fails_its_state(run: Any) -> None:
    caught = run("SELECT 1 / 0")

    assert "DIVISION_BY_ZERO" in caught["Cause"]
