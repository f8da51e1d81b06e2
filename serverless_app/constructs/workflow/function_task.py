"""A state that invokes a function and retries the errors that may pass."""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

# The family that handlers raise (etl/errors.py), and Lambda's own errors when it is busy or out of order.
TRANSIENT = [
    "TransientError",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
]
# The function died or hung. Another attempt is safe: every stage may run twice.
CRASHED = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"]


def function_task(
    scope: Construct,
    id_: str,
    *,
    function: lambda_.IFunction,
    timeout_seconds: int,
    payload: Mapping[str, Any],
    output: object,
    retries: int = 5,
) -> tasks.LambdaInvoke:
    """Return a JSONata state that calls the function; transient errors get `retries` more attempts, crashes two."""
    task = tasks.LambdaInvoke.jsonata(
        scope,
        id_,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(dict(payload)),
        outputs=output,
        retry_on_service_exceptions=False,
        # After the function's own time-out, whose message is the clearer one.
        task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(timeout_seconds + 10)),
    )
    retry(task, TRANSIENT, attempts=retries, first_seconds=2, longest_seconds=60)
    retry(task, CRASHED, attempts=2, first_seconds=5, longest_seconds=30)
    return task


def retry(
    task: sfn.TaskStateBase, errors: Sequence[str], *, attempts: int, first_seconds: int, longest_seconds: int
) -> None:
    """Retry errors with doubling intervals and full jitter."""
    task.add_retry(
        errors=list(errors),
        interval=cdk.Duration.seconds(first_seconds),
        backoff_rate=2,
        max_attempts=attempts,
        max_delay=cdk.Duration.seconds(longest_seconds),
        jitter_strategy=sfn.JitterType.FULL,
    )
