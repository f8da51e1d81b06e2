"""The extract stage: the window's items as they are, under a key that follows from the window."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from etl.errors import InputError
from etl.pipelines.etl_pipeline.extract import ExtractSettings, extract
from etl.pipelines.etl_pipeline.messages import ExtractRequest, ExtractResult

STARTED = datetime(2018, 2, 2, 2, tzinfo=UTC)


@pytest.fixture
def settings(source_table: str, bucket: str) -> ExtractSettings:
    return ExtractSettings(source_table, bucket, lookback_hours=2)


def request(segment: int = 0, segments: int = 1, **input_: str) -> ExtractRequest:
    return ExtractRequest("a-run", STARTED, input_, segment, segments)


def put(dynamodb: Any, id_: str, timestamp: str) -> None:
    dynamodb.put_item(TableName="source", Item={"id": {"S": id_}, "timestamp": {"S": timestamp}})


def test_writes_the_items_of_the_window_in_dynamodbs_own_json(
    dynamodb: Any, s3: Any, settings: ExtractSettings
) -> None:
    item = {"id": {"S": "a"}, "timestamp": {"S": "2018-02-01"}, "n": {"N": "1.50"}, "set": {"BS": [b"\x00\x01"]}}
    dynamodb.put_item(TableName="source", Item=item)
    put(dynamodb, "outside", "2018-02-02")

    result = extract(request(date="2018-02-01"), settings, dynamodb=dynamodb, s3=s3)

    content = s3.get_object(Bucket="staging", Key=result.key)["Body"].read()
    assert json.loads(content) == item | {"set": {"BS": ["AAE="]}}
    assert result == ExtractResult(
        window={"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"},
        key="extract/20180201T000000Z-20180202T000000Z/data.json",
        records=1,
        bytes=len(content),
        scanned=2,
    )


def test_an_empty_input_looks_back_from_the_start_of_the_execution(
    dynamodb: Any, s3: Any, settings: ExtractSettings
) -> None:
    put(dynamodb, "before", "2018-02-01T23:59:59Z")
    put(dynamodb, "in", "2018-02-02T01:59:59Z")
    put(dynamodb, "after", "2018-02-02T02:00Z")

    result = extract(request(), settings, dynamodb=dynamodb, s3=s3)

    assert result.window == {"start": "2018-02-02T00:00:00Z", "end": "2018-02-02T02:00:00Z"}
    assert result.records == 1


def test_a_window_without_items_is_an_empty_object(dynamodb: Any, s3: Any, settings: ExtractSettings) -> None:
    result = extract(request(date="2018-02-01"), settings, dynamodb=dynamodb, s3=s3)

    assert (result.records, result.bytes) == (0, 0)
    assert s3.head_object(Bucket="staging", Key=result.key)["ContentLength"] == 0


def test_every_segment_has_a_key_of_its_own(dynamodb: Any, s3: Any, settings: ExtractSettings) -> None:
    keys = [
        extract(request(segment, 2, date="2018-02-01"), settings, dynamodb=dynamodb, s3=s3).key for segment in (0, 1)
    ]

    assert keys == [
        "extract/20180201T000000Z-20180202T000000Z/data-0001-of-0002.json",
        "extract/20180201T000000Z-20180202T000000Z/data-0002-of-0002.json",
    ]


@pytest.mark.parametrize("segment", [-1, 2])
def test_a_segment_that_does_not_exist_is_refused(segment: int) -> None:
    with pytest.raises(InputError, match=f"segment {segment} is none of 0 to 1"):
        extract(request(segment, 2), ExtractSettings("source", "staging"), dynamodb=None, s3=None)
