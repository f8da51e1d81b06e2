"""What the state machine does when a stage fails, and that its definition is valid."""

from pathlib import Path

import pytest

from etl.pipelines.etl_pipeline.pipeline import LEASE_SECONDS
from tests.infrastructure.definitions import path_from, retry_of, states_of, validate
from tests.infrastructure.templates import StackTemplate

STAGES = ["Extract", "Transform", "Load"]
FUNCTION_TASKS = ["ExtractSegment", "Transform", "Load"]
# What stands in the ledger is about the run; none of it decides how the run ends.
REPORTS = ["ReportStarted", "ReportSucceeded", "ReportFailed"]
OWNED = ["Transform", "Load", "ReportSucceeded", "Succeeded"]


def test_a_run_is_reported_before_it_does_anything(stack: StackTemplate) -> None:
    definition = stack.definition()
    assert path_from(definition, definition["StartAt"]) == ["ReportStarted", "SourceOrReplay"]


def test_stages_follow_one_another_in_a_window_of_their_own(stack: StackTemplate) -> None:
    definition = stack.definition()
    assert path_from(definition, definition["States"]["SourceOrReplay"]["Default"]) == ["Extract", *OWNED]


def test_a_replay_goes_through_all_but_the_first_stage(stack: StackTemplate) -> None:
    definition = stack.definition()
    (choice,) = definition["States"]["SourceOrReplay"]["Choices"]
    assert path_from(definition, choice["Next"]) == ["Replay", *OWNED]


def test_execution_ends_after_half_an_hour(stack: StackTemplate) -> None:
    assert stack.definition()["TimeoutSeconds"] == 1800


def test_every_expression_is_jsonata(stack: StackTemplate) -> None:
    assert stack.definition()["QueryLanguage"] == "JSONata"
    assert all(state.get("QueryLanguage", "JSONata") == "JSONata" for state in states_of(stack.definition()).values())


def test_extract_scans_as_many_segments_as_configured(prod_stack: StackTemplate) -> None:
    extract = prod_stack.definition()["States"]["Extract"]
    (segment,) = extract["ItemProcessor"]["States"].values()
    count = segment["Arguments"]["Payload"]["segments"]
    assert count > 1
    assert extract["Items"] == list(range(count))
    assert extract["MaxConcurrency"] == count


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_transient_errors_are_retried_with_backoff_and_jitter(stack: StackTemplate, name: str) -> None:
    retry = retry_of(stack.definition(), name, "TransientError")
    assert retry["MaxAttempts"] >= 3
    assert retry["BackoffRate"] > 1
    assert retry["MaxDelaySeconds"] <= 60
    assert retry["JitterStrategy"] == "FULL"
    assert {"Lambda.ServiceException", "Lambda.TooManyRequestsException"} <= set(retry["ErrorEquals"])


@pytest.mark.parametrize("name", FUNCTION_TASKS)
@pytest.mark.parametrize("error", ["Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown", "States.Timeout"])
def test_a_crash_is_retried_less_often_than_a_transient_error(stack: StackTemplate, name: str, error: str) -> None:
    crashed = retry_of(stack.definition(), name, error)["MaxAttempts"]
    assert 0 < crashed < retry_of(stack.definition(), name, "TransientError")["MaxAttempts"]


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_terminal_errors_are_not_retried(stack: StackTemplate, name: str) -> None:
    retried = {error for retry in states_of(stack.definition())[name]["Retry"] for error in retry["ErrorEquals"]}
    assert retried.isdisjoint({"TerminalError", "States.ALL", "States.TaskFailed"})


def test_every_task_times_out_after_its_function(stack: StackTemplate) -> None:
    tasks = {
        name: state["TimeoutSeconds"]
        for name, state in states_of(stack.definition()).items()
        if state["Type"] == "Task"
    }
    assert tasks.keys() == {*FUNCTION_TASKS, *REPORTS, "NotifyFailure"}
    function = stack.one("AWS::Lambda::Function", FunctionName="etl-load").properties["Timeout"]
    assert all(function < tasks[name] < stack.definition()["TimeoutSeconds"] for name in FUNCTION_TASKS)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_that_fails_is_reported_and_notified_of(stack: StackTemplate, name: str) -> None:
    (catch,) = states_of(stack.definition())[name]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert path_from(stack.definition(), catch["Next"]) == ["ReportFailed", "NotifyFailure", "Failed"]
    assert catch["Assign"]["failure"]["state"] == name


@pytest.mark.parametrize("name", REPORTS)
def test_a_ledger_that_cannot_be_reached_changes_nothing_about_the_run(stack: StackTemplate, name: str) -> None:
    state = states_of(stack.definition())[name]
    (catch,) = state["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], state["Next"])
    assert catch["Output"] == state["Output"] == "{% $states.input %}"
    assert catch.get("Assign") == state.get("Assign")
    assert retry_of(stack.definition(), name, "States.ALL")["MaxAttempts"] > 0


def test_a_run_waits_for_the_owner_of_its_window_as_long_as_it_has_time_for_itself(stack: StackTemplate) -> None:
    retry = retry_of(stack.definition(), "Transform", "TransientError")
    delays = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** number, retry["MaxDelaySeconds"])
        for number in range(retry["MaxAttempts"])
    ]
    assert 600 < sum(delays) < stack.definition()["TimeoutSeconds"] / 2


@pytest.mark.parametrize("name", ["Transform", "Load"])
def test_a_lease_outlives_a_function_that_crashes_until_its_next_attempt(stack: StackTemplate, name: str) -> None:
    state = states_of(stack.definition())[name]
    crash = retry_of(stack.definition(), name, "States.Timeout")
    assert state["TimeoutSeconds"] + crash["MaxDelaySeconds"] < LEASE_SECONDS
    # An aborted run blocks its window for no longer than this.
    assert LEASE_SECONDS <= 960


def test_a_notification_that_fails_does_not_hide_the_stages_error(stack: StackTemplate) -> None:
    notify = states_of(stack.definition())["NotifyFailure"]
    (catch,) = notify["Catch"]
    assert notify["Next"] == catch["Next"] == "Failed"
    assert "Assign" not in catch
    assert states_of(stack.definition())["Failed"]["Error"] == "{% $failure.error %}"
    assert notify["Arguments"]["TopicArn"] == "arn:etl-alerts"


def test_definition_is_valid(stack: StackTemplate, tmp_path: Path) -> None:
    done = validate(stack.definition(), tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_definition_that_leads_nowhere_is_not_valid(stack: StackTemplate, tmp_path: Path) -> None:
    definition = stack.definition()
    definition["States"]["Transform"]["Next"] = "Lode"
    done = validate(definition, tmp_path)
    assert done.returncode != 0
    assert "Lode" in done.stderr
