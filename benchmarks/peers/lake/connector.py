"""ConnectorX: the whole table as Arrow, and that to Parquet."""

from pathlib import Path
from typing import Any

import connectorx  # type: ignore[import-not-found]  # a peer's
import pyarrow.parquet as pq

from benchmarks.peers.lake import measure, url_of


def export(address: str, out: Path) -> dict[str, Any]:
    """Write one file."""
    table = connectorx.read_sql(url_of(address, "postgresql"), "SELECT * FROM transfers", return_type="arrow")
    pq.write_table(table, out / "data.parquet", compression="snappy")
    return {"rows": table.num_rows}


if __name__ == "__main__":
    measure(export)
