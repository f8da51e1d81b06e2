"""A traced, logged state machine with alarms on executions that do not succeed."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge, wildcard_below
from serverless_app.constructs.storage.retention import retained_logs
from serverless_app.constructs.watch.alert_topic import AlertTopic


class PipelineStateMachine(Construct):
    """A state machine whose logs hold no data, with an alarm for each way in which a run can fail."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        start: sfn.IChainable,
        functions: Sequence[lambda_.IFunction],
        timeout: cdk.Duration,
        topic: AlertTopic,
        config: PipelineConfig,
    ) -> None:
        super().__init__(scope, id_)
        # All names with this prefix share one entry of the account's log-delivery policy, whose size is limited.
        log_group = retained_logs(self, "Logs", name=f"/aws/vendedlogs/states/{name}", config=config)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_chainable(start),
            query_language=sfn.QueryLanguage.JSONATA,
            timeout=timeout,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        topic.grant_publish(self.machine)
        acknowledge(
            self.machine,
            "The permissions of X-Ray and log delivery cannot be limited to a resource.",
            "IAM5[Resource::*]",
        )
        acknowledge(
            self.machine,
            "The CDK grants the invocation of all versions of this one function.",
            *(wildcard_below(function, ":*") for function in functions),
        )
        for outcome in ("failed", "timed_out", "aborted"):
            self._alarm(name, outcome, topic)

    def _alarm(self, name: str, outcome: str, topic: AlertTopic) -> None:
        metric: cloudwatch.Metric = getattr(self.machine, f"metric_{outcome}")(period=cdk.Duration.minutes(5))
        words = outcome.replace("_", "-")
        topic.alarm(
            self,
            outcome.title().replace("_", ""),
            name=f"{name}-{words}",
            description=f"A run of {name} has {words}: `etl runs`, then `etl show RUN`.",
            metric=metric,
        )
