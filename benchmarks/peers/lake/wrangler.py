"""awswrangler: its query of PostgreSQL to a frame, and the frame to Parquet."""

from pathlib import Path
from typing import Any

import awswrangler as wr
import pg8000  # type: ignore[import-not-found]  # a peer's

from benchmarks.peers.lake import measure, parts_of

# Its types have no place for a UUID.
_QUERY = """
SELECT id::text, name, status::text, payload::text, amount, quantity, active, created_at, updated_at FROM transfers
"""


def export(address: str, out: Path) -> dict[str, Any]:
    """Write one file."""
    parts = parts_of(address)
    with pg8000.connect(
        parts["user"], host=parts["host"], port=int(parts["port"]), database=parts["dbname"], password=parts["password"]
    ) as connection:
        frame = wr.postgresql.read_sql_query(_QUERY, connection)
    frame.to_parquet(out / "data.parquet", compression="snappy", index=False)
    return {"rows": len(frame)}


if __name__ == "__main__":
    measure(export)
