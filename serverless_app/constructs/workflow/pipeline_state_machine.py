"""A traced, logged state machine that somebody hears of when an execution fails."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge, wildcard_below
from serverless_app.constructs.storage.retention import retained_logs
from serverless_app.constructs.watch.alert_topic import AlertTopic


class PipelineStateMachine(Construct):
    """A state machine whose history is logged without data; an alarm tells of runs that did not succeed."""

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
        # The prefix keeps the resource policy of log delivery short, which has a limit per account.
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
        acknowledge(self.machine, "X-Ray and log delivery know no particular resource.", "IAM5[Resource::*]")
        acknowledge(
            self.machine,
            "Granted by the CDK with every invocation: the versions of this one function.",
            *(wildcard_below(function, ":*") for function in functions),
        )
        for outcome in ("failed", "timed_out", "aborted"):
            self._alarm(name, outcome).add_alarm_action(actions.SnsAction(topic.topic))

    def _alarm(self, name: str, outcome: str) -> cloudwatch.Alarm:
        metric: cloudwatch.Metric = getattr(self.machine, f"metric_{outcome}")(period=cdk.Duration.minutes(5))
        words = outcome.replace("_", "-")
        return metric.create_alarm(
            self,
            outcome.title().replace("_", ""),
            alarm_name=f"{name}-{words}",
            alarm_description=f"A run of {name} has {words}: `etl runs`, then `etl show RUN`.",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
