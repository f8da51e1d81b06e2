"""DynamoDB's items past the SDK's model: decoded and encoded whole instead of attribute by attribute.

botocore walks every attribute of every item through its model of the API, in Python. That costs several times as much
as everything that this project does with an item. These handlers of its events (botocore/client.py and endpoint.py)
use the compiled codec of msgspec instead. Signing, retries, checksums and errors stay the SDK's.
"""

from contextlib import suppress
from typing import Any

import msgspec


def pass_items_through(dynamodb: Any) -> None:
    """Make `scan` and `batch_write_item` of a client fast for nested items.

    The client, made without parameter validation, is changed in place: the `Items` of its scans hold binary as base64
    text, as JSON carries it. Nothing else changes for the caller.
    """
    events = dynamodb.meta.events
    events.register("before-parse.dynamodb.Scan", _take_items)
    events.register("before-parameter-build.dynamodb.BatchWriteItem", _hold_back_requests)
    events.register("before-call.dynamodb.BatchWriteItem", _write_requests)


def _take_items(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    # The SDK finds a damaged body by its checksum and asks again; it also handles errors.
    with suppress(msgspec.DecodeError, KeyError):
        page = msgspec.json.decode(response_dict["body"], type=dict[str, Any])
        customized_response_dict["Items"] = page.pop("Items")
        response_dict["body"] = msgspec.json.encode(page)


def _hold_back_requests(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    requests = context["held_back"] = params["RequestItems"]
    # The tables' names stay: the SDK may choose the endpoint by them.
    params["RequestItems"] = {table: [] for table in requests}


def _write_requests(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    body = msgspec.json.decode(params["body"], type=dict[str, Any])
    params["body"] = msgspec.json.encode(body | {"RequestItems": context["held_back"]})
