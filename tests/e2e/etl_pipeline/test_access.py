"""With IAM enforced, every grant of the stack is needed, and a missing one is named."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from etl.runs.kept_rejects import read_rejects
from etl.runs.replays import Replayed, stage_replay
from etl.windows import Window
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, event

DAY = {"date": "2018-02-01"}


@contextmanager
def without_grant(pipeline: DeployedPipeline, stage: str, action: str) -> Iterator[None]:
    """Take one action from a function's role for a while."""
    functions, iam = pipeline.cloud.client("lambda"), pipeline.cloud.client("iam")
    role = functions.get_function_configuration(FunctionName=f"etl-{stage}")["Role"].rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    less = json.loads(json.dumps(document))
    for statement in less["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [one for one in actions if one != action] or ["sts:GetCallerIdentity"]
    assert less != document, f"etl-{stage} is not granted {action}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


@pytest.mark.parametrize(
    ("stage", "action", "thing"),
    [
        ("extract", "dynamodb:Scan", "table etl-source-data: Scan"),
        ("extract", "s3:PutObject", "/extract/20180201T000000Z-20180202T000000Z/data.json: PutObject"),
        ("transform", "s3:GetObject", "/extract/20180201T000000Z-20180202T000000Z/data.json: GetObject"),
        ("transform", "s3:PutObject", "/rejects/events/20180201T000000Z-20180202T000000Z/rejects.jsonl: PutObject"),
        ("transform", "dynamodb:GetItem", "table etl-runs: GetItem"),
        ("transform", "dynamodb:PutItem", "table etl-runs: PutItem"),
        ("load", "s3:GetObject", "/transform/20180201T000000Z-20180202T000000Z/data.json: GetObject"),
        ("load", "dynamodb:BatchWriteItem", "table etl-destination-data: BatchWriteItem"),
    ],
)
def test_a_missing_grant_is_named_and_a_rerun_with_it_repairs(
    iam_pipeline: DeployedPipeline, stage: str, action: str, thing: str
) -> None:
    iam_pipeline.put([event("a", "2018-02-01T10:00:00Z")])
    with without_grant(iam_pipeline, stage, action):
        execution = iam_pipeline.run(DAY)
    assert (execution.status, execution.error) == ("FAILED", "TerminalError")
    assert execution.cause is not None
    assert execution.cause.startswith(f"{stage.title()}: AccessDenied: ")
    assert f"{thing} answered AccessDenied" in execution.cause
    assert "grant the action to the function's role" in execution.cause
    assert iam_pipeline.loaded() == {}
    assert iam_pipeline.run(DAY).output["loaded"] == 1


def test_a_replay_without_the_grant_to_mark_is_named_and_mended_by_the_next_one(
    iam_pipeline: DeployedPipeline,
) -> None:
    broken = event("broken", "2018-02-01T10:00:00Z", "1")
    del broken["value"]
    iam_pipeline.put([broken])
    iam_pipeline.run(DAY)
    (found,) = read_rejects(iam_pipeline.s3, iam_pipeline.bucket)
    repaired = Replayed(found.rejects[0].id, broken | {"value": {"N": "1"}})
    staged = stage_replay(iam_pipeline.s3, iam_pipeline.bucket, Window.from_dict(found.window), [repaired])
    request = {"window": found.window, "replay": msgspec.structs.asdict(staged)}
    with without_grant(iam_pipeline, "load", "s3:PutObject"):
        cause = iam_pipeline.run(request).cause
    assert cause is not None
    assert cause.startswith("Load: AccessDenied: s3://")
    assert "/replayed/20180201T000000Z-20180202T000000Z/replay-" in cause
    assert iam_pipeline.run(request).output["loaded"] == 1
    (found,) = read_rejects(iam_pipeline.s3, iam_pipeline.bucket)
    assert found.open == ()


def test_the_rules_may_start_the_machine(iam_pipeline: DeployedPipeline) -> None:
    iam_pipeline.put([event("a", "2018-02-01T10:00:00Z")])
    assert iam_pipeline.send(DAY).output["loaded"] == 1
