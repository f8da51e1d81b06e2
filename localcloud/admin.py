"""Requests to the serving process that no AWS API has."""

import http.client
import json
import ssl

from localcloud.errors import LocalCloudError
from localcloud.home import Home, Record

TIMEOUT_SECONDS = 60.0


def request(record: Record, home: Home, method: str, path: str) -> dict[str, object]:
    """Return the serving process's answer; its refusal is raised with its own words."""
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
