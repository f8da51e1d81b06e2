"""ADBC as it comes: batch after batch to Parquet, in the driver's own types."""

from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi  # type: ignore[import-untyped]  # it has no types
import pyarrow.parquet as pq

from benchmarks.peers.lake import measure


def export(address: str, out: Path) -> dict[str, Any]:
    """Write one file."""
    rows = 0
    with adbc_driver_postgresql.dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM transfers")
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(out / "data.parquet", reader.schema, compression="snappy") as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    return {"rows": rows}


if __name__ == "__main__":
    measure(export)
