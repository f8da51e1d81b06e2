"""dlt: a table of a database to Parquet files, by way of Arrow."""

import os
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found]  # a peer's
from dlt.destinations import filesystem  # type: ignore[import-not-found]  # a peer's
from dlt.sources.sql_database import sql_table  # type: ignore[import-not-found]  # a peer's

from benchmarks.peers.lake import measure, url_of


def export(address: str, out: Path) -> dict[str, Any]:
    """Write the files that dlt makes."""
    place = url_of(address, "postgresql+psycopg2")
    source = sql_table(credentials=place, table="transfers", backend="pyarrow", chunk_size=100_000)
    pipeline = dlt.pipeline(
        "transfers",
        destination=filesystem(bucket_url=out.as_uri()),
        dataset_name="lake",
        pipelines_dir=str(out.parent / "dlt"),
    )
    pipeline.run(source, loader_file_format="parquet")
    counts = pipeline.last_trace.last_normalize_info.row_counts
    return {"rows": counts["transfers"]}


if __name__ == "__main__":
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    measure(export)
