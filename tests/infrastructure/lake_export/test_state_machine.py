"""What the state machine does when something fails, and that its definition is valid."""

from pathlib import Path

import pytest

from tests.infrastructure.definitions import path_from, retry_of, states_of, validate
from tests.infrastructure.templates import StackTemplate

FUNCTION_TASKS = ["PlanDataset", "ExportChunk", "Catalog", "Validate"]
OF_THE_DATABASE = ["PlanDataset", "ExportChunk"]


def test_stages_follow_one_another(lake: StackTemplate) -> None:
    assert path_from(lake.definition(), "Plan") == ["Plan", "FitsOneRun"]
    assert path_from(lake.definition(), "Export") == ["Export", "Catalog", "Validate", "Verdict"]


def test_a_complete_run_succeeds_and_an_incomplete_one_takes_the_failure_path(lake: StackTemplate) -> None:
    definition = lake.definition()
    assert path_from(definition, "Complete")[-1] == "Succeeded"
    for name in ("Incomplete", "TooManyChunks"):
        assert path_from(definition, name)[-2:] == ["NotifyFailure", "Failed"]


def test_a_crawler_is_started_before_the_verdict_when_there_is_one(network_lake: StackTemplate) -> None:
    definition = network_lake.definition()
    assert path_from(definition, "Validate") == ["Validate", "Crawl", "Verdict"]
    crawl = definition["States"]["Crawl"]
    assert crawl["Resource"].endswith(":aws-sdk:glue:startCrawler")
    assert crawl["Arguments"] == {"Name": "lake-export"}


def test_a_crawler_that_still_runs_is_no_failure(network_lake: StackTemplate) -> None:
    running, other = network_lake.definition()["States"]["Crawl"]["Catch"]
    assert (running["ErrorEquals"], running["Output"]) == (["Glue.CrawlerRunningException"], "{% $states.input %}")
    assert other["ErrorEquals"] == ["States.ALL"]
    assert running["Next"] == other["Next"] == "Verdict"


@pytest.mark.parametrize("stage", ["Plan", "Export"])
def test_no_more_work_at_once_than_the_database_has_connections_for(prod_lake: StackTemplate, stage: str) -> None:
    assert prod_lake.definition()["States"][stage]["MaxConcurrency"] == 5


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_transient_errors_are_retried_with_backoff_and_jitter(lake: StackTemplate, name: str) -> None:
    retry = retry_of(lake.definition(), name, "TransientError")
    assert retry["MaxAttempts"] == (3 if name in OF_THE_DATABASE else 5)
    assert retry["BackoffRate"] > 1
    assert retry["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("name", FUNCTION_TASKS)
@pytest.mark.parametrize("error", ["Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown", "States.Timeout"])
def test_a_crash_is_retried_less_often_than_a_transient_error(lake: StackTemplate, name: str, error: str) -> None:
    assert (
        0
        < retry_of(lake.definition(), name, error)["MaxAttempts"]
        < retry_of(lake.definition(), name, "TransientError")["MaxAttempts"]
    )


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_terminal_errors_are_not_retried(lake: StackTemplate, name: str) -> None:
    retried = {error for retry in states_of(lake.definition())[name]["Retry"] for error in retry["ErrorEquals"]}
    assert retried.isdisjoint({"TerminalError", "States.ALL", "States.TaskFailed"})


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_every_function_may_take_as_long_as_it_is_given(lake: StackTemplate, name: str) -> None:
    export = lake.one("AWS::Lambda::Function", FunctionName="lake-export").properties
    assert (
        export["Timeout"] < states_of(lake.definition())[name]["TimeoutSeconds"] < lake.definition()["TimeoutSeconds"]
    )


@pytest.mark.parametrize(("stage", "task"), [("Plan", "PlanDataset"), ("Export", "ExportChunk")])
def test_one_that_fails_for_good_does_not_end_its_map(lake: StackTemplate, stage: str, task: str) -> None:
    inner = lake.definition()["States"][stage]["ItemProcessor"]["States"]
    (catch,) = inner[task]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert inner[catch["Next"]] == {"Type": "Pass", "QueryLanguage": "JSONata", "End": True}


@pytest.mark.parametrize("name", ["Plan", "Export"])
def test_a_map_that_fails_itself_is_reported_and_notified_of(lake: StackTemplate, name: str) -> None:
    (catch,) = states_of(lake.definition())[name]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Assign"]["failure"]["state"] == name
    assert "NotifyFailure" in path_from(lake.definition(), catch["Next"])


@pytest.mark.parametrize("variant", ["lake", "network_lake"])
def test_definition_is_valid(variant: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    template: StackTemplate = request.getfixturevalue(variant)
    done = validate(template.definition(), tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_definition_that_leads_nowhere_within_a_map_is_not_valid(lake: StackTemplate, tmp_path: Path) -> None:
    definition = lake.definition()
    definition["States"]["Export"]["ItemProcessor"]["States"]["ExportChunk"]["Catch"][0]["Next"] = "Export"
    done = validate(definition, tmp_path)
    assert done.returncode != 0
    assert "Export" in done.stderr
