"""The edge to AWS: what the SDK raises, as errors that say whether a retry helps and what to do."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError

from etl.aws import client, translate_errors
from etl.errors import AccessDenied, EtlError, NotFound, TerminalError, TransientError


def client_error(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "the reason"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Scan")


def raised(error: Exception) -> EtlError:
    with pytest.raises(EtlError) as named, translate_errors("table t"):
        raise error
    assert named.value.__cause__ is error
    return named.value


@pytest.mark.parametrize(
    "code",
    [
        "InternalServerError",
        "LimitExceededException",
        "NoSuchUpload",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottlingException",
        "TransactionInProgressException",
    ],
)
def test_a_throttle_or_a_fault_of_the_service_is_transient(code: str) -> None:
    error = raised(client_error(code))

    assert type(error) is TransientError
    assert str(error) == f"table t: Scan answered {code}: the reason"


@pytest.mark.parametrize("status", [500, 503])
def test_any_server_fault_is_transient_whatever_its_code(status: int) -> None:
    assert type(raised(client_error("Unheard", status))) is TransientError


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"])
def test_denied_access_asks_for_a_grant(code: str) -> None:
    error = raised(client_error(code, 403))

    assert type(error) is AccessDenied
    assert str(error).startswith(f"table t: Scan answered {code}: the reason. ")
    assert "grant the action to the function's role" in str(error)


@pytest.mark.parametrize("code", ["404", "NoSuchBucket", "NoSuchKey", "NotFound", "ResourceNotFoundException"])
def test_a_missing_thing_asks_for_its_name_and_its_stack(code: str) -> None:
    error = raised(client_error(code, 404))

    assert type(error) is NotFound
    assert str(error).startswith(f"table t: Scan answered {code}: the reason. ")
    assert "Check the name, and that the stack is deployed" in str(error)


@pytest.mark.parametrize("code", ["ValidationException", "ExpiredTokenException", ""])
def test_any_other_refusal_is_terminal(code: str) -> None:
    assert type(raised(client_error(code))) is TerminalError


def test_an_answer_without_any_detail_is_terminal() -> None:
    assert type(raised(ClientError({}, "Scan"))) is TerminalError


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://localhost"),
        ReadTimeoutError(endpoint_url="https://localhost"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ResponseStreamingError(error="reset"),
        ProtocolError("reset"),
        FlexibleChecksumError(error_msg="a damaged body"),
        ResponseParserError("a damaged answer"),
    ],
)
def test_a_lost_connection_is_transient_and_names_what_was_lost(error: Exception) -> None:
    named = raised(error)

    assert type(named) is TransientError
    assert str(named).startswith(f"table t: the connection failed ({type(error).__name__}: ")


def test_what_the_sdk_refuses_by_itself_is_terminal() -> None:
    error = raised(NoCredentialsError())

    assert type(error) is TerminalError
    assert str(error) == "table t: NoCredentialsError: Unable to locate credentials"


@pytest.mark.parametrize("error", [KeyError("x"), StopIteration(), TransientError("already named")])
def test_leaves_what_is_not_the_sdks_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as left, translate_errors("table t"):
        raise error

    assert left.value is error


@pytest.fixture
def made(aws: None) -> Any:  # noqa: ARG001 -- only has to stand
    return client("dynamodb")


def test_a_client_is_made_once_a_process(made: Any) -> None:
    assert client("dynamodb") is made


def test_a_client_retries_adaptively_and_gives_up_in_time_to_report(made: Any) -> None:
    assert made.meta.config.retries["mode"] == "adaptive"
    assert made.meta.config.read_timeout * made.meta.config.retries["total_max_attempts"] < 5 * 60
