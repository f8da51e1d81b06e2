"""ConnectorX: the whole table as Arrow, and that to Parquet.

python -m benchmarks.peers.lake.connector ADDRESS OUT FIRST LAST
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import connectorx  # type: ignore[import-not-found]  # a peer's
import pyarrow.parquet as pq

from benchmarks.clock import report


def export(address: str, out: Path) -> dict[str, Any]:
    """Write one file."""
    said = {key: quote(value, safe="") for key, value in (part.split("=", 1) for part in address.split())}
    place = f"postgresql://{said['user']}:{said['password']}@{said['host']}:{said['port']}/{said['dbname']}"
    table = connectorx.read_sql(place, "SELECT * FROM transfers", return_type="arrow")
    pq.write_table(table, out / "data.parquet", compression="snappy")
    return {"rows": table.num_rows}


if __name__ == "__main__":
    report(lambda: export(sys.argv[1], Path(sys.argv[2])))
