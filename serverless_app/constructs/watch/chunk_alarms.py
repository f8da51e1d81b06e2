"""What somebody is told of beside failed runs: long ones, too few rows, and uploads that failed."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.constructs.watch.alert_topic import AlertTopic

NAMESPACE = "etl"
SERVICE = "lake_export"

_BreachesFrom = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BreachesAbove = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_BreachesBelow = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class LakeAlarms(Construct):
    """Alarms on the run's duration and on the functions' own metrics, all to one topic."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: str,
        machine: sfn.IStateMachine,
        function: str,
        longest: cdk.Duration,
        least_rows: Mapping[str, int],
        topic: AlertTopic,
    ) -> None:
        super().__init__(scope, id_)
        self._pipeline = pipeline
        self._topic = topic
        self.alarms = [self._duration(machine, longest), self._uploads(function)]
        self.alarms += [self._rows(dataset, least) for dataset, least in least_rows.items()]

    def _duration(self, machine: sfn.IStateMachine, longest: cdk.Duration) -> cloudwatch.Alarm:
        minutes = f"{longest.to_minutes():g}"
        return self._alarm(
            "Long",
            name="long",
            description=f"A run of {self._pipeline} took longer than {minutes} minutes: `etl show RUN` says in which"
            " state; an index on the window column or fewer days at once may be missing.",
            metric=machine.metric_time(statistic="Maximum", period=cdk.Duration.minutes(5)),
            threshold=longest.to_milliseconds(),
            comparison=_BreachesAbove,
        )

    def _uploads(self, function: str) -> cloudwatch.Alarm:
        return self._alarm(
            "Uploads",
            name="upload-failures",
            description=f"{self._pipeline} could not write to S3: `etl runs`, then `etl show RUN`.",
            metric=metric("upload_failures", period=cdk.Duration.minutes(5), function=function),
            threshold=1,
            comparison=_BreachesFrom,
        )

    def _rows(self, dataset: str, least: int) -> cloudwatch.Alarm:
        return self._alarm(
            f"FewRows{dataset.title().replace('_', '')}",
            name=f"few-rows-{dataset.replace('_', '-')}",
            description=f"{self._pipeline} exported fewer than {least:,} rows of {dataset} in a day: see whether the"
            " source was filled.",
            metric=metric("rows_exported", period=cdk.Duration.days(1), dataset=dataset),
            threshold=least,
            comparison=_BreachesBelow,
            # A day on which nothing was exported has too few rows, too.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _alarm(
        self,
        id_: str,
        *,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        comparison: cloudwatch.ComparisonOperator,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            id_,
            alarm_name=f"{self._pipeline}-{name}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic.topic))
        return alarm


def metric(name: str, *, period: cdk.Duration, statistic: str = "Sum", **dimensions: str) -> cloudwatch.Metric:
    """Return a metric of the functions: by `function`, or by `dataset` where a function works on one."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE, **dimensions},
        statistic=statistic,
        period=period,
    )
