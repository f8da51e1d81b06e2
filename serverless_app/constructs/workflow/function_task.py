"""A state that invokes a function and knows which of its errors are worth another attempt."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

# The family that the handlers raise (etl/errors.py), and what Lambda itself answers when it is busy or ill.
TRANSIENT = [
    "TransientError",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
]
# The function died or hung. Every stage may run twice, so that another attempt is safe.
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
    """Return a JSONata state that calls the function, retries what may pass, and ends with `output`.

    A transient error is retried so often as `retries` says, a crash twice.
    """
    task = tasks.LambdaInvoke.jsonata(
        scope,
        id_,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(dict(payload)),
        outputs=output,
        retry_on_service_exceptions=False,
        # Later than the function's own, so that Lambda's message is the one that is seen.
        task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(timeout_seconds + 10)),
    )
    task.add_retry(
        errors=TRANSIENT,
        interval=cdk.Duration.seconds(2),
        backoff_rate=2,
        max_attempts=retries,
        max_delay=cdk.Duration.seconds(60),
        jitter_strategy=sfn.JitterType.FULL,
    )
    task.add_retry(
        errors=CRASHED,
        interval=cdk.Duration.seconds(5),
        backoff_rate=2,
        max_attempts=2,
        max_delay=cdk.Duration.seconds(30),
        jitter_strategy=sfn.JitterType.FULL,
    )
    return task
