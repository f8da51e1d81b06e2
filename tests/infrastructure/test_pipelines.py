"""What every pipeline's stack has."""

from dataclasses import dataclass

import pytest

from tests.infrastructure.templates import StackTemplate, function_of


@dataclass(frozen=True)
class Expected:
    """A stack's fixture, and its deployed names."""

    fixture: str
    machine: str
    rules: str
    detail_type: str
    functions: tuple[str, ...]


EXPECTED = [
    Expected("stack", "etl-pipeline", "etl", "ETL Pipeline Trigger", ("etl-extract", "etl-transform", "etl-load")),
    Expected(
        "lake",
        "lake-export",
        "lake-export",
        "Lake Export Trigger",
        ("lake-plan", "lake-export", "lake-catalog", "lake-validate"),
    ),
]

pytestmark = pytest.mark.parametrize("pipeline", EXPECTED, ids=lambda pipeline: pipeline.machine)


@pytest.fixture
def template(request: pytest.FixtureRequest, pipeline: Expected) -> StackTemplate:
    """The pipeline's stack in dev."""
    stack: StackTemplate = request.getfixturevalue(pipeline.fixture)
    return stack


def test_functions_share_one_asset_and_one_layer(template: StackTemplate, pipeline: Expected) -> None:
    functions = [function_of(template, name) for name in pipeline.functions]
    assert len({function["Code"]["S3Key"] for function in functions}) == 1
    layer = template.one("AWS::Lambda::LayerVersion").logical_id
    assert {tuple(function["Layers"]) for function in functions} == {(layer,)}


def test_clock_starts_the_pipeline_at_two_with_the_time_it_was_due(template: StackTemplate, pipeline: Expected) -> None:
    rule = template.one("AWS::Events::Rule", Name=f"{pipeline.rules}-daily-schedule").properties
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0 2 * * ? *)", "ENABLED")
    (target,) = rule["Targets"]
    assert target["Arn"] == f"arn:{pipeline.machine}"
    assert target["InputTransformer"] == {
        "InputPathsMap": {"time": "$.time"},
        "InputTemplate": '{"scheduled":<time>}',
    }


def test_manual_event_starts_the_pipeline_with_its_detail(template: StackTemplate, pipeline: Expected) -> None:
    rule = template.one("AWS::Events::Rule", Name=f"{pipeline.rules}-manual-trigger").properties
    assert rule["EventPattern"] == {"source": ["manual.trigger"], "detail-type": [pipeline.detail_type]}
    (target,) = rule["Targets"]
    assert (target["Arn"], target["InputPath"]) == (f"arn:{pipeline.machine}", "$.detail")


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_an_alarm_tells_of_runs_that_did_not_succeed(template: StackTemplate, pipeline: Expected, metric: str) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName=metric, Namespace="AWS/States").properties
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": f"arn:{pipeline.machine}"}]
    assert (alarm["Threshold"], alarm["Statistic"], alarm["TreatMissingData"]) == (1, "Sum", "notBreaching")
    assert alarm["AlarmActions"] == ["arn:etl-alerts"]
