"""What somebody is told of, and what there is to look at."""

import json
from typing import Any

import pytest

from etl.pipelines.lake_export.datasets import datasets
from tests.infrastructure.templates import StackTemplate


def test_an_alarm_tells_of_a_run_that_takes_longer_than_an_hour(lake: StackTemplate) -> None:
    alarm = lake.one("AWS::CloudWatch::Alarm", MetricName="ExecutionTime", Namespace="AWS/States").properties
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": "arn:lake-export"}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 60 * 60 * 1000)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_an_alarm_tells_of_uploads_that_failed(lake: StackTemplate) -> None:
    alarm = lake.one("AWS::CloudWatch::Alarm", MetricName="upload_failures", Namespace="etl").properties
    assert _dimensions(alarm) == {"service": "lake_export", "function": "lake-export"}
    assert (alarm["Statistic"], alarm["Threshold"], alarm["TreatMissingData"]) == ("Sum", 1, "notBreaching")


def test_an_alarm_tells_of_every_dataset_of_prod_that_had_a_day_without_rows(prod_lake: StackTemplate) -> None:
    alarms = [
        alarm.properties
        for alarm in prod_lake.all("AWS::CloudWatch::Alarm")
        if alarm.properties.get("MetricName") == "rows_exported"
    ]
    assert {alarm["AlarmName"]: _dimensions(alarm) for alarm in alarms} == {
        f"lake-export-few-rows-{dataset.replace('_', '-')}": {"service": "lake_export", "dataset": dataset}
        for dataset in datasets()
    }
    assert {alarm["ComparisonOperator"] for alarm in alarms} == {"LessThanThreshold"}
    assert {(alarm["Period"], alarm["Threshold"], alarm["TreatMissingData"]) for alarm in alarms} == {
        (24 * 60 * 60, 1, "breaching")
    }


def test_every_alarm_reaches_the_common_topic(prod_lake: StackTemplate) -> None:
    alarms = prod_lake.all("AWS::CloudWatch::Alarm")
    assert alarms
    assert {tuple(alarm.properties["AlarmActions"]) for alarm in alarms} == {("arn:etl-alerts",)}


def test_every_alarm_says_what_to_do(prod_lake: StackTemplate) -> None:
    for alarm in prod_lake.all("AWS::CloudWatch::Alarm"):
        assert "see " in alarm.properties["AlarmDescription"] or "`etl " in alarm.properties["AlarmDescription"]


@pytest.mark.parametrize("metric", ["rows_exported", "bytes_exported", "rows_rejected", "failures", "seconds"])
def test_the_dashboard_shows_a_metric_of_every_dataset(lake: StackTemplate, metric: str) -> None:
    shown = [one for widget in _widgets(lake) for one in widget["properties"].get("metrics", [])]
    datasets_shown = [one[one.index("dataset") + 1] for one in shown if one[1] == metric]
    assert datasets_shown == list(datasets())


def test_the_dashboard_shows_runs_their_duration_and_the_alarms(lake: StackTemplate) -> None:
    metrics = {one[1] for widget in _widgets(lake) for one in widget["properties"].get("metrics", [])}
    assert {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionTime"} <= metrics
    (alarms,) = [widget for widget in _widgets(lake) if widget["type"] == "alarm"]
    assert len(alarms["properties"]["alarms"]) == 2


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def _widgets(template: StackTemplate) -> list[dict[str, Any]]:
    dashboard = template.one("AWS::CloudWatch::Dashboard").properties
    assert dashboard["DashboardName"] == "lake-export"
    widgets: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return widgets
