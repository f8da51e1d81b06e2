"""The topic that hears of every failure."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from serverless_app.config import PipelineConfig


class FailureTopic(Construct):
    """An encrypted, TLS-only topic for the configured addresses, open to the alarms of this account."""

    def __init__(self, scope: Construct, id_: str, *, name: str, config: PipelineConfig) -> None:
        super().__init__(scope, id_)
        # A key of its own: the policy of the AWS-managed one does not admit CloudWatch, alarms would be lost.
        self.key = kms.Key(
            self,
            "Key",
            description=f"Messages of the topic {name}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.topic = sns.Topic(self, "Topic", topic_name=name, master_key=self.key, enforce_ssl=True)
        for address in config.alert_emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        self._admit_alarms()

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Let a role publish through the topic's encryption."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn])
        )
        self.key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")

    def _admit_alarms(self) -> None:
        alarms = iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )
        # The topic's own policy replaces the default one, which would have let the account's alarms in.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(principals=[alarms], actions=["sns:Publish"], resources=[self.topic.topic_arn])
        )
        self.key.grant(alarms, "kms:Decrypt", "kms:GenerateDataKey")
