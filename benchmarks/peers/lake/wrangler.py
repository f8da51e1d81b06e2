"""awswrangler: its query of PostgreSQL to a frame, and the frame to Parquet.

python -m benchmarks.peers.lake.wrangler ADDRESS OUT FIRST LAST
"""

import sys
from pathlib import Path
from typing import Any

import awswrangler as wr
import pg8000  # type: ignore[import-not-found]  # a peer's

from benchmarks.clock import report

# Its types have no place for a UUID.
_QUERY = """
SELECT id::text, name, status::text, payload::text, amount, quantity, active, created_at, updated_at FROM transfers
"""


def export(address: str, out: Path) -> dict[str, Any]:
    """Write one file."""
    said = dict(part.split("=", 1) for part in address.split())
    with pg8000.connect(
        said["user"], host=said["host"], port=int(said["port"]), database=said["dbname"], password=said["password"]
    ) as connection:
        frame = wr.postgresql.read_sql_query(_QUERY, connection)
    frame.to_parquet(out / "data.parquet", compression="snappy", index=False)
    return {"rows": len(frame)}


if __name__ == "__main__":
    report(lambda: export(sys.argv[1], Path(sys.argv[2])))
