"""The topic for failures and alarms, and its receivers: e-mail, Slack, HTTPS."""

import aws_cdk as cdk
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from serverless_app.config import Alerts, SlackChannel


class AlertTopic(Construct):
    """An encrypted, TLS-only topic for the configured receivers, open to the alarms of this account."""

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.Key, alerts: Alerts) -> None:
        super().__init__(scope, id_)
        self._key = key
        self.topic = sns.Topic(self, "Topic", topic_name=name, master_key=key, enforce_ssl=True)
        self._admit_alarms()
        for address in alerts.emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        for url in alerts.https:
            self.topic.add_subscription(subscriptions.UrlSubscription(url))
        if alerts.slack is not None:
            self._tell_slack(name, alerts.slack)

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Let a role publish through the topic's encryption."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn])
        )
        self._key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")

    def alarm(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        threshold: float = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        """Return an alarm on one period of a metric that publishes to the topic."""
        alarm = cloudwatch.Alarm(
            scope,
            id_,
            alarm_name=name,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def _admit_alarms(self) -> None:
        alarms = iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )
        # A topic with a policy of its own loses the default one, which admits the account's alarms.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(principals=[alarms], actions=["sns:Publish"], resources=[self.topic.topic_arn])
        )
        self._key.grant(alarms, "kms:Decrypt", "kms:GenerateDataKey")

    def _tell_slack(self, name: str, channel: SlackChannel) -> None:
        chatbot.SlackChannelConfiguration(
            self,
            "Slack",
            slack_channel_configuration_name=name,
            slack_workspace_id=channel.workspace_id,
            slack_channel_id=channel.channel_id,
            notification_topics=[self.topic],
            # The default guardrail is AdministratorAccess.
            guardrail_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AWSDenyAll")],
        )
