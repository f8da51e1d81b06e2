"""A pipeline at a glance: its rows, durations and failures."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.constructs.watch.chunk_alarms import chunk_metric

_HALF, _WHOLE = 12, 24


class ChunkDashboard(Construct):
    """Rows, bytes, seconds, failures and rejects by dataset; runs, their duration, and the alarms."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: str,
        machine: sfn.IStateMachine,
        datasets: Sequence[str],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, id_)
        self._pipeline = pipeline
        self._datasets = datasets
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=pipeline.replace("_", "-"),
            default_interval=cdk.Duration.days(30),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_WHOLE, height=3)],
                [self._runs(machine), self._duration(machine)],
                [self._by_dataset("Rows exported", "rows_exported"), self._by_dataset("Bytes", "bytes_exported")],
                [self._by_dataset("Rows rejected", "rows_rejected"), self._by_dataset("Failures", "failures")],
                [self._by_dataset("Seconds of the longest chunk", "seconds", "Maximum")],
            ],
        )

    def _by_dataset(self, title: str, name: str, statistic: str = "Sum") -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title=title,
            width=_HALF,
            left=[
                chunk_metric(name, self._pipeline, statistic=statistic, dataset=dataset).with_(label=dataset)
                for dataset in self._datasets
            ],
            left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        )

    def _runs(self, machine: sfn.IStateMachine) -> cloudwatch.GraphWidget:
        day = cdk.Duration.days(1)
        outcomes = [machine.metric_succeeded(period=day), machine.metric_failed(period=day)]
        return cloudwatch.GraphWidget(title="Runs", width=_HALF, left=outcomes)

    def _duration(self, machine: sfn.IStateMachine) -> cloudwatch.GraphWidget:
        longest = machine.metric_time(statistic="Maximum", period=cdk.Duration.days(1))
        return cloudwatch.GraphWidget(title="Milliseconds of the longest run", width=_HALF, left=[longest])
