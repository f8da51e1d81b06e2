"""Records to a DynamoDB table by batch writes: puts by key, so writing twice equals writing once."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from etl.aws import translate_errors
from etl.errors import TerminalError, TransientError
from etl.values.dynamodb_json import to_item

BATCH_ITEMS = 25
"""The most that one BatchWriteItem may hold."""
CHUNK_RECORDS = 1000
"""Records held in memory and written side by side before the next ones start."""

Request = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The number of records that stand in the table, and of those replaced by a later one with the same key."""

    loaded: int
    duplicates: int


def put_records(
    dynamodb: Any,
    table: str,
    records: Iterable[Mapping[str, Any]],
    *,
    key: tuple[str, ...],
    workers: int = 4,
) -> Loaded:
    """Put records into a table; of several with one key, the latest wins.

    `records` are plain values (`etl.values.dynamodb_json`) with the fields of the `key`; `workers` batches are under
    way at once. Memory holds a chunk of records, and 8 bytes a record to recognise keys that were written before.
    EtlError when the table is missing, refuses an item, or cannot be reached.
    """
    read, keys = 0, _DistinctKeys()
    writing: list[Future[None]] = []
    with ThreadPoolExecutor(workers) as pool:
        for chunk in _chunks(records, CHUNK_RECORDS):
            latest = {tuple(record[name] for name in key): record for record in chunk}
            requests = [{table: puts} for puts in _chunks(map(_put, latest.values()), BATCH_ITEMS)]
            # The previous chunk has to be in the table first: it may hold an earlier record of the same key.
            _finish(writing)
            writing = [pool.submit(_write, dynamodb, table, request, key) for request in requests]
            read += len(chunk)
            keys.add(latest)
        _finish(writing)
    return Loaded(keys.count(), read - keys.count())


class _DistinctKeys:
    """Counts distinct keys by their 64-bit hashes, in buckets; one bucket at a time becomes a set."""

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(256)]

    def add(self, keys: Iterable[tuple[Any, ...]]) -> None:
        for hashed in map(hash, keys):
            self._buckets[hashed & 0xFF].append(hashed)

    def count(self) -> int:
        return sum(len(set(bucket)) for bucket in self._buckets)


def _put(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"PutRequest": {"Item": to_item(record)}}


def _finish(writing: list[Future[None]]) -> None:
    for batch in writing:
        batch.result()


def _write(dynamodb: Any, table: str, request: Request, key: tuple[str, ...]) -> None:
    while request:
        puts = request[table]
        try:
            with translate_errors(f"table {table}"):
                unprocessed = dynamodb.batch_write_item(RequestItems=request).get("UnprocessedItems") or {}
        except TerminalError as error:
            if not _is_about_an_item(error.__cause__):
                raise
            # DynamoDB refuses a whole batch because of one item, and does not say which.
            span = f"{_name(puts[0], key)} to {_name(puts[-1], key)}"
            raise TerminalError(f"{error}. It is one of {len(puts)} items, {span}: repair it at its source") from error
        # Short of capacity, DynamoDB takes part of a batch; when it can take none, it answers with an error, which
        # the SDK retries with back-off. The rest is sent again at once, and only progress keeps this loop alive.
        if len(unprocessed.get(table, ())) == len(puts):
            raise TransientError(f"table {table}: a batch write made no progress; the table is short of capacity")
        request = unprocessed


def _is_about_an_item(cause: BaseException | None) -> bool:
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ValidationException"


def _name(put: dict[str, Any], key: tuple[str, ...]) -> str:
    return " ".join(str(value) for name in key for value in put["PutRequest"]["Item"][name].values())


def _chunks(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(things)
    while chunk := list(islice(remaining, size)):
        yield chunk
