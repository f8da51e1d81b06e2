"""The JSONata of the definition, evaluated on what the functions return and on how they fail."""

import json
from typing import Any

import pytest

from serverless_app.constructs.workflow.chunked_workflow import MOST_CHUNKS
from tests.infrastructure.lake_export.evaluation import context, evaluate
from tests.infrastructure.templates import StackTemplate

DATASETS = ["agent_interactions", "agent_metrics", "agent_tasks", "user_sessions", "workflows"]
LIMIT = 256 * 1024
WINDOW = {"start": "2024-12-22T00:00:00Z", "end": "2024-12-23T00:00:00Z"}


@pytest.fixture(scope="module")
def states(lake: StackTemplate) -> dict[str, Any]:
    found: dict[str, Any] = lake.definition()["States"]
    return found


@pytest.mark.parametrize(
    ("given", "planned"),
    [
        ({}, DATASETS),
        ({"date": "2024-12-22"}, DATASETS),
        ({"datasets": ["workflows"]}, ["workflows"]),
        ({"datasets": "workflows"}, ["workflows"]),
        ({"datasets": ["workflows", "agent_tasks"]}, ["workflows", "agent_tasks"]),
        ({"datasets": ["workflows", "workflows"]}, ["workflows"]),
        ({"datasets": ["no_such_table"]}, ["no_such_table"]),
        # Plan refuses the dataset without a name; an empty list must not mean all of them.
        ({"datasets": []}, [""]),
    ],
)
def test_the_datasets_that_are_asked_for_are_planned(
    states: dict[str, Any], given: dict[str, Any], planned: list[str]
) -> None:
    assert evaluate(states["Plan"]["Items"], context=context(**given)) == planned


def test_plan_is_given_the_input_and_the_start_which_no_retry_changes(states: dict[str, Any]) -> None:
    payload = _inner(states, "Plan", "PlanDataset")["Arguments"]["Payload"]
    assert evaluate(payload, input="workflows", context=context(date="2024-12-22")) == {
        "run": "nightly",
        "started": "2024-12-23T02:00:07.123Z",
        "input": {"date": "2024-12-22"},
        "dataset": "workflows",
    }


@pytest.mark.parametrize("days", [0, 1, 3])
def test_chunks_are_handed_over_as_a_list_however_many(states: dict[str, Any], days: int) -> None:
    planned = _plan(states, [_planned("workflows", days)])
    assert planned["chunks"] == [_chunk("workflows", day) for day in range(days)]
    assert evaluate(states["Export"]["Items"], input=planned) == planned["chunks"]


def test_chunks_of_all_datasets_are_one_list(states: dict[str, Any]) -> None:
    planned = _plan(states, [_planned("workflows", 2), _planned("agent_tasks", 0), _planned("agent_metrics", 1)])
    assert planned == {
        "window": WINDOW,
        "chunks": [_chunk("workflows", 0), _chunk("workflows", 1), _chunk("agent_metrics", 0)],
        "unchanged": 21,
        "kept": 3,
        "unplaced": 6,
        "extra_columns": ["workflows.colour", "agent_tasks.colour", "agent_metrics.colour"],
        "failed": [],
    }


def test_a_dataset_that_is_exported_whole_has_one_chunk_that_says_so(states: dict[str, Any]) -> None:
    whole = _planned("countries", 1)
    whole["chunks"][0]["part"] = "whole"
    (chunk,) = _plan(states, [whole])["chunks"]
    assert chunk == {"dataset": "countries", "part": "whole", "force": False}
    payload = _inner(states, "Export", "ExportChunk")["Arguments"]["Payload"]
    assert evaluate(payload, input=chunk, context=context())["chunk"] == {"dataset": "countries", "part": "whole"}


@pytest.mark.parametrize(("reason", "forced"), [("forced", True), ("changed", False), ("new", False)])
def test_only_what_plan_forced_is_exported_with_force(states: dict[str, Any], reason: str, *, forced: bool) -> None:
    planned = _planned("workflows", 1)
    planned["chunks"][0]["reason"] = reason
    (chunk,) = _plan(states, [planned])["chunks"]
    payload = _inner(states, "Export", "ExportChunk")["Arguments"]["Payload"]
    assert evaluate(payload, input=chunk, context=context(force=True)) == {
        "run": "nightly",
        "chunk": {"dataset": "workflows", "part": "2024-12-01"},
        "force": forced,
    }


def test_a_window_of_many_days_ends_after_its_last(states: dict[str, Any]) -> None:
    planned = _planned("workflows", 1) | {"first": "2024-02-01", "last": "2024-02-29"}
    window = {"start": "2024-02-01T00:00:00Z", "end": "2024-03-01T00:00:00Z"}
    assert _plan(states, [planned])["window"] == window
    assigned = evaluate(states["Plan"]["Assign"], result=[_planned_output(states, planned)])
    assert assigned == {"window": "2024-02-01T00:00:00Z/2024-03-01T00:00:00Z"}


def test_a_dataset_that_cannot_be_planned_is_listed_and_the_others_go_on(states: dict[str, Any]) -> None:
    failed = _not_planned(states, "agent_tasks", {"errorMessage": "SourceError: no column status"})
    planned = _plan(states, [_planned("workflows", 1)], [failed])
    assert planned["chunks"] == [_chunk("workflows", 0)]
    assert planned["window"] == WINDOW
    assert planned["failed"] == [
        {
            "state": "Plan",
            "dataset": "agent_tasks",
            "part": None,
            "error": "TerminalError",
            "cause": "SourceError: no column status",
        }
    ]


def test_when_no_dataset_can_be_planned_there_is_no_window_and_nothing_to_do(states: dict[str, Any]) -> None:
    failed = _not_planned(states, "workflows", {"errorMessage": "AccessDenied: database"})
    planned = _plan(states, [], [failed])
    assert (planned["window"], planned["chunks"], len(planned["failed"])) == (None, [], 1)
    assert evaluate(states["Plan"]["Assign"], result=[failed]) == {"window": ""}
    assert _export(states, planned, [])["failed"] == planned["failed"]


@pytest.mark.parametrize(("chunks", "fits"), [(0, True), (MOST_CHUNKS, True), (MOST_CHUNKS + 1, False)])
def test_a_run_takes_no_more_chunks_than_its_results_have_room_for(
    states: dict[str, Any], chunks: int, *, fits: bool
) -> None:
    (choice,) = states["FitsOneRun"]["Choices"]
    assert evaluate(choice["Condition"], input={"chunks": [{}] * chunks}) is fits
    assert (choice["Next"], states["FitsOneRun"]["Default"]) == ("Export", "TooManyChunks")


def test_too_many_chunks_are_refused_with_their_number(states: dict[str, Any]) -> None:
    given: dict[str, Any] = {"chunks": [{}] * 501}
    failure = evaluate(states["TooManyChunks"]["Assign"]["failure"], input=given, context=context(a=1))
    assert failure["cause"].startswith("501 chunks are to be done, and one run takes 500: ")
    assert (failure["state"], failure["error"], failure["input"]) == ("Plan", "TerminalError", {"a": 1})


def test_counts_are_of_what_was_published(states: dict[str, Any]) -> None:
    results = [
        _exported(states, "workflows", 0, rows=10, rejected=1, size=100),
        _exported(states, "workflows", 1, status="unchanged", rows=99, rejected=9, size=999),
        _exported(states, "workflows", 2, status="empty", rows=0, key=None),
        _exported(states, "agent_tasks", 0, rows=5, rejected=0, size=50),
    ]
    output = _export(states, _plan(states, [_planned("workflows", 4)]), results)
    counts = {name: output[name] for name in ("published", "unchanged", "empty", "rows", "rejected", "bytes")}
    assert counts == {"published": 2, "unchanged": 8, "empty": 1, "rows": 15, "rejected": 1, "bytes": 150}


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_validate_is_given_a_list_of_what_was_exported(states: dict[str, Any], chunks: int) -> None:
    results = [_exported(states, "workflows", day, rows=10) for day in range(chunks)]
    output = _export(states, _plan(states, [_planned("workflows", chunks)]), results)
    payload = evaluate(states["Validate"]["Arguments"]["Payload"], input=output, context=context())
    assert payload == {
        "run": "nightly",
        "chunks": [
            {"dataset": "workflows", "part": f"2024-12-0{day + 1}", "status": "published", "rows": 10, "key": "k"}
            for day in range(chunks)
        ],
    }


def test_a_chunk_that_fails_is_listed_beside_those_that_do_not(states: dict[str, Any]) -> None:
    planned = _plan(states, [_planned("workflows", 2)])
    results = [_exported(states, "workflows", 0, rows=10), _not_exported(states, "workflows", 1, "QualityError: n")]
    output = _export(states, planned, results)
    assert output["published"] == 1
    assert output["failed"] == [
        {
            "state": "Export",
            "dataset": "workflows",
            "part": "2024-12-02",
            "error": "TerminalError",
            "cause": "QualityError: n",
        }
    ]


@pytest.mark.parametrize(("findings", "listed"), [(0, 0), (1, 1), (3, 3), (80, 50)])
def test_what_validation_finds_is_listed(states: dict[str, Any], findings: int, listed: int) -> None:
    found = [
        {"dataset": "workflows", "part": "2024-12-01", "check": "rows", "found": f"has {n} rows"}
        for n in range(findings)
    ]
    output = evaluate(
        states["Validate"]["Output"], input={"failed": [], "rows": 1}, result={"Payload": {"findings": found}}
    )
    assert output["rows"] == 1
    assert len(output["failed"]) == listed
    assert [one["cause"] for one in output["failed"][:1]] == [f"rows: has {n} rows" for n in range(min(1, findings))]
    assert {one["error"] for one in output["failed"]} <= {"ValidationFailed"}


@pytest.mark.parametrize("state", ["Catalog", "Validate"])
def test_a_last_stage_that_fails_adds_to_the_list(states: dict[str, Any], state: str) -> None:
    (catch,) = states[state]["Catch"]
    before = {"failed": [{"state": "Export"}], "published": 1}
    output = evaluate(catch["Output"], input=before, errorOutput={"Error": "States.Timeout"})
    assert catch["Next"] == "Verdict"
    assert output["published"] == 1
    assert [one["state"] for one in output["failed"]] == ["Export", state]
    assert output["failed"][1]["cause"] == "States.Timeout"


@pytest.mark.parametrize(("failed", "complete"), [([], True), ([{"state": "Plan"}], False)])
def test_a_run_is_complete_when_nothing_is_on_its_list(
    states: dict[str, Any], failed: list[Any], *, complete: bool
) -> None:
    (choice,) = states["Verdict"]["Choices"]
    assert evaluate(choice["Condition"], input={"failed": failed}) is complete
    assert (choice["Next"], states["Verdict"]["Default"]) == ("Complete", "Incomplete")


def test_execution_ends_with_its_counts(states: dict[str, Any]) -> None:
    planned = _plan(states, [_planned("workflows", 1)])
    exported = _export(states, planned, [_exported(states, "workflows", 0, rows=10, rejected=2, size=64)])
    assert evaluate(states["Complete"]["Output"], input=exported) == {
        "window": WINDOW,
        "published": 1,
        "unchanged": 7,
        "kept": 1,
        "empty": 0,
        "rows": 10,
        "rejected": 2,
        "bytes": 64,
        "unplaced": 2,
        "extra_columns": ["workflows.colour"],
        "failed": [],
    }


def test_an_incomplete_run_fails_with_the_list(states: dict[str, Any]) -> None:
    failed = [
        {"state": "Plan", "dataset": "agent_tasks", "part": None, "error": "TerminalError", "cause": "no table"},
        {"state": "Export", "dataset": "workflows", "part": "2024-12-02", "error": "TerminalError", "cause": "lost"},
        {"state": "Catalog", "dataset": None, "part": None, "error": "TerminalError", "cause": "denied"},
    ]
    failure = _incomplete(states, failed)
    assert failure == {
        "pipeline": "lake-export",
        "run": "nightly",
        "state": "Plan, Export, Catalog",
        "error": "TerminalError",
        "cause": (
            "3 failed, 4 published. agent_tasks in Plan: TerminalError: no table; "
            "workflows 2024-12-02 in Export: TerminalError: lost; in Catalog: TerminalError: denied"
        ),
        "input": {"date": "2024-12-22"},
    }


@pytest.mark.parametrize(
    ("chunks", "told"),
    [
        (2, "workflows 2024-12-01 in Export, workflows 2024-12-02 in Export: TransientError: refused"),
        (12, "workflows 2024-12-10 in Export and 2 more: TransientError: refused"),
    ],
)
def test_what_many_chunks_failed_of_is_said_once(states: dict[str, Any], chunks: int, told: str) -> None:
    failed = [_failure(day, "TransientError", "refused") for day in range(chunks)]
    cause = _incomplete(states, failed)["cause"]
    assert cause.startswith(f"{chunks} failed, 4 published. workflows 2024-12-01 in Export")
    assert cause.endswith(told)
    assert cause.count("refused") == 1


@pytest.mark.parametrize(
    ("errors", "told"),
    [(["TransientError"], "TransientError"), (["TransientError", "TerminalError"], "SeveralErrors")],
)
def test_an_incomplete_run_has_the_class_that_all_its_errors_have(
    states: dict[str, Any], errors: list[str], told: str
) -> None:
    failed = [_failure(day, error, "lost") for day, error in enumerate(errors)]
    assert _incomplete(states, failed)["error"] == told


