"""Batch writes to DynamoDB: every record arrives, the latest of a key wins, and what cannot be written is said."""

from collections.abc import Iterable
from decimal import Decimal
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError

from etl.errors import NotFound, StagingError, TerminalError, TransientError
from etl.load.dynamodb import BATCH_ITEMS, CHUNK_RECORDS, Loaded, put_records

KEY = ("id", "timestamp")
Batch = list[dict[str, Any]]


def record(number: int, version: int = 0) -> dict[str, Any]:
    return {"id": f"{number}", "timestamp": "2018-02-01T00:00:00Z", "version": version}


class Table:
    """Keeps items by id, and takes so many of every batch at once; refuses a batch with the poisoned id."""

    def __init__(self, takes: int = BATCH_ITEMS, poison: str = "") -> None:
        self.items: dict[str, int] = {}
        self.batches: list[Batch] = []
        self._takes = takes
        self._poison = poison
        self._lock = Lock()

    def batch_write_item(self, *, RequestItems: dict[str, Batch]) -> dict[str, Any]:  # noqa: N803
        batch = RequestItems["t"]
        with self._lock:
            self.batches.append(batch)
            for put in batch[: self._takes]:
                item = put["PutRequest"]["Item"]
                if item["id"]["S"] == self._poison:
                    raise ClientError({"Error": {"Code": "ValidationException", "Message": "bad"}}, "BatchWriteItem")
                self.items[item["id"]["S"]] = int(item["version"]["N"])
        left = batch[self._takes :]
        return {"UnprocessedItems": {"t": left} if left else {}}


def put(table: Table, records: Iterable[dict[str, Any]]) -> Loaded:
    return put_records(table, "t", records, key=KEY)


@pytest.mark.parametrize("count", [0, 1, BATCH_ITEMS, BATCH_ITEMS + 1, 2 * CHUNK_RECORDS + 7])
def test_every_record_arrives_in_batches_that_the_service_takes(count: int) -> None:
    table = Table()

    loaded = put(table, map(record, range(count)))

    assert loaded == Loaded(count, 0)
    assert table.items == {f"{number}": 0 for number in range(count)}
    assert all(1 <= len(batch) <= BATCH_ITEMS for batch in table.batches)
    assert len(table.batches) <= count / BATCH_ITEMS + count / CHUNK_RECORDS + 1


@pytest.mark.parametrize("takes", [1, 24])
def test_what_the_table_left_is_sent_again(takes: int) -> None:
    table = Table(takes)

    loaded = put(table, map(record, range(60)))

    assert loaded == Loaded(60, 0)
    assert len(table.items) == 60


def test_a_table_that_takes_nothing_is_a_transient_failure() -> None:
    with pytest.raises(TransientError, match="table t: a batch write made no progress"):
        put(Table(takes=0), map(record, range(3)))


def test_of_records_with_one_key_close_together_the_latest_is_written_alone() -> None:
    table = Table()

    loaded = put(table, [record(1, 1), record(2, 1), record(1, 2), record(1, 3)])

    assert loaded == Loaded(2, 2)
    assert table.items == {"1": 3, "2": 1}
    assert sum(map(len, table.batches)) == 2


def test_of_records_with_one_key_far_apart_the_latest_stands_in_the_table() -> None:
    table = Table()
    records = [record(number, version) for version in range(3) for number in range(CHUNK_RECORDS)]

    loaded = put(table, records)

    assert loaded == Loaded(CHUNK_RECORDS, 2 * CHUNK_RECORDS)
    assert set(table.items.values()) == {2}


def test_a_chunk_is_in_the_table_before_the_next_one_starts() -> None:
    table = Table(takes=1)

    put(table, [record(number, number // CHUNK_RECORDS) for number in range(2 * CHUNK_RECORDS)])

    chunks = [int(batch[0]["PutRequest"]["Item"]["version"]["N"]) for batch in table.batches]
    assert chunks == sorted(chunks)


def test_records_that_differ_in_one_part_of_the_key_are_no_duplicates() -> None:
    later = record(1) | {"timestamp": "2018-02-02T00:00:00Z"}

    assert put(Table(), [record(1), later]) == Loaded(2, 0)


@pytest.mark.parametrize("poison", [0, CHUNK_RECORDS - 1, 2 * CHUNK_RECORDS + 5])
def test_the_failure_of_one_batch_among_many_surfaces(poison: int) -> None:
    with pytest.raises(TerminalError, match="table t: BatchWriteItem answered ValidationException: bad"):
        put(Table(poison=f"{poison}"), map(record, range(2 * CHUNK_RECORDS + 6)))


def test_a_refused_batch_names_the_items_among_which_the_refused_one_is() -> None:
    with pytest.raises(TerminalError) as error:
        put(Table(poison="30"), map(record, range(40)))

    (first, last) = (" ".join(str(record(number)[name]) for name in ("id", "timestamp")) for number in (25, 39))
    assert f"It is one of 15 items, {first} to {last}: repair it" in str(error.value)


def test_a_refusal_of_the_caller_blames_no_item() -> None:
    class Expired:
        def batch_write_item(self, **_: object) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "too late"}}, "BatchWriteItem")

    with pytest.raises(TerminalError) as error:
        put_records(Expired(), "t", [record(1)], key=KEY)

    assert str(error.value) == "table t: BatchWriteItem answered ExpiredTokenException: too late"


def test_a_source_that_breaks_off_is_not_taken_for_its_end() -> None:
    def broken() -> Iterable[dict[str, Any]]:
        yield record(1)
        raise StagingError("truncated")

    with pytest.raises(StagingError, match="truncated"):
        put(Table(), broken())


def test_values_arrive_exactly_and_nulls_are_left_out(dynamodb: Any, destination_table: str) -> None:
    digits = "12345678901234567890123456789012345678"
    full = record(1) | {
        "long": int(digits),
        "small": Decimal("-1.5E-100"),
        "none": None,
        "flag": False,
        "map": {"list": [None, {"$set": [1, Decimal("2.5")]}], "empty": ""},
        "binary": {"$binary": "AAE="},
    }

    put_records(dynamodb, destination_table, [full], key=KEY)

    (item,) = dynamodb.scan(TableName=destination_table)["Items"]
    assert Decimal(item["small"]["N"]) == Decimal("-1.5E-100")
    assert {name: value for name, value in item.items() if name != "small"} == {
        "id": {"S": "1"},
        "timestamp": {"S": "2018-02-01T00:00:00Z"},
        "version": {"N": "0"},
        "long": {"N": digits},
        "flag": {"BOOL": False},
        "map": {"M": {"list": {"L": [{"NULL": True}, {"NS": ["1", "2.5"]}]}, "empty": {"S": ""}}},
        "binary": {"B": b"\x00\x01"},
    }


def test_writing_twice_is_the_same_as_writing_once(dynamodb: Any, destination_table: str) -> None:
    records = [record(number) for number in range(60)]

    put_records(dynamodb, destination_table, records, key=KEY)
    once = dynamodb.scan(TableName=destination_table)["Items"]
    put_records(dynamodb, destination_table, records, key=KEY)

    assert len(once) == 60
    assert dynamodb.scan(TableName=destination_table)["Items"] == once


def test_a_missing_table_is_named(dynamodb: Any) -> None:
    with pytest.raises(NotFound, match="table absent: BatchWriteItem answered ResourceNotFoundException"):
        put_records(dynamodb, "absent", [record(1)], key=KEY)
