"""Who may do what to which resource: the whole list, so that a new permission has to be written down here."""

from typing import Any

import pytest

from tests.infrastructure.templates import StackTemplate

STAGING = "arn:etl-staging-{account}-{region}"
WRITE = {"s3:PutObject", "s3:AbortMultipartUpload"}
TRACE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
CHUNKS = "arn:etl-runs, items of etl_pipeline#*"
LEASE = {"dynamodb:GetItem", "dynamodb:PutItem"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.mark.parametrize(
    ("stage", "own"),
    [
        ("extract", {"arn:etl-source-data": {"dynamodb:Scan"}, f"{STAGING}/extract/*": WRITE}),
        (
            "transform",
            {
                f"{STAGING}/extract/*": {"s3:GetObject"},
                f"{STAGING}/transform/*": WRITE,
                f"{STAGING}/rejects/*": WRITE,
                f"{STAGING}/quality/*": WRITE,
                CHUNKS: LEASE,
            },
        ),
        (
            "load",
            {
                f"{STAGING}/transform/*": {"s3:GetObject"},
                f"{STAGING}/replayed/*": WRITE,
                "arn:etl-destination-data": {"dynamodb:BatchWriteItem"},
                CHUNKS: LEASE,
            },
        ),
    ],
)
def test_a_function_may_do_its_work_log_and_trace(stack: StackTemplate, stage: str, own: dict[str, set[str]]) -> None:
    function = stack.one("AWS::Lambda::Function", FunctionName=f"etl-{stage}")
    allowed = _allowed(stack.statements(stack.role_of(function)))
    assert allowed == {**own, f"arn:/aws/lambda/etl-{stage}": LOG, "*": TRACE}


def test_no_two_functions_share_a_role(stack: StackTemplate) -> None:
    functions = stack.all("AWS::Lambda::Function")
    assert len({stack.role_of(function) for function in functions}) == len(functions)


@pytest.mark.parametrize("stage", ["extract", "transform", "load"])
def test_no_managed_policy_widens_a_function(stack: StackTemplate, stage: str) -> None:
    role = stack.role_of(stack.one("AWS::Lambda::Function", FunctionName=f"etl-{stage}"))
    (properties,) = [r.properties for r in stack.all("AWS::IAM::Role") if r.logical_id == role]
    assert "ManagedPolicyArns" not in properties
    assert "Policies" not in properties


def test_the_state_machine_may_invoke_its_functions_and_tell_of_its_runs(
    stack: StackTemplate, platform: StackTemplate
) -> None:
    machine = stack.one("AWS::StepFunctions::StateMachine")
    allowed = _allowed(stack.statements(stack.role_of(machine)))
    everywhere = allowed.pop("*")
    assert {action.split(":")[0] for action in everywhere} == {"logs", "xray"}
    invoked = {f"arn:etl-{stage}{suffix}" for stage in ("extract", "transform", "load") for suffix in ("", ":*")}
    assert allowed == {
        **{arn: {"lambda:InvokeFunction"} for arn in invoked},
        "arn:etl-alerts": {"sns:Publish"},
        f"arn:{platform.one('AWS::KMS::Key').logical_id}": {"kms:Decrypt", "kms:GenerateDataKey"},
        "arn:etl-runs, items of etl_pipeline": {"dynamodb:UpdateItem"},
    }


def test_the_rules_may_start_the_pipeline_and_nothing_else(stack: StackTemplate) -> None:
    targets = [rule.properties["Targets"][0] for rule in stack.all("AWS::Events::Rule")]
    for role in {target["RoleArn"].removeprefix("arn:role:") for target in targets}:
        assert _allowed(stack.statements(role)) == {"arn:etl-pipeline": {"states:StartExecution"}}


def _allowed(statements: list[dict[str, Any]]) -> dict[str, set[str]]:
    allowed: dict[str, set[str]] = {}
    for statement in statements:
        assert statement["Effect"] == "Allow"
        items = "".join(f", items of {key}" for key in _leading_keys(statement.get("Condition", {})))
        for resource in _list(statement["Resource"]):
            allowed.setdefault(f"{resource}{items}", set()).update(_list(statement["Action"]))
    return allowed


def _leading_keys(condition: dict[str, dict[str, list[str]]]) -> list[str]:
    """Return the partition keys to which a statement is confined; any other condition is an error."""
    keys: list[str] = []
    for operator, operands in condition.items():
        assert operands.keys() == {"dynamodb:LeadingKeys"}
        keys += operands["dynamodb:LeadingKeys"]
        pattern = any("*" in key for key in keys)
        assert operator == f"ForAllValues:String{'Like' if pattern else 'Equals'}"
    return keys


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
