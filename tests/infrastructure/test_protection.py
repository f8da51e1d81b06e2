"""What keeps the data safe and the failures heard."""

from typing import Any

import pytest

from tests.infrastructure.templates import StackTemplate


def test_staging_bucket_is_private_and_encrypted(stack: StackTemplate) -> None:
    bucket = stack.one("AWS::S3::Bucket").properties
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.parametrize("kind", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"])
def test_plain_http_is_denied_to_everybody(stack: StackTemplate, kind: str) -> None:
    assert [statement for statement in _policy(stack, kind) if _denies_plain_http(statement)]


def test_alerts_over_plain_http_are_denied_to_everybody(platform: StackTemplate) -> None:
    assert [statement for statement in _policy(platform, "AWS::SNS::TopicPolicy") if _denies_plain_http(statement)]


@pytest.mark.parametrize("name", ["etl-source-data", "etl-destination-data"])
def test_tables_are_encrypted_and_can_be_restored_to_any_second(stack: StackTemplate, name: str) -> None:
    table = stack.one("AWS::DynamoDB::GlobalTable", TableName=name).properties
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    (replica,) = table["Replicas"]
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_alerts_are_published_encrypted_with_a_key_that_rotates(platform: StackTemplate) -> None:
    key = platform.one("AWS::KMS::Key")
    assert platform.one("AWS::SNS::Topic").properties["KmsMasterKeyId"] == f"arn:{key.logical_id}"
    assert key.properties["EnableKeyRotation"] is True


def test_alarms_of_this_account_may_publish_through_the_encryption(platform: StackTemplate) -> None:
    key_policy = platform.one("AWS::KMS::Key").properties["KeyPolicy"]["Statement"]
    for statements in (key_policy, _policy(platform, "AWS::SNS::TopicPolicy")):
        (admitted,) = [s for s in statements if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
        assert admitted["Effect"] == "Allow"
        assert admitted["Condition"] == {"StringEquals": {"aws:SourceAccount": "{account}"}}


def test_undelivered_events_wait_in_an_encrypted_queue(stack: StackTemplate) -> None:
    queue = stack.one("AWS::SQS::Queue").properties
    assert queue["SqsManagedSseEnabled"] is True
    targets = [rule.properties["Targets"][0] for rule in stack.all("AWS::Events::Rule")]
    assert [target["DeadLetterConfig"]["Arn"] for target in targets] == [f"arn:{queue['QueueName']}"] * 2
    assert all(target["RetryPolicy"]["MaximumRetryAttempts"] > 0 for target in targets)


def test_an_alarm_tells_of_undelivered_events(stack: StackTemplate) -> None:
    queue = stack.one("AWS::SQS::Queue").properties["QueueName"]
    alarm = stack.one("AWS::CloudWatch::Alarm", Namespace="AWS/SQS").properties
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
    assert alarm["AlarmActions"] == ["arn:etl-alerts"]


def test_every_log_group_forgets(stack: StackTemplate) -> None:
    groups = {
        group.properties["LogGroupName"]: group.properties["RetentionInDays"]
        for group in stack.all("AWS::Logs::LogGroup")
    }
    assert groups == {
        "/aws/lambda/etl-extract": 14,
        "/aws/lambda/etl-transform": 14,
        "/aws/lambda/etl-load": 14,
        "/aws/vendedlogs/states/etl-pipeline": 14,
    }


def test_history_is_logged_without_the_data(stack: StackTemplate) -> None:
    logging = stack.one("AWS::StepFunctions::StateMachine").properties["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


def _policy(stack: StackTemplate, kind: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = stack.one(kind).properties["PolicyDocument"]["Statement"]
    return statements


def _denies_plain_http(statement: dict[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )
