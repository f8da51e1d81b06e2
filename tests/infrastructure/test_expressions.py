"""The JSONata of the definition, evaluated on what the functions return and on how they fail."""

import json
from collections.abc import Mapping
from typing import Any

import jsonata
import pytest

from tests.infrastructure.templates import StackTemplate

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}


@pytest.mark.parametrize("segments", [1, 3])
def test_extract_hands_over_a_list_of_objects_however_many(stack: StackTemplate, segments: int) -> None:
    results = [_extracted(segment) for segment in range(segments)]
    output = _evaluate(stack.definition()["States"]["Extract"]["Output"], result=results)
    assert output == {
        "window": WINDOW,
        "scanned": 20 * segments,
        "objects": [{"key": f"extract/{i}", "records": 10, "bytes": 99} for i in range(segments)],
        "replay": False,
    }


@pytest.mark.parametrize(("given", "replays"), [({}, False), ({"date": "2018-02-01"}, False), ({"replay": {}}, True)])
def test_an_input_with_a_replay_does_not_extract(stack: StackTemplate, given: dict[str, Any], *, replays: bool) -> None:
    definition = stack.definition()
    (choice,) = definition["States"][definition["StartAt"]]["Choices"]
    assert _evaluate(choice["Condition"], input=given) is replays


def test_a_replay_is_handed_over_as_the_one_object_that_was_extracted(stack: StackTemplate) -> None:
    replay = {"key": "extract/replay", "records": 2, "bytes": 99}
    output = _evaluate(stack.definition()["States"]["Replay"]["Output"], input={"window": WINDOW, "replay": replay})
    assert output == {"window": WINDOW, "scanned": 0, "objects": [replay], "replay": True}


def test_a_replay_without_a_window_is_left_to_transform_to_refuse(stack: StackTemplate) -> None:
    assert _evaluate(stack.definition()["States"]["Replay"]["Output"], input={"replay": {}})["window"] == {}


@pytest.mark.parametrize("outcomes", [[], [{"key": "outcomes", "records": 2, "bytes": 99}]])
def test_load_is_given_a_list_of_outcomes_with_and_without_a_replay(
    stack: StackTemplate, outcomes: list[dict[str, Any]]
) -> None:
    given = {"extract": {"window": WINDOW}, "transform": _transformed() | {"outcomes": outcomes}}
    payload = _evaluate(stack.definition()["States"]["Load"]["Arguments"]["Payload"], input=given, context=_context())
    assert payload["outcomes"] == outcomes


def test_transform_is_given_references_only(stack: StackTemplate) -> None:
    handed_over = _evaluate(stack.definition()["States"]["Extract"]["Output"], result=[_extracted(0)])
    transform = stack.definition()["States"]["Transform"]
    payload = _evaluate(transform["Arguments"]["Payload"], input=handed_over, context=_context())
    assert payload == {
        "run": "nightly",
        "window": WINDOW,
        "objects": [{"key": "extract/0", "records": 10, "bytes": 99}],
        "replay": False,
    }


def test_execution_ends_with_its_counts_and_keys(stack: StackTemplate) -> None:
    extract = _evaluate(stack.definition()["States"]["Extract"]["Output"], result=[_extracted(0), _extracted(1)])
    transform = _evaluate(
        stack.definition()["States"]["Transform"]["Output"], input=extract, result={"Payload": _transformed()}
    )
    output = _evaluate(
        stack.definition()["States"]["Load"]["Output"],
        input=transform,
        result={"Payload": {"loaded": 17, "duplicates": 1, "seconds": 0.1}},
    )
    assert output == {
        "window": WINDOW,
        "scanned": 40,
        "extracted": 20,
        "read": 20,
        "rejected": 2,
        "reasons": {"MISSING": 2},
        "loaded": 17,
        "duplicates": 1,
        "aggregates": {"count": 18, "mean": None},
        "keys": {"extract": ["extract/0", "extract/1"], "transform": "transform/x", "rejects": "rejects/x"},
    }


@pytest.mark.parametrize(
    ("error", "cause", "told"),
    [
        ("TerminalError", {"errorMessage": 'no table "x"', "stackTrace": ["…"]}, 'no table "x"'),
        ("Lambda.Unknown", "The cause could not be determined.", "The cause could not be determined."),
        ("States.Timeout", "", "States.Timeout"),
        ("States.Timeout", None, "States.Timeout"),
        ("TerminalError", '{"errorMessage": "cut off', '{"errorMessage": "cut off'),
    ],
)
def test_cause_of_a_failure_is_readable(
    stack: StackTemplate, error: str, cause: dict[str, Any] | str | None, told: str
) -> None:
    failure = stack.definition()["States"]["Load"]["Catch"][0]["Assign"]["failure"]
    error_output = {"Error": error}
    if cause is not None:
        error_output["Cause"] = cause if isinstance(cause, str) else json.dumps(cause)
    assigned = _evaluate(failure, input={"a": 1}, context=_context(), errorOutput=error_output)
    assert assigned == {
        "pipeline": "etl-pipeline",
        "run": "nightly",
        "state": "Load",
        "error": error,
        "cause": told,
        "input": {"a": 1},
    }


def test_execution_fails_with_the_stage_and_its_cause(stack: StackTemplate) -> None:
    failed = stack.definition()["States"]["Failed"]
    failure = {"state": "Load", "error": "TerminalError", "cause": "no table"}
    assert _evaluate(failed["Error"], variables={"failure": failure}) == "TerminalError"
    assert _evaluate(failed["Cause"], variables={"failure": failure}) == "Load: no table"


def _extracted(segment: int) -> dict[str, Any]:
    counts = {"records": 10, "bytes": 99, "scanned": 20, "seconds": 0.1}
    return {"window": WINDOW, "key": f"extract/{segment}", **counts}


def _transformed() -> dict[str, Any]:
    return {
        "key": "transform/x",
        "records": 18,
        "bytes": 99,
        "read": 20,
        "rejected": 2,
        "rejects_key": "rejects/x",
        "reasons": {"MISSING": 2},
        "aggregates": {"count": 18, "mean": None},
        "outcomes": [],
        "seconds": 0.1,
    }


def _context() -> dict[str, Any]:
    return {"Execution": {"Name": "nightly"}}


def _evaluate(template: Any, *, variables: Mapping[str, Any] | None = None, **states: Any) -> Any:
    if isinstance(template, dict):
        return {key: _evaluate(value, variables=variables, **states) for key, value in template.items()}
    if not isinstance(template, str) or not template.startswith("{%"):
        return template
    expression = jsonata.Jsonata(template.removeprefix("{%").removesuffix("%}"))
    expression.register_lambda("parse", json.loads)
    return expression.evaluate(None, {"states": states, **(variables or {})})
