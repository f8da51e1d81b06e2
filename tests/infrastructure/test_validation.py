"""The linters of the field, on the app and on a version of it that they have to refuse."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from serverless_app.application import Application
from tests.infrastructure.definitions import lint
from tests.infrastructure.templates import StackTemplate


def test_cdk_nag_accepts_the_stacks(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_cdk_nag_refuses_a_bucket_that_takes_plain_http() -> None:
    app = Application()
    s3.Bucket(cdk.Stack(app, "Open"), "Bucket")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


@pytest.mark.parametrize("name", ["stack", "prod_stack", "platform", "prod_platform"])
def test_cfn_lint_finds_nothing(name: str, request: pytest.FixtureRequest) -> None:
    template: StackTemplate = request.getfixturevalue(name)
    assert lint(template.path.read_text()) == []


def test_cfn_lint_finds_a_property_that_does_not_exist(stack: StackTemplate) -> None:
    broken = json.loads(json.dumps(stack.raw))
    broken["Resources"][stack.one("AWS::S3::Bucket").logical_id]["Properties"]["Bucketname"] = "x"
    assert [match for match in lint(json.dumps(broken)) if "Bucketname" in match]
