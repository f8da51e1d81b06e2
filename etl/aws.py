"""The edge to AWS: clients with the SDK's own retries, and errors that name the subject and the next step."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 -- botocore's, which is no OSError
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from etl.dynamodb_wire import pass_items_through
from etl.errors import AccessDenied, EtlError, NotFound, TerminalError, TransientError

_TRANSIENT = frozenset({
    "InternalError",
    "ConcurrentModificationException",  # Glue: somebody else changes the table
    "InternalFailure",
    "InternalServerError",
    "InternalServiceException",
    "LimitExceededException",
    "NoSuchUpload",  # the completion succeeded, its answer was lost: another attempt makes a new one
    "OperationAborted",
    "OperationTimeoutException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
})  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"})
_MISSING = frozenset({
    "404",
    "EntityNotFoundException",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "NotFound",
    "ResourceNotFoundException",
})  # fmt: skip

_RETRIES = {"s3": 3, "athena": 5}
_OTHERS_RETRIES = 4

# The answer was lost, late or damaged on the way.
_CONNECTION = (
    ConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    HTTPError,
    IncompleteReadError,
    ResponseParserError,
    ResponseStreamingError,
)


@functools.cache
def client(service: str) -> Any:
    """Return this process's boto3 client of a service, made at the first call and kept for warm invocations.

    Its adaptive retries and time-outs leave a function time to report.
    """
    made = boto3.client(  # type: ignore[call-overload]  # any service, by a name known at run time
        service,
        config=Config(
            retries={"mode": "adaptive", "total_max_attempts": 1 + _RETRIES.get(service, _OTHERS_RETRIES)},
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=16,
            # The service checks, too; checking every attribute here doubles the cost of a batch write.
            parameter_validation=False,
        ),
    )
    if service == "dynamodb":
        pass_items_through(made)
    return made


@contextmanager
def translate_errors(thing: str) -> Iterator[None]:
    """Translate SDK exceptions raised in this block into `EtlError`s that name `thing`, such as `table orders`.

    Raises
    ------
    TransientError
        A throttle, a time-out, a lost connection or a fault of the service, after the SDK's own retries.
    AccessDenied, NotFound, TerminalError
        The cause, with the next step.
    """
    try:
        yield
    except (BotoCoreError, ClientError, *_CONNECTION) as error:
        raised = _translated(thing, error)
        raised.thing = thing
        raise raised from error


def _translated(thing: str, error: Exception) -> EtlError:
    if isinstance(error, ClientError):
        return _from_client_error(thing, error)
    if isinstance(error, _CONNECTION):
        return TransientError(f"{thing}: the connection failed ({type(error).__name__}: {error})")
    return TerminalError(f"{thing}: {type(error).__name__}: {error}")


def _from_client_error(thing: str, error: ClientError) -> EtlError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    text = str(error.response.get("Error", {}).get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    message = f"{thing}: {error.operation_name} answered {code}: {text}"
    if code in _TRANSIENT or status >= 500:  # noqa: PLR2004 -- HTTP's own class of server faults
        return TransientError(message)
    if code in _DENIED:
        # S3 also gives this answer for a missing object to those who may not list the bucket.
        advice = "Check that it exists, and grant the action to the function's role in its stack"
        return AccessDenied(f"{message}. {advice}")
    if code in _MISSING:
        return NotFound(f"{message}. Check the name, and that the stack is deployed in this account and region")
    return TerminalError(message)
