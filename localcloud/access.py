"""How a client reaches a running local cloud as its administrator."""

import http.client
import json
import os
import ssl
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config

from localcloud.errors import LocalCloudError
from localcloud.home import Home, Record

TIMEOUT_SECONDS: Final = 60.0
# ministack takes this key for the account's root user, also when it enforces IAM.
ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test"  # noqa: S105 - opens nothing but a process on this machine


def variables(record: Record, home: Home) -> dict[str, str]:
    """Return the environment that points the AWS CLI, an SDK or the CDK CLI at the cloud."""
    found = {
        "AWS_ENDPOINT_URL": record.endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": record.region,
        "AWS_DEFAULT_REGION": record.region,
    }
    if record.iam:
        found |= {"AWS_CA_BUNDLE": str(home.certificate), "NODE_EXTRA_CA_CERTS": str(home.certificate)}
    return found


def administrator(region: str) -> boto3.Session:
    """Return a session that the caller's own AWS profile and files do not touch."""
    nothing = (None, None, None, None)
    no_file = (None, None, os.devnull, None)
    isolated = botocore.session.Session({"profile": nothing, "config_file": no_file, "credentials_file": no_file})
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=region,
        botocore_session=isolated,
    )


def client(session: boto3.Session, record: Record, home: Home, service_name: str) -> Any:
    """Return a client of the cloud's own endpoint; a proxy of the caller is not asked."""
    return session.client(  # type: ignore[call-overload]  # any service, by a name known at run time
        service_name,
        endpoint_url=record.endpoint_url,
        verify=str(home.certificate) if record.iam else None,
        config=Config(proxies={}, read_timeout=910),
    )


def request(record: Record, home: Home, method: str, path: str) -> dict[str, object]:
    """Send a request that no AWS API has and return the answer; raise a refusal with its own message."""
    connection = (
        http.client.HTTPSConnection(
            "127.0.0.1",
            record.port,
            timeout=TIMEOUT_SECONDS,
            context=ssl.create_default_context(cafile=str(home.certificate)),
        )
        if record.iam
        else http.client.HTTPConnection("127.0.0.1", record.port, timeout=TIMEOUT_SECONDS)
    )
    try:
        connection.request(method, path)
        response = connection.getresponse()
        answer: dict[str, object] = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise LocalCloudError(f"the local cloud did not answer {method} {path}: {error}; see {home.log}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise LocalCloudError(str(answer.get("error", answer)))
    return answer
