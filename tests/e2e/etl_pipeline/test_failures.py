"""What is broken around the pipeline ends in a message that names it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from serverless_app.executions import Execution
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, event

DAY = {"date": "2018-02-01"}
EXTRACTED = "extract/20180201T000000Z-20180202T000000Z/data.json"
TRANSFORMED = "transform/20180201T000000Z-20180202T000000Z/data.json"


@pytest.fixture
def filled(pipeline: DeployedPipeline) -> DeployedPipeline:
    """The pipeline with two events on 1 February 2018."""
    pipeline.put([event("a", "2018-02-01T10:00:00Z"), event("b", "2018-02-01T11:00:00Z")])
    return pipeline


def start_at(pipeline: DeployedPipeline, state: str) -> str:
    """Return a machine with the deployed states that starts at a later one."""
    deployed = pipeline.states.describe_state_machine(stateMachineArn=pipeline.machine)
    definition = json.dumps(json.loads(deployed["definition"]) | {"StartAt": state})
    name = f"from-{state}".lower()
    arn: str = pipeline.states.create_state_machine(name=name, definition=definition, roleArn=deployed["roleArn"])[
        "stateMachineArn"
    ]
    return arn


def failed(execution: Execution) -> str:
    assert (execution.status, execution.error) == ("FAILED", "TerminalError")
    assert execution.cause is not None
    return execution.cause


def test_a_missing_source_table_is_named(filled: DeployedPipeline) -> None:
    with filled.without_table(filled.source):
        cause = failed(filled.run(DAY))
    assert cause.startswith(f"Extract: NotFound: table {filled.source}: Scan answered ResourceNotFoundException")


def test_a_missing_destination_table_is_named_and_a_rerun_repairs(filled: DeployedPipeline) -> None:
    with filled.without_table(filled.destination):
        cause = failed(filled.run(DAY))
    assert cause.startswith(f"Load: NotFound: table {filled.destination}: BatchWriteItem answered")
    assert filled.run(DAY).output["loaded"] == 2
    assert set(filled.loaded()) == {"a", "b"}


def test_what_no_retry_helps_is_tried_once(filled: DeployedPipeline) -> None:
    with filled.without_table(filled.destination):
        execution = filled.run(DAY)
    (load,) = [state for state in execution.states if state.name == "Load"]
    assert len(load.failures) == 1


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda body: body[: len(body) // 2], id="cut in a line"),
        pytest.param(lambda body: body[: body.index(b"\n") + 1], id="cut between lines"),
        pytest.param(lambda body: body + body, id="written twice"),
    ],
)
def test_a_truncated_staging_object_is_named_before_anything_is_loaded(
    filled: DeployedPipeline, damage: Callable[[bytes], bytes]
) -> None:
    request = extracted(filled)
    body = filled.objects()[EXTRACTED]
    filled.s3.put_object(Bucket=filled.bucket, Key=EXTRACTED, Body=damage(body))
    cause = failed(filled.run(request, start_at(filled, "Transform")))
    assert cause.startswith(f"Transform: StagingError: s3://{filled.bucket}/{EXTRACTED} holds ")
    assert cause.endswith("Run the window again")
    assert TRANSFORMED not in filled.objects()
    assert filled.loaded() == {}


def test_a_missing_staging_object_is_named(filled: DeployedPipeline) -> None:
    request = extracted(filled)
    filled.s3.delete_object(Bucket=filled.bucket, Key=EXTRACTED)
    cause = failed(filled.run(request, start_at(filled, "Transform")))
    assert f"s3://{filled.bucket}/{EXTRACTED}: GetObject answered NoSuchKey" in cause


def test_a_line_that_is_no_item_is_named_by_its_number(filled: DeployedPipeline) -> None:
    request = extracted(filled)
    first, second = filled.objects()[EXTRACTED].splitlines(keepends=True)
    filled.s3.put_object(Bucket=filled.bucket, Key=EXTRACTED, Body=first + second.replace(b"{", b"[", 1))
    cause = failed(filled.run(request, start_at(filled, "Transform")))
    assert f"StagingError: {EXTRACTED}, line 2 is no DynamoDB item" in cause


def extracted(pipeline: DeployedPipeline) -> dict[str, Any]:
    """Return what Extract hands to Transform, with its object in the bucket and nothing loaded."""
    handed: dict[str, Any] = next(state.output for state in pipeline.run(DAY).states if state.name == "Extract")
    pipeline.s3.delete_object(Bucket=pipeline.bucket, Key=TRANSFORMED)
    for item in pipeline.loaded().values():
        pipeline.dynamodb.delete_item(
            TableName=pipeline.destination, Key={name: item[name] for name in ("id", "timestamp")}
        )
    return handed
