"""Put between the SDK of a Lambda function's process and AWS: counts every request and lets the planned one suffer."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.retries.bucket import TokenBucket
from botocore.retries.quota import RetryQuota

from tests.faults.effects import NotDoneError, suffer
from tests.faults.journal import Journal
from tests.faults.plan import Call

JOURNAL = "FAULTS_JOURNAL"
PARAMETERS = "FAULTS_PARAMETERS"
_PARTS = ("__init__", "plan", "journal", "effects", "injection")
# Python runs it at every start; the serving process and all that is no function stay untouched.
_AT_START = """\
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    from tests.faults.injection import inject

    inject()
"""


def environment(home: Path, *, parameters: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return the variables that make a local cloud's functions obey the journal in `home` (`journal_of`).

    `parameters` are added to operations by their names, such as a `Limit` to `dynamodb.Scan`, so that little
    data makes many calls. The functions find nothing else of this project on their path.
    """
    package = home / "path" / "tests" / "faults"
    package.mkdir(parents=True)
    for part in _PARTS:
        shutil.copy(Path(__file__).parent / f"{part}.py", package)
    (home / "path" / "sitecustomize.py").write_text(_AT_START)
    return {
        "PYTHONPATH": str(home / "path"),
        JOURNAL: str(home / "journal.json"),
        PARAMETERS: json.dumps(parameters),
    }


def journal_of(home: Path) -> Journal:
    """Return the journal that functions with this home's environment keep."""
    return Journal(home / "journal.json")


def inject() -> None:
    """Count the requests of all clients that this process makes from now on, and never wait before a retry."""
    function, journal = os.environ["AWS_LAMBDA_FUNCTION_NAME"], Journal(Path(os.environ[JOURNAL]))

    def send(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        service, operation = event_name.split(".")[1:]
        invocation = _text(request.headers["amz-sdk-invocation-id"])
        suffers = journal.enter(Call(function, service, operation, invocation))
        if suffers is None:
            return None
        fault, port = suffers
        try:
            return suffer(fault, request, service=service, port=port)
        except NotDoneError as error:
            # The function would take it for one more fault, and go on.
            journal.complain(str(error))
            raise

    handlers: list[tuple[str, Any]] = botocore.handlers.BUILTIN_HANDLERS
    handlers.append(("before-send", send))
    for name, added in json.loads(os.environ[PARAMETERS]).items():
        handlers.append((f"provide-client-params.{name}", _adding(added)))
    _forget_to_wait()


def _adding(added: dict[str, object]) -> Callable[..., dict[str, object]]:
    def add(params: dict[str, object], **_: object) -> dict[str, object]:
        return params | added

    return add


def _forget_to_wait() -> None:
    # A process stays warm over hundreds of faults. On AWS it would rarely see two, and neither the SDK's
    # back-off nor what it remembers of earlier faults is under test.
    stand_ins: tuple[tuple[object, str, object], ...] = (
        (botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        (TokenBucket, "acquire", lambda *_, **__: True),
        (RetryQuota, "acquire", lambda *_: True),
    )
    for owner, name, stand_in in stand_ins:
        getattr(owner, name)  # has to be there, for otherwise nothing is replaced
        setattr(owner, name, stand_in)


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header
