"""Run one stage over generated records, drop what it writes, and print the peak of the process's memory."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.clock import peak
from benchmarks.stand_ins import FileStore
from etl.pipelines.etl_pipeline.extract import ExtractSettings, extract
from etl.pipelines.etl_pipeline.load import LoadSettings, load
from etl.pipelines.etl_pipeline.messages import ExtractRequest, LoadRequest, TransformRequest
from etl.pipelines.etl_pipeline.transform import TransformSettings, transform
from etl.staging import StagedObject
from tests.unit.fakes import FreeLedger

START = datetime(2018, 2, 2, tzinfo=UTC)
WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
PAGE = 1000
ITEM_LINE = b'{"id":{"S":"%012d"},"timestamp":{"S":"2018-02-01T10:00:00Z"},"value":{"N":"%012d.5"}}\n'
RECORD_LINE = b'{"id":"%012d","timestamp":"2018-02-01T10:00:00Z","value":1%012d.5}\n'


class Tables:
    """A source table of generated items, and a destination that drops every write."""

    def __init__(self, records: int) -> None:
        self._records = records

    def scan(self, **request: Any) -> dict[str, Any]:
        first = int(request.get("ExclusiveStartKey", {"id": {"S": "0"}})["id"]["S"])
        last = min(first + PAGE, self._records)
        items = [
            {"id": {"S": f"{number:012}"}, "timestamp": {"S": "2018-02-01T10:00:00Z"}, "value": {"N": f"{number}.5"}}
            for number in range(first, last)
        ]
        page = {"Items": items, "ScannedCount": len(items)}
        return page if last == self._records else page | {"LastEvaluatedKey": {"id": {"S": f"{last}"}}}

    def batch_write_item(self, **_request: Any) -> dict[str, Any]:
        return {}


class Bucket(FileStore):
    """One object of many lines, generated while it is read; every write is dropped."""

    def __init__(self, line: bytes, records: int) -> None:
        self._line = line
        self._records = records

    def get_object(self, **_request: Any) -> dict[str, Any]:
        return {"Body": self}

    def iter_chunks(self, _size: int) -> Iterator[bytes]:
        for first in range(0, self._records, PAGE):
            yield b"".join(self._line % (number, number) for number in range(first, first + PAGE))


def _extract(records: int) -> int:
    request = ExtractRequest("a-run", START, {"date": "2018-02-01"}, 0, 1)
    bucket = Bucket(b"", 0)
    return extract(request, ExtractSettings("source", "staging"), dynamodb=Tables(records), s3=bucket).records


def _transform(records: int) -> int:
    staged = StagedObject("key", records, records * len(ITEM_LINE % (0, 0)))
    request = TransformRequest("a-run", WINDOW, [staged])
    return transform(
        request, TransformSettings("staging", "runs"), ledger=LEDGER, s3=Bucket(ITEM_LINE, records)
    ).records


def _load(records: int) -> int:
    request = LoadRequest("a-run", WINDOW, "key", records, records * len(RECORD_LINE % (0, 0)))
    bucket = Bucket(RECORD_LINE, records)
    return load(
        request, LoadSettings("destination", "staging", "runs"), ledger=LEDGER, dynamodb=Tables(0), s3=bucket
    ).loaded


LEDGER: Any = FreeLedger()
_STAGES: dict[str, Callable[[int], int]] = {"extract": _extract, "transform": _transform, "load": _load}


def main(stage: str, *sizes: str) -> None:
    """Run the stage over each number of records in turn; a line for each: the records moved and the peak in KiB."""
    for size in sizes:
        moved = _STAGES[stage](int(size))
        sys.stdout.write(f"{moved} {_peak_kib()}\n")


def _peak_kib() -> int:
    return peak() // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
