"""Alarms on what the status of a run does not say: its duration, rows that are missing, failed uploads."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.constructs.watch.alert_topic import AlertTopic


class ChunkAlarms(Construct):
    """Alarms on the duration of runs and on the metrics that functions publish for each chunk."""

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
        """Make the alarms; `function` uploads the chunks, `least_rows` are the rows a day by dataset."""
        super().__init__(scope, id_)
        name = pipeline.replace("_", "-")
        comparison = cloudwatch.ComparisonOperator
        self.alarms = [
            topic.alarm(
                self,
                "Long",
                name=f"{name}-long",
                description=f"A run of {name} took longer than {longest.to_minutes():g} minutes: `etl show RUN` says in"
                " which state; an index on the window column or fewer days at once may be missing.",
                metric=machine.metric_time(statistic="Maximum", period=cdk.Duration.minutes(5)),
                threshold=longest.to_milliseconds(),
                comparison=comparison.GREATER_THAN_THRESHOLD,
            ),
            topic.alarm(
                self,
                "Uploads",
                name=f"{name}-upload-failures",
                description=f"{name} could not write to S3: `etl runs`, then `etl show RUN`.",
                metric=chunk_metric("upload_failures", pipeline, period=cdk.Duration.minutes(5), function=function),
            ),
        ]
        self.alarms += [
            topic.alarm(
                self,
                f"FewRows{dataset.title().replace('_', '')}",
                name=f"{name}-few-rows-{dataset.replace('_', '-')}",
                description=f"{name} exported fewer than {least:,} rows of {dataset} in a day: see whether the source"
                " was filled.",
                metric=chunk_metric("rows_exported", pipeline, dataset=dataset),
                threshold=least,
                comparison=comparison.LESS_THAN_THRESHOLD,
                # A day without any export has too few rows, too.
                missing=cloudwatch.TreatMissingData.BREACHING,
            )
            for dataset, least in least_rows.items()
        ]


def chunk_metric(
    name: str, pipeline: str, *, period: cdk.Duration | None = None, statistic: str = "Sum", **dimensions: str
) -> cloudwatch.Metric:
    """Return a metric of a pipeline's functions, by day; its dimension is `function`, or `dataset` for one's chunks."""
    return cloudwatch.Metric(
        namespace="etl",
        metric_name=name,
        dimensions_map={"service": pipeline, **dimensions},
        statistic=statistic,
        period=period or cdk.Duration.days(1),
    )
