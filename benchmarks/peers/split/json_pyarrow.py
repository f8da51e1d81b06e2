"""pyarrow's own reader of JSON lines, with a schema; it has no way to leave out a line.

python -m benchmarks.peers.split.json_pyarrow FILE OUT
"""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from benchmarks.clock import report

_SCHEMA = pa.schema(
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


def split(file: str, out: Path) -> dict[str, Any]:
    """Write what pyarrow reads and what keeps the rules."""
    written = 0
    options = pj.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="error")
    with (
        pj.open_json(file, pj.ReadOptions(block_size=8 << 20), options) as reader,
        pq.ParquetWriter(out / "good.parquet", _SCHEMA) as writer,
    ):
        for batch in reader:
            good = batch.filter(pc.greater_equal(batch["total"], pa.scalar(0, pa.decimal128(18, 4))))
            writer.write_batch(good)
            written += good.num_rows
    return {"written": written, "rejected": 0}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2])))
