"""DuckDB alone: a typed `read_json` into Parquet, lines with errors left out.

python -m benchmarks.peers.split.json_duckdb FILE OUT THREADS
"""

import sys
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.clock import report

_COLUMNS = {
    "event_id": "BIGINT",
    "sequence": "BIGINT",
    "at": "TIMESTAMPTZ",
    "user": "STRUCT(id UUID, name VARCHAR, address STRUCT(city VARCHAR, postcode VARCHAR))",
    "items": "STRUCT(sku VARCHAR, quantity INTEGER, price DECIMAL(10, 2))[]",
    "total": "DECIMAL(18, 4)",
    "score": "DOUBLE",
    "tags": "VARCHAR[]",
    "active": "BOOLEAN",
    "note": "VARCHAR",
}
_RULES = """
COLUMNS(* EXCLUDE note) IS NOT NULL AND "user".id IS NOT NULL AND "user".name IS NOT NULL
AND "user".address.city IS NOT NULL AND "user".address.postcode IS NOT NULL AND total >= 0 AND isfinite(score)
AND len(list_filter(items, lambda item: item.sku IS NULL OR item.quantity IS NULL OR item.price IS NULL)) = 0
"""


def split(file: str, out: Path, threads: int) -> dict[str, Any]:
    """Write what DuckDB takes and what keeps the rules; there is no record of the rest."""
    with duckdb.connect(config={"threads": threads}) as engine:
        engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        source = f"read_json('{file}', format = 'newline_delimited', columns = {_COLUMNS}, ignore_errors = true)"
        good = f"SELECT * FROM {source} WHERE {_RULES}"  # noqa: S608 -- our own file
        written = engine.execute(f"COPY ({good}) TO '{out / 'good.parquet'}' (FORMAT parquet)").fetchall()[0][0]
    return {"written": written, "rejected": 0}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
