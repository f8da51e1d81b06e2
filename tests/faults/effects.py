"""What each fault does to a request, as the SDK of the calling process would see it happen."""

import io
import json
import os
import socket
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import ProtocolError

from tests.faults.plan import Fault

# What a service says when it is asked too often, and when it fails.
_REFUSALS: Mapping[tuple[str, Fault], tuple[int, str]] = {
    ("s3", Fault.THROTTLE): (503, "SlowDown"),
    ("s3", Fault.SERVER_ERROR): (500, "InternalError"),
    ("dynamodb", Fault.THROTTLE): (400, "ProvisionedThroughputExceededException"),
    ("dynamodb", Fault.SERVER_ERROR): (500, "InternalServerError"),
}
_OTHERS: Mapping[Fault, tuple[int, str]] = {
    Fault.THROTTLE: (400, "ThrottlingException"),
    Fault.SERVER_ERROR: (500, "InternalFailure"),
}


class NotDoneError(Exception):
    """The fault could not be done as planned; what the run makes of that proves nothing."""


def suffer(fault: Fault, request: AWSPreparedRequest, *, service: str, port: int) -> AWSResponse | None:
    """Do to a request what the fault does, and return the answer to it; None leaves the request to the SDK.

    Raises what the SDK would raise, or NotDoneError.
    """
    match fault:
        case Fault.THROTTLE | Fault.SERVER_ERROR:
            return _refusal(request, service, fault)
        case Fault.TIME_OUT_BEFORE:
            raise ConnectTimeoutError(endpoint_url=request.url)
        case Fault.TIME_OUT_AFTER:
            _send(request)
            raise ReadTimeoutError(endpoint_url=request.url)
        case Fault.KILL_BEFORE:
            os._exit(1)
        case Fault.KILL_AFTER:
            _send(request)
            os._exit(1)
        case Fault.PARTIAL_BATCH:
            return _half_of_the_batch(request)
        case Fault.CUT_ANSWER:
            answer = _send(request)
            return _answer(answer, _Cut(answer.content[: len(answer.content) // 2]))
        case Fault.HOLD:
            with socket.create_connection(("127.0.0.1", port)) as meeting:
                meeting.recv(1)
            return None


class _Body(io.BytesIO):
    """A whole body, in the form in which botocore reads one."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class _Cut(_Body):
    """A body whose connection breaks where its content ends."""

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if size != 0 and (not found or size is None or size < 0):
            raise ProtocolError("Connection broken: the answer was cut")
        return found


def _send(request: AWSPreparedRequest) -> AWSResponse:
    """Send a request past the SDK and return the whole answer."""
    authority = os.environ.get("AWS_CA_BUNDLE") or True
    session = URLLib3Session(verify=authority)  # type: ignore[arg-type]  # takes a path, too; its stubs do not know
    try:
        answer = session.send(request)
    except BotoCoreError as error:
        raise NotDoneError(f"the request could not be sent: {error}") from error
    answer.content  # noqa: B018 -- reads it, so that the effect is over
    return answer


def _refusal(request: AWSPreparedRequest, service: str, fault: Fault) -> AWSResponse:
    status, code = _REFUSALS.get((service, fault), _OTHERS[fault])
    if service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{fault}</Message></Error>"
    else:
        text = json.dumps({"__type": code, "message": fault})
    return AWSResponse(request.url, status, _headers({}), _Body(text.encode()))


def _half_of_the_batch(request: AWSPreparedRequest) -> AWSResponse:
    asked = json.loads(cast("bytes", request.body))
    taken, left = {}, {}
    for table, puts in asked["RequestItems"].items():
        half = (len(puts) + 1) // 2
        taken[table], left[table] = puts[:half], puts[half:]
    body = json.dumps(asked | {"RequestItems": taken}).encode()
    headers = _headers({**request.headers, "Content-Length": str(len(body))})
    answer = _send(AWSPreparedRequest(request.method, request.url, headers, body, stream_output=False))
    if answer.status_code != HTTPStatus.OK:
        raise NotDoneError(f"half of the batch was refused: {answer.text}")
    unprocessed = {table: puts for table, puts in left.items() if puts}
    said = json.loads(answer.content) | {"UnprocessedItems": unprocessed}
    return _answer(answer, _Body(json.dumps(said).encode()))


def _answer(answer: AWSResponse, body: _Body) -> AWSResponse:
    # The checksum is that of the true answer.
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "x-amz-crc32"}
    return AWSResponse(answer.url, answer.status_code, _headers(kept), body)


def _headers(values: Mapping[str, str]) -> HTTPHeaders:
    # What botocore itself passes, whatever its stubs say.
    return cast("HTTPHeaders", HeadersDict(values))
