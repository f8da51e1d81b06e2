from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.home import Home
from serverless_app.pipelines import Pipeline
from serverless_app.target import LOCAL_HOME, AwsTarget, TargetError, TargetName, local_cloud, open_target

PIPELINE = Pipeline("etl_pipeline")


class FormationTarget(AwsTarget):
    """AWS with nothing but CloudFormation, which answers with what it was given."""

    def __init__(self, answer: dict[str, Any] | ClientError) -> None:
        self.answer = answer

    def client(self, service: str) -> Any:
        return {"cloudformation": self}[service]

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 -- as boto3 names it
        assert StackName == PIPELINE.stack
        if isinstance(self.answer, ClientError):
            raise self.answer
        return self.answer


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


def test_the_outputs_of_a_stack_are_read_by_their_keys() -> None:
    outputs = [{"OutputKey": "SourceTableName", "OutputValue": "a-table"}, {"OutputKey": "B", "OutputValue": "b"}]
    assert FormationTarget({"Stacks": [{"Outputs": outputs}]}).outputs(PIPELINE) == {
        "SourceTableName": "a-table",
        "B": "b",
    }


def test_a_stack_that_is_not_deployed_is_named_with_the_next_step() -> None:
    said = "stack EtlPipelineStack is not deployed here: deploy it with `cdk deploy EtlPipelineStack`"
    with pytest.raises(TargetError, match=said):
        FormationTarget(refusal("ValidationError")).outputs(PIPELINE)


def test_another_refusal_is_not_taken_for_a_missing_stack() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        FormationTarget(refusal("AccessDenied")).outputs(PIPELINE)


def test_the_aws_target_needs_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(TargetError, match="no AWS region is chosen: set AWS_DEFAULT_REGION"):
        AwsTarget()


def test_the_aws_target_needs_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(TargetError, match="no AWS credentials are found: set AWS_PROFILE"):
        AwsTarget()


def test_aws_is_asked_less_often_than_this_machine() -> None:
    assert open_target(TargetName.AWS).poll_seconds >= 1


def test_the_home_of_the_local_cloud_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCAL_HOME, str(tmp_path / "chosen"))
    assert local_cloud().status().home == tmp_path / "chosen"


def test_a_local_cloud_is_described_without_being_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCAL_HOME, str(tmp_path))
    local_cloud()
    assert Home(tmp_path).holder() is None
