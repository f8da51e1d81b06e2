"""Line by line in Python, every record checked by hand: orjson into pyarrow, or the standard library into pandas.

python -m benchmarks.peers.split.json_lines FILE OUT orjson|pandas
"""

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.clock import report

_AT_ONCE = 50_000
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SCHEMA = pa.schema(
    {
        "event_id": pa.int64(),
        "sequence": pa.int64(),
        "at": pa.timestamp("us", "UTC"),
        "user": pa.struct(
            {
                "id": pa.string(),
                "name": pa.string(),
                "address": pa.struct({"city": pa.string(), "postcode": pa.string()}),
            }
        ),
        "items": pa.list_(pa.struct({"sku": pa.string(), "quantity": pa.int32(), "price": pa.decimal128(10, 2)})),
        "total": pa.decimal128(18, 4),
        "score": pa.float64(),
        "tags": pa.list_(pa.string()),
        "active": pa.bool_(),
        "note": pa.string(),
    }
)


def split(file: str, out: Path, how: str) -> dict[str, Any]:
    """Write the records that are well typed; keep the other lines."""
    loads, table = _WAYS[how]()
    written = rejected = 0
    with (
        Path(file).open("rb") as lines,
        (out / "rejects.jsonl").open("wb") as rejects,
        pq.ParquetWriter(out / "good.parquet", SCHEMA) as writer,
    ):
        while batch := list(islice(lines, _AT_ONCE)):
            good, bad = _sorted(batch, loads)
            writer.write_table(table(good))
            rejects.writelines(bad)
            written, rejected = written + len(good), rejected + len(bad)
    return {"written": written, "rejected": rejected}


def _orjson() -> tuple[Callable[[bytes], Any], Callable[[list[dict[str, Any]]], pa.Table]]:
    orjson = importlib.import_module("orjson")
    return orjson.loads, lambda records: pa.Table.from_pylist(records, SCHEMA)


def _pandas() -> tuple[Callable[[bytes], Any], Callable[[list[dict[str, Any]]], pa.Table]]:
    pandas = importlib.import_module("pandas")
    return json.loads, lambda records: pa.Table.from_pandas(
        pandas.DataFrame.from_records(records, columns=SCHEMA.names), schema=SCHEMA, preserve_index=False
    )


_WAYS = {"orjson": _orjson, "pandas": _pandas}


def _sorted(lines: list[bytes], loads: Callable[[bytes], Any]) -> tuple[list[dict[str, Any]], list[bytes]]:
    good, bad = [], []
    for line in lines:
        try:
            good.append(_typed(loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
            bad.append(line)
    return good, bad


def _typed(record: dict[str, Any]) -> dict[str, Any]:
    user, address = record["user"], record["user"]["address"]
    texts: Iterator[object] = iter((user["id"], user["name"], address["city"], address["postcode"], *record["tags"]))
    if not all(isinstance(text, str) for text in texts) or not _UUID.fullmatch(user["id"]) or "\0" in user["name"]:
        raise ValueError("text")
    if not isinstance(record["active"], bool) or not -(2**63) <= record["sequence"] < 2**63:
        raise ValueError("flag or number")
    if not isinstance(record["score"], float) or not float("-inf") < record["score"] < float("inf"):
        raise ValueError("score")
    record["at"] = datetime.fromisoformat(record["at"])
    record["total"] = _exact(record["total"], 4)
    if record["total"] < 0:
        raise ValueError("total")
    for item in record["items"]:
        if not isinstance(item["quantity"], int):
            raise TypeError("quantity")
        item["price"] = _exact(item["price"], 2)
    return record


def _exact(number: object, scale: int) -> Decimal:
    if not isinstance(number, int | float):
        raise TypeError("number")
    # The shortest digits of the float, which is what its author wrote as long as there are no more than fifteen.
    exact = Decimal(repr(number))
    if exact != round(exact, scale):
        raise ValueError("digits")
    return exact


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
