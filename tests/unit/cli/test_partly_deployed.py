"""Commands over all pipelines in an account that holds the stack of one: they work, and name the others."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from etl.contracts import read_contract
from etl.pipelines.etl_pipeline.pipeline import CONTRACT
from etl.quality.history import write_scorecard
from etl.quality.scorecard import RuleCount, score
from etl.runs.rejects import Reject, rejects_key
from etl.staging import JsonLinesWriter
from etl.values.records import Problem
from etl.windows import Window
from serverless_app.pipelines import Pipeline, pipelines
from serverless_app.target import AwsTarget
from tests.unit.cli.conftest import Etl

HERE = Pipeline("etl_pipeline")
WINDOW = Window(datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 2, 2, tzinfo=UTC))
ROLE = "arn:aws:iam::123456789012:role/pipeline"
PASS = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


class Formation:
    """CloudFormation with the stacks that are given, by name, and their outputs."""

    def __init__(self, stacks: dict[str, dict[str, str]]) -> None:
        self.stacks = stacks

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 -- as boto3 names it
        if StackName not in self.stacks:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.stacks[StackName].items()]
        return {"Stacks": [{"Outputs": outputs}]}


@pytest.fixture(autouse=True)
def formation(
    s3: Any, bucket: str, dynamodb: Any, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> Formation:
    """An account with the platform and one pipeline, whose run `a-run` left a reject and a scorecard."""
    dynamodb.create_table(
        TableName="runs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    # What moto tells of a run that succeeded has an output that is not JSON.
    monkeypatch.setenv("SF_EXECUTION_HISTORY_TYPE", "FAILURE")
    states = session.client("stepfunctions")
    machine = states.create_state_machine(name=HERE.state_machine, definition=json.dumps(PASS), roleArn=ROLE)
    machine_arn = machine["stateMachineArn"]
    states.start_execution(stateMachineArn=machine_arn, name="a-run", input="{}")
    outputs = {"StateMachineArn": machine_arn, "StagingBucketName": bucket}
    formation = Formation({"PlatformStack": {"LedgerTableName": "runs"}, HERE.stack: outputs})
    made = AwsTarget.client
    monkeypatch.setattr(
        AwsTarget, "client", lambda self, service: formation if service == "cloudformation" else made(self, service)
    )
    with JsonLinesWriter(s3, bucket, rejects_key("events", WINDOW)) as writer:
        writer.write(
            Reject("events", "a-run", WINDOW.to_dict(), "data.json", 3, [Problem("type", "x", "a number")], {})
        )
    counts = [RuleCount(rule="id.required", checked=10)]
    write_scorecard(s3, bucket, score(read_contract(CONTRACT), counts, rows=1000, window=WINDOW))
    return formation


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("runs", "a-run"),
        ("show a-run", "a-run"),
        ("rejects list", "a-run"),
        ("rejects show a-run", "a-run"),
        ("quality history events", "1000"),
    ],
)
def test_what_is_deployed_is_told_and_the_others_are_named(etl: Etl, command: str, told: str) -> None:
    result = etl(f"{command} --target aws --json")
    assert result.exit_code == 0, result.output
    assert told in result.stdout
    others = [pipeline.name for pipeline in pipelines() if pipeline != HERE]
    assert result.stderr.split() == f"not deployed there, and left out: {', '.join(others)}".split()


@pytest.mark.parametrize("command", ["runs", "show a-run", "rejects list", "rejects show a-run", "quality history x"])
def test_without_any_pipeline_the_next_step_is_said(etl: Etl, formation: Formation, command: str) -> None:
    del formation.stacks[HERE.stack]
    result = etl(f"{command} --target aws")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"deploy it with `cdk deploy {HERE.stack}`" in result.stderr
