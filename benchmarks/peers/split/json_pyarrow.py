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
from benchmarks.peers.split.json_lines import SCHEMA


def split(file: str, out: Path) -> dict[str, Any]:
    """Write what pyarrow reads and what keeps the rules."""
    written = 0
    options = pj.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="error")
    with (
        pj.open_json(file, pj.ReadOptions(block_size=8 << 20), options) as reader,
        pq.ParquetWriter(out / "good.parquet", SCHEMA) as writer,
    ):
        for batch in reader:
            good = batch.filter(pc.greater_equal(batch["total"], pa.scalar(0, pa.decimal128(18, 4))))
            writer.write_batch(good)
            written += good.num_rows
    return {"written": written, "rejected": 0}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2])))
