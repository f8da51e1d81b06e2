"""DuckDB's PostgreSQL extension: one statement from the table to Parquet files by day."""

from pathlib import Path
from typing import Any

import duckdb
from duckdb_extensions import import_extension  # type: ignore[import-not-found]  # a peer's

from benchmarks.peers.lake import measure

_EXPORT = """
COPY (
    SELECT *, strftime(created_at, '%Y') AS year, strftime(created_at, '%m') AS month, strftime(created_at, '%d') AS day
    FROM source.transfers
) TO '{out}' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (year, month, day), OVERWRITE_OR_IGNORE)
"""


def export(address: str, out: Path) -> dict[str, Any]:
    """Write files for each day."""
    import_extension("postgres_scanner")
    with duckdb.connect() as engine:
        engine.execute("LOAD postgres_scanner; SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        engine.execute(f"ATTACH '{address}' AS source (TYPE postgres, READ_ONLY)")
        [(rows,)] = engine.execute(_EXPORT.format(out=out)).fetchall()
    return {"rows": rows}


if __name__ == "__main__":
    measure(export)
