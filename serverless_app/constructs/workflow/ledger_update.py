"""A state that changes one item of the ledger, without a function in between."""

import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

RUN = "$states.context.Execution.Name"
START = "$states.context.Execution.StartTime"
_UNCHANGED = "{% $states.input %}"

Attribute = dict[str, str]


def text(expression: str) -> Attribute:
    """Return the text of a JSONata expression as DynamoDB takes one."""
    return {"S": f"{{% {expression} %}}"}


def number(expression: str) -> Attribute:
    """Return the number of a JSONata expression as DynamoDB takes one."""
    return {"N": f"{{% $string({expression}) %}}"}


def expiry(days: int) -> Attribute:
    """Return the epoch second at which DynamoDB may forget an item of this execution."""
    return number(f"$floor($toMillis({START}) / 1000) + {days * 86_400}")


def ledger_update(
    scope: Construct,
    id_: str,
    *,
    table: dynamodb.ITable,
    pk: Attribute,
    sk: Attribute,
    update: str,
    values: Mapping[str, Attribute],
    otherwise: sfn.State | None = None,
    assign: Mapping[str, str] | None = None,
) -> sfn.CustomState:
    """Return a state that updates an item and hands on what it was given.

    `update` writes an attribute as `#name`, whatever its name, and one of the `values` as `:name`. When
    the item cannot be updated, the execution goes on `otherwise`, if that is given, as if it had been. In both cases
    the state's variables are assigned.
    """
    names = sorted(set(re.findall(r"#(\w+)", update)))
    assigned = {} if assign is None else {"Assign": dict(assign)}
    definition: dict[str, Any] = {
        "Type": "Task",
        # Not the CDK's own construct, which grants the role every item of the table.
        "Resource": f"arn:{cdk.Aws.PARTITION}:states:::dynamodb:updateItem",
        "Arguments": {
            "TableName": table.table_name,
            "Key": {"pk": pk, "sk": sk},
            "UpdateExpression": update,
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        },
        "Output": _UNCHANGED,
        "TimeoutSeconds": 10,
        **assigned,
    }
    if otherwise is not None:
        # Spelled out: the construct's own method leaves a catcher's output away.
        caught = {"ErrorEquals": ["States.ALL"], "Next": otherwise.state_id, "Output": _UNCHANGED}
        definition["Catch"] = [caught | assigned]
    return sfn.CustomState(scope, id_, state_json=definition)


def retry_outage(state: sfn.CustomState) -> sfn.CustomState:
    """Let a state try again when DynamoDB cannot be reached, or is busy; return it."""
    return state.add_retry(
        errors=["States.ALL"],
        interval=cdk.Duration.seconds(1),
        backoff_rate=2,
        max_attempts=3,
        max_delay=cdk.Duration.seconds(10),
        jitter_strategy=sfn.JitterType.FULL,
    )
