"""What the pipelines share: the alert topic with its key, and the ledger of runs."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from serverless_app.config import PlatformConfig
from serverless_app.constructs.storage.run_ledger import RunLedger
from serverless_app.constructs.watch.alert_topic import AlertTopic


@dataclass(frozen=True)
class Platform:
    """The shared resources that each pipeline's stack receives."""

    key: kms.Key
    """Encrypts the alerts."""
    topic: AlertTopic
    ledger: RunLedger


class PlatformStack(cdk.Stack):
    """The alert topic with its key and receivers, and the ledger."""

    def __init__(self, scope: Construct, id_: str, *, config: PlatformConfig) -> None:
        super().__init__(scope, id_, description="What the ETL pipelines share: alerts, key, ledger of runs")
        # The policy of the AWS-managed key does not admit CloudWatch: alarms would be lost.
        key = kms.Key(
            self,
            "Key",
            description="Alerts of the ETL pipelines",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        topic = AlertTopic(self, "Alerts", name="etl-alerts", key=key, alerts=config.alerts)
        ledger = RunLedger(self, "Ledger", name="etl-runs", config=config)
        self.platform = Platform(key, topic, ledger)

        cdk.CfnOutput(self, "AlertTopicArn", value=topic.topic.topic_arn)
        cdk.CfnOutput(self, "LedgerTableName", value=ledger.table.table_name)
