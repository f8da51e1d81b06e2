"""What the pipelines share: who hears of failures, and the ledger."""

from pathlib import Path

import pytest

from serverless_app.application import Application
from serverless_app.config import Alerts, PlatformConfig, SlackChannel
from serverless_app.stacks.platform_stack import PlatformStack
from tests.infrastructure.templates import StackTemplate

EVERYBODY = Alerts(
    emails=("on-call@example.com", "team@example.com"),
    slack=SlackChannel("T0123ABCD", "C0123ABCD"),
    https=("https://events.example.com/integration/key/enqueue",),
)


@pytest.fixture(scope="module")
def told() -> StackTemplate:
    """The stack with receivers of every kind, after cdk-nag."""
    app = Application()
    config = PlatformConfig(
        environment="dev", retain_data=False, log_retention_days=14, alerts=EVERYBODY, ledger_expiration_days=90
    )
    PlatformStack(app, "PlatformStack", config=config)
    return StackTemplate(Path(app.synth().directory), "PlatformStack")


def test_outputs_name_what_others_look_for(platform: StackTemplate) -> None:
    assert platform.outputs() == {"AlertTopicArn": "arn:etl-alerts", "LedgerTableName": "etl-runs"}


def test_nobody_is_told_who_is_not_configured(platform: StackTemplate) -> None:
    assert platform.all("AWS::SNS::Subscription") == []
    assert platform.all("AWS::Chatbot::SlackChannelConfiguration") == []


def test_receivers_by_mail_and_https_are_subscribed(told: StackTemplate) -> None:
    subscriptions = [one.properties for one in told.all("AWS::SNS::Subscription")]
    assert {one["TopicArn"] for one in subscriptions} == {"arn:etl-alerts"}
    assert sorted((one["Protocol"], one["Endpoint"]) for one in subscriptions) == [
        ("email", "on-call@example.com"),
        ("email", "team@example.com"),
        ("https", "https://events.example.com/integration/key/enqueue"),
    ]


def test_a_slack_channel_is_told_and_may_do_nothing(told: StackTemplate) -> None:
    channel = told.one("AWS::Chatbot::SlackChannelConfiguration")
    assert channel.properties["SnsTopicArns"] == ["arn:etl-alerts"]
    assert (channel.properties["SlackWorkspaceId"], channel.properties["SlackChannelId"]) == ("T0123ABCD", "C0123ABCD")
    assert channel.properties["GuardrailPolicies"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    role = channel.properties["IamRoleArn"].removeprefix("arn:role:")
    assert told.statements(role) == []
    (properties,) = [one.properties for one in told.all("AWS::IAM::Role") if one.logical_id == role]
    assert properties.keys().isdisjoint({"ManagedPolicyArns", "Policies"})


def test_the_ledger_is_keyed_as_the_functions_read_it_and_on_demand(platform: StackTemplate) -> None:
    table = platform.one("AWS::DynamoDB::GlobalTable", TableName="etl-runs").properties
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert {key["AttributeType"] for key in table["AttributeDefinitions"]} == {"S"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_ledger_forgets_what_says_so_and_can_be_restored_to_any_second(platform: StackTemplate) -> None:
    table = platform.one("AWS::DynamoDB::GlobalTable", TableName="etl-runs").properties
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    (replica,) = table["Replicas"]
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_only_prod_protects_the_ledger(platform: StackTemplate, prod_platform: StackTemplate) -> None:
    for template, policy, protected in ((platform, "Delete", False), (prod_platform, "Retain", True)):
        table = template.one("AWS::DynamoDB::GlobalTable")
        assert table.deletion_policy == policy
        assert table.properties["Replicas"][0].get("DeletionProtectionEnabled", False) is protected


def test_resources_say_which_environment_they_belong_to(prod_platform: StackTemplate) -> None:
    tags = prod_platform.one("AWS::SNS::Topic").properties["Tags"]
    assert {"Key": "environment", "Value": "prod"} in tags


@pytest.mark.parametrize("stack", ["PlatformStack", "EtlPipelineStack"])
def test_stacks_are_deployed_after_what_they_share(assembly: Path, stack: str) -> None:
    dependencies = StackTemplate.dependencies(assembly, stack)
    assert ("PlatformStack" in dependencies) is (stack != "PlatformStack")
