"""Items past the SDK's model: what is stored and read stays the same, and so does everything around it."""

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from etl.dynamodb_wire import pass_items_through

ITEM = {
    "id": {"S": 'é 😀 \x00 "\\'},
    "number": {"N": "12345678901234567890123456789012345678"},
    "binary": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
    "binaries": {"BS": [b"\x00", b"\x01"]},
    "map": {"M": {"$set": {"L": [{"B": b"\x02"}, {"M": {}}, {"L": []}]}}},
}


@pytest.fixture
def fast(aws: None, session: boto3.Session) -> Any:  # noqa: ARG001 -- only has to stand
    return make_fast(session)


def make_fast(session: boto3.Session) -> Any:
    client = session.client("dynamodb", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
    pass_items_through(client)
    return client


def put(client: Any, item: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.batch_write_item(RequestItems={"source": [{"PutRequest": {"Item": item}}]})
    return answer


def answering(client: Any, operation: str, body: dict[str, Any]) -> None:
    """Let the service answer a call with this body."""
    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}

    def answer(request: Any, **_: object) -> Any:
        response: Any = AWSResponse(request.url, 200, headers, None)
        response._content = json.dumps(body).encode()
        return response

    client.meta.events.register_first(f"before-send.dynamodb.{operation}", answer)


@pytest.mark.usefixtures("source_table")
def test_a_batch_write_stores_an_item_of_every_type_as_it_is(fast: Any, dynamodb: Any) -> None:
    put(fast, ITEM)

    assert dynamodb.scan(TableName="source")["Items"] == [ITEM]


@pytest.mark.usefixtures("source_table")
def test_a_scan_gives_items_as_their_json_with_binary_in_base64(fast: Any, dynamodb: Any) -> None:
    dynamodb.put_item(TableName="source", Item=ITEM)

    assert fast.scan(TableName="source")["Items"] == [
        ITEM
        | {
            "binary": {"B": "AP8="},
            "binaries": {"BS": ["AA==", "AQ=="]},
            "map": {"M": {"$set": {"L": [{"B": "Ag=="}, {"M": {}}, {"L": []}]}}},
        }
    ]


@pytest.mark.usefixtures("source_table")
def test_a_scan_still_says_how_far_it_came(fast: Any, dynamodb: Any) -> None:
    for id_ in "ab":
        dynamodb.put_item(TableName="source", Item={"id": {"S": id_}})

    first = fast.scan(TableName="source", Limit=1)
    second = fast.scan(TableName="source", ExclusiveStartKey=first["LastEvaluatedKey"])

    assert (first["ScannedCount"], first["ResponseMetadata"]["HTTPStatusCode"]) == (1, 200)
    assert {page["Items"][0]["id"]["S"] for page in (first, second)} == {"a", "b"}
    assert "LastEvaluatedKey" not in second


@pytest.mark.usefixtures("source_table")
def test_what_the_table_left_can_be_sent_again(fast: Any, dynamodb: Any, session: boto3.Session) -> None:
    left = {"source": [{"PutRequest": {"Item": {"id": {"S": "a"}, "binary": {"B": "AP8="}}}}]}
    short_of_capacity = make_fast(session)
    answering(short_of_capacity, "BatchWriteItem", {"UnprocessedItems": left})

    fast.batch_write_item(RequestItems=put(short_of_capacity, ITEM)["UnprocessedItems"])

    item = dynamodb.get_item(TableName="source", Key={"id": {"S": "a"}})["Item"]
    assert item == {"id": {"S": "a"}, "binary": {"B": b"\x00\xff"}}


def test_an_error_of_a_batch_write_stays_the_sdks(fast: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        put(fast, ITEM)


def test_an_error_of_a_scan_stays_the_sdks(fast: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        fast.scan(TableName="source")
