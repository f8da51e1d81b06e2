"""The scan of a table: what a window has to see comes through the filter, once, on every page and in every segment."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from etl.errors import AccessDenied, NotFound, TransientError
from etl.extract.dynamodb import Scan
from etl.windows import Window

FEBRUARY = Window(datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 2, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "timestamp",
    [
        {"S": "2018-02-01T00:00:00Z"},
        {"S": "2018-02-01"},
        {"S": "2018-02-01 00:00"},
        {"S": "2018-02-01T23:59:59.999999999Z"},
        {"S": "2018-02-02T23:58:59+23:59"},
        {"S": "2018-01-31T00:01:00-23:59"},
        {"S": "2018-01-31 00:01:00-23:59"},
        {"S": "2018-02-01T25:00:00Z"},
        {"S": "2018-02-01Tnoon"},
        {"S": "yesterday"},
        {"S": ""},
        {"S": ":"},
        {"S": "/"},
        {"S": "\U0001f600"},
        None,
    ],
)
def test_a_window_gets_what_lies_in_it_and_what_cannot_be_placed(
    dynamodb: Any, source_table: str, timestamp: dict[str, Any] | None
) -> None:
    item = {"id": {"S": "a"}} | ({"timestamp": timestamp} if timestamp else {})
    dynamodb.put_item(TableName=source_table, Item=item)

    assert list(Scan(dynamodb, source_table, FEBRUARY)) == [item]


@pytest.mark.parametrize(
    "timestamp",
    [
        "2018-01-31T23:59:59.999999Z",
        "2018-02-02T00:00:00Z",
        "2018-02-02",
        "2018-02-01T00:30:00+01:00",
        "2018-02-01T23:30:00-01:00",
        "2018-02-02T25:00:00Z",
        "1517443200",
    ],
)
def test_a_window_does_not_get_what_lies_outside(dynamodb: Any, source_table: str, timestamp: str) -> None:
    dynamodb.put_item(TableName=source_table, Item={"id": {"S": "a"}, "timestamp": {"S": timestamp}})
    scan = Scan(dynamodb, source_table, FEBRUARY)

    assert list(scan) == []
    assert scan.scanned == 1


def test_the_filter_leaves_in_the_table_what_lies_days_away(dynamodb: Any, source_table: str) -> None:
    for day in ("2018-01-30", "2018-02-04"):
        dynamodb.put_item(TableName=source_table, Item={"id": {"S": day}, "timestamp": {"S": day}})
    answers: list[int] = []
    dynamodb.meta.events.register("after-call.dynamodb.Scan", lambda parsed, **_: answers.append(len(parsed["Items"])))

    list(Scan(dynamodb, source_table, FEBRUARY))

    assert answers == [0]


def test_the_timestamp_may_have_another_name(dynamodb: Any, source_table: str) -> None:
    inside = {"id": {"S": "a"}, "at": {"S": "2018-02-01"}, "timestamp": {"S": "1999-01-01"}}
    dynamodb.put_item(TableName=source_table, Item=inside)

    assert list(Scan(dynamodb, source_table, FEBRUARY, timestamp="at")) == [inside]


@pytest.mark.parametrize("segments", [1, 2, 7])
def test_segments_share_the_items_among_them(dynamodb: Any, source_table: str, segments: int) -> None:
    ids = {f"event-{number}" for number in range(40)}
    for id_ in ids:
        dynamodb.put_item(TableName=source_table, Item={"id": {"S": id_}, "timestamp": {"S": "2018-02-01"}})

    scans = [Scan(dynamodb, source_table, FEBRUARY, segment=i, segments=segments) for i in range(segments)]
    seen = [item["id"]["S"] for scan in scans for item in scan]

    assert sorted(seen) == sorted(ids)
    assert sum(scan.scanned for scan in scans) == 40


def test_reads_every_page(dynamodb: Any, source_table: str) -> None:
    for number in range(8):
        item = {"id": {"S": f"{number}"}, "timestamp": {"S": "2018-02-01"}, "text": {"S": "x" * 300_000}}
        dynamodb.put_item(TableName=source_table, Item=item)
    calls: list[str] = []
    dynamodb.meta.events.register("before-call.dynamodb.Scan", lambda model, **_: calls.append(model.name))
    scan = Scan(dynamodb, source_table, FEBRUARY)

    seen = sorted(item["id"]["S"] for item in scan)

    assert seen == list("01234567")
    assert scan.scanned == 8
    assert len(calls) > 2


class EmptyPages:
    """A table whose filter leaves nothing on the first pages, as DynamoDB answers for a narrow window."""

    def __init__(self) -> None:
        self.starts: list[Any] = []

    def scan(self, **request: Any) -> dict[str, Any]:
        self.starts.append(request.get("ExclusiveStartKey"))
        if len(self.starts) < 3:
            return {"Items": [], "ScannedCount": 100, "LastEvaluatedKey": {"id": {"S": f"{len(self.starts)}"}}}
        return {"Items": [{"id": {"S": "found"}}], "ScannedCount": 7}


def test_goes_on_after_a_page_on_which_nothing_matched() -> None:
    table = EmptyPages()
    scan = Scan(table, "source", FEBRUARY)

    assert list(scan) == [{"id": {"S": "found"}}]
    assert table.starts == [None, {"id": {"S": "1"}}, {"id": {"S": "2"}}]
    assert scan.scanned == 207


def test_sees_what_was_written_just_before(dynamodb: Any, source_table: str) -> None:
    asked: list[bytes] = []
    dynamodb.meta.events.register("before-call.dynamodb.Scan", lambda params, **_: asked.append(params["body"]))

    list(Scan(dynamodb, source_table, FEBRUARY))

    assert [b'"ConsistentRead": true' in body for body in asked] == [True]


def test_a_missing_table_is_named(dynamodb: Any) -> None:
    with pytest.raises(NotFound, match="table absent: Scan answered ResourceNotFoundException"):
        list(Scan(dynamodb, "absent", FEBRUARY))


@pytest.mark.parametrize(
    ("code", "kind"),
    [("AccessDeniedException", AccessDenied), ("ProvisionedThroughputExceededException", TransientError)],
)
def test_a_refused_scan_names_the_table(code: str, kind: type[Exception]) -> None:
    dynamodb = boto3.client("dynamodb")
    with Stubber(dynamodb) as stub:
        stub.add_client_error("scan", code)

        with pytest.raises(kind, match=f"table source: Scan answered {code}"):
            list(Scan(dynamodb, "source", FEBRUARY))