def test_results_have_room_even_if_every_chunk_fails_with_a_long_message(states: dict[str, Any]) -> None:
    one = _not_exported(states, "agent_interactions", 27, "x" * 9000)
    # All of them different, so that none is said for another.
    failed = [{"failed": one["failed"] | {"cause": f"{n:03}{one['failed']['cause'][3:]}"}} for n in range(MOST_CHUNKS)]
    planned = _plan(states, [_planned("agent_interactions", 28)])
    assert len(json.dumps(failed)) < LIMIT
    output = _export(states, planned, failed)
    assert len(json.dumps(output)) < LIMIT
    assert len(json.dumps(_incomplete(states, output["failed"]))) < 32_768  # what a Fail state's cause may have


def test_results_have_room_if_every_chunk_succeeds(states: dict[str, Any]) -> None:
    key = "agent_interactions/year=2024/month=12/day=22/data.parquet"
    done = [_exported(states, "agent_interactions", 27, rows=10**9, size=10**12, key=key)] * MOST_CHUNKS
    assert len(json.dumps(done)) < LIMIT
    output = _export(states, _plan(states, [_planned("agent_interactions", 1)]), done)
    assert len(json.dumps(output)) < LIMIT


def _inner(states: dict[str, Any], stage: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = states[stage]["ItemProcessor"]["States"][name]
    return found


def _chunk(dataset: str, day: int) -> dict[str, Any]:
    return {"dataset": dataset, "part": f"2024-12-{day + 1:02}", "force": False}


def _planned(dataset: str, days: int) -> dict[str, Any]:
    """Return what the function answers for a dataset with so many days to export."""
    return {
        "dataset": dataset,
        "first": "2024-12-22",
        "last": "2024-12-22",
        "chunks": [
            {"dataset": dataset, "part": f"2024-12-{day + 1:02}", "rows": 10, "reason": "new"} for day in range(days)
        ],
        "unchanged": 7,
        "extra_columns": ["colour"],
        "unplaced": 2,
        "kept": 1,
        "seconds": 0.1,
    }


def _planned_output(states: dict[str, Any], planned: dict[str, Any]) -> Any:
    return evaluate(_inner(states, "Plan", "PlanDataset")["Output"], result={"Payload": planned})


def _plan(states: dict[str, Any], planned: list[dict[str, Any]], failed: list[Any] | None = None) -> Any:
    results = [_planned_output(states, one) for one in planned] + (failed or [])
    return evaluate(states["Plan"]["Output"], result=results)


def _not_planned(states: dict[str, Any], dataset: str, cause: dict[str, Any]) -> Any:
    (catch,) = _inner(states, "Plan", "PlanDataset")["Catch"]
    error = {"Error": "TerminalError", "Cause": json.dumps(cause)}
    return evaluate(catch["Output"], input=dataset, errorOutput=error)


def _exported(
    states: dict[str, Any],
    dataset: str,
    day: int,
    *,
    rows: int,
    status: str = "published",
    rejected: int = 0,
    size: int = 0,
    key: str | None = "k",
) -> Any:
    answer = {
        "dataset": dataset,
        "part": f"2024-12-{day + 1:02}",
        "status": status,
        "rows": rows,
        "rejected": rejected,
        "bytes": size,
        "key": key,
        "version": "v",
        "scorecard": "s",
        "rejects": None,
        "seconds": 0.1,
    }
    return evaluate(_inner(states, "Export", "ExportChunk")["Output"], result={"Payload": answer})


def _not_exported(states: dict[str, Any], dataset: str, day: int, message: str) -> Any:
    (catch,) = _inner(states, "Export", "ExportChunk")["Catch"]
    error = {"Error": "TerminalError", "Cause": json.dumps({"errorMessage": message})}
    return evaluate(catch["Output"], input=_chunk(dataset, day), errorOutput=error)


def _export(states: dict[str, Any], planned: dict[str, Any], results: list[Any]) -> Any:
    return evaluate(states["Export"]["Output"], input=planned, result=results)


def _failure(day: int, error: str, cause: str) -> dict[str, Any]:
    return {
        "state": "Export",
        "dataset": "workflows",
        "part": f"2024-12-{day + 1:02}",
        "error": error,
        "cause": cause,
    }


def _incomplete(states: dict[str, Any], failed: list[Any]) -> Any:
    given = {"failed": failed, "published": 4}
    return evaluate(states["Incomplete"]["Assign"]["failure"], input=given, context=context(date="2024-12-22"))
