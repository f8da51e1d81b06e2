"""Every stage says in one structured line what it did, and measures it."""

import json
from typing import Any

import pytest

from serverless_app.executions import Execution
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, event

MEASURES = {
    "extract": {"rows_scanned": 1, "rows_extracted": 1},
    "transform": {"rows_transformed": 1, "rows_rejected": 0},
    "load": {"rows_loaded": 1, "duplicates": 0},
}


@pytest.fixture(scope="module")
def execution(deployment: DeployedPipeline) -> Execution:
    deployment.empty()
    deployment.put([event("a", "2018-02-01T10:00:00Z")])
    return deployment.run({"date": "2018-02-01"})


@pytest.mark.parametrize("stage", MEASURES)
def test_a_stage_logs_its_result_under_the_run(deployment: DeployedPipeline, execution: Execution, stage: str) -> None:
    (line,) = deployment.log(stage, execution.run)
    assert (line["level"], line["message"], line["service"]) == ("INFO", "done", "etl_pipeline")
    assert line["result"]["seconds"] >= 0


@pytest.mark.parametrize("stage", MEASURES)
def test_a_line_names_the_window(deployment: DeployedPipeline, execution: Execution, stage: str) -> None:
    (line,) = deployment.log(stage, execution.run)
    assert line["window"] == execution.output["window"]


@pytest.mark.parametrize("stage", MEASURES)
@pytest.mark.usefixtures("execution")
def test_a_stage_measures_in_the_embedded_metric_format(deployment: DeployedPipeline, stage: str) -> None:
    measured = metrics(deployment, stage)[-1]
    (described,) = measured["_aws"]["CloudWatchMetrics"]
    assert (described["Namespace"], described["Dimensions"]) == ("etl", [["function", "service"]])
    assert measured["function"] == f"etl-{stage}"
    assert {metric["Name"] for metric in described["Metrics"]} >= {*MEASURES[stage], "seconds"}
    assert {name: measured[name] for name in MEASURES[stage]} == {
        name: [value] for name, value in MEASURES[stage].items()
    }


def test_a_failure_is_logged_as_an_error_and_counted(deployment: DeployedPipeline) -> None:
    execution = deployment.run({"date": "never"})
    (line,) = deployment.log("extract", execution.run)
    assert (line["level"], line["exception_name"]) == ("ERROR", "InputError")
    assert "input 'date' is 'never'" in line["exception"]
    assert metrics(deployment, "extract")[-1]["failures"] == [1]


def metrics(pipeline: DeployedPipeline, stage: str) -> list[dict[str, Any]]:
    """Return what a stage measured, in the order of its log."""
    group = f"/aws/lambda/etl-{stage}"
    pages = pipeline.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    messages = [event["message"] for page in pages for event in page["events"]]
    return [json.loads(message) for message in messages if message.startswith('{"_aws"')]
