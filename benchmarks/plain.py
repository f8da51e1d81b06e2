"""The same three stages the plain way: whole lists in memory, json, boto3's resources, one `put_item` per item."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.types import TypeDeserializer

from benchmarks.stand_ins import WEEK, FileStore


def extract(s3: FileStore, table: str) -> int:
    """Scan the table into a list and write it as one JSON document."""
    source = boto3.resource("dynamodb").Table(table)
    request: dict[str, Any] = {"FilterExpression": Attr("timestamp").between(WEEK["start"], WEEK["end"])}
    items: list[dict[str, Any]] = []
    while True:
        page = source.scan(**request)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    s3.put_object(Body=json.dumps(items, default=str).encode())
    return len(items)


def transform(s3: FileStore, _table: str) -> int:
    """Read all items, convert them, check the required fields, add the computed ones and write them all."""
    deserialize = TypeDeserializer().deserialize
    items = [json.loads(line) for line in s3.get_object()["Body"].read().splitlines()]
    records = [{name: deserialize(value) for name, value in item.items()} for item in items]
    good = [record for record in records if record.get("id") and record.get("timestamp") and record.get("value")]
    for record in good:
        record["name"] = (record["name"] or "").strip()
        record["event_date"] = record["timestamp"][:10]
        record["event_hour"] = int(record["timestamp"][11:13])
    s3.put_object(Body=json.dumps(good, default=float).encode())
    return len(records)


def load(s3: FileStore, table: str) -> int:
    """Read all records and put them one by one."""
    destination = boto3.resource("dynamodb").Table(table)
    lines = s3.get_object()["Body"].read().splitlines()
    records = [json.loads(line, parse_float=Decimal) for line in lines]
    for record in records:
        destination.put_item(Item={name: value for name, value in record.items() if value is not None})
    return len(records)


STAGES: dict[str, Callable[[FileStore, str], int]] = {"extract": extract, "transform": transform, "load": load}
