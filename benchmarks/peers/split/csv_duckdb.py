"""DuckDB alone: a typed `read_csv` into Parquet, lines with errors left out or stored.

python -m benchmarks.peers.split.csv_duckdb FILE OUT ignored|stored THREADS
"""

import sys
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.clock import report

_COLUMNS = {
    "payment_id": "BIGINT",
    "payer": "UUID",
    "name": "VARCHAR",
    "amount": "DECIMAL(12, 2)",
    "rate": "DOUBLE",
    "quantity": "INTEGER",
    "express": "BOOLEAN",
    "day": "DATE",
    "paid_at": "TIMESTAMPTZ",
    "local_at": "TIMESTAMP",
    "status": "VARCHAR",
    "comment": "VARCHAR",
}
_RULES = """
COLUMNS(* EXCLUDE comment) IS NOT NULL AND length(name) <= 40 AND isfinite(rate) AND quantity BETWEEN 1 AND 1000
AND status IN ('new', 'paid', 'refunded')
"""


def split(file: str, out: Path, errors: str, threads: int) -> dict[str, Any]:
    """Write what DuckDB takes and what keeps the rules; where asked, count the lines that it stored."""
    with duckdb.connect(config={"threads": threads}) as engine:
        engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        # With ignore_errors, strict mode loses most of the file after a broken quote.
        kept = "store_rejects = true" if errors == "stored" else "ignore_errors = true, strict_mode = false"
        dialect = "header = true, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', auto_detect = false"
        source = f"read_csv('{file}', {dialect}, columns = {_COLUMNS}, {kept})"
        good = f"SELECT * FROM {source} WHERE {_RULES}"  # noqa: S608 -- our own file
        written = engine.execute(f"COPY ({good}) TO '{out / 'good.parquet'}' (FORMAT parquet)").fetchall()[0][0]
        if errors == "ignored":
            return {"written": written, "rejected": 0}
        engine.execute(f"COPY reject_errors TO '{out / 'rejects.jsonl'}' (FORMAT json)")
        lines = engine.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()[0][0]
        return {"written": written, "rejected": lines}


if __name__ == "__main__":
    report(lambda: split(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
