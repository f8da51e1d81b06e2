"""Export tables to an S3 that drops every write, and print the peak of the process's memory after each."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.stand_ins import FileStore
from etl.contracts.arrow import file_schema
from etl.contracts.model import Contract, Field
from etl.contracts.types import Decimal, Integer, Json, Text, Timestamp, Uuid
from etl.extract.postgres import connect, connection_settings
from etl.load.parquet import ParquetUpload
from tests.integration.memory_probe import _peak_kib

WIDE = Contract(
    id="wide",
    version="1.0.0",
    dataset="wide",
    fields=(
        Field(name="number", type=Integer(64), required=True),
        Field(name="id", type=Uuid(), required=True),
        Field(name="text", type=Text(), max_length=200),
        Field(name="document", type=Json()),
        Field(name="amount", type=Decimal(12, 2)),
        Field(name="at", type=Timestamp()),
    ),
)
ROWS = """
SELECT n AS number, md5(n::text)::uuid AS id, repeat(md5(n::text), 3) AS text,
       jsonb_build_object('n', n, 'text', md5(n::text)) AS document, (n % 1000000 / 100.0)::numeric(12,2) AS amount,
       timestamptz '2024-12-22 00:00:00+00' + n * interval '1 millisecond' AS at
FROM generate_series(1::bigint, {rows}) AS n
"""


def main(host: str, port: str, password: str, *tables: str) -> None:
    """Export each table in turn; a line for each: the rows moved and the peak in KiB."""
    secret = {"host": host, "port": port, "dbname": "postgres", "username": "postgres", "password": password}
    with connect(connection_settings(secret)) as source, tempfile.TemporaryDirectory() as folder:
        for table in tables:
            sys.stdout.write(f"{_export(source, table, Path(folder))} {_peak_kib()}\n")


def _export(source: Any, table: str, folder: Path) -> int:
    with (
        source.snapshot() as snapshot,
        ParquetUpload(
            FileStore(folder),
            "lake",
            "key",
            file_schema(WIDE),
            compression="snappy",
            scratch=folder / "data.parquet",
            replaces=None,
        ) as upload,
    ):
        contract = Contract(id="wide", version="1.0.0", dataset="wide", table=table, fields=WIDE.fields)
        for part in snapshot.read(contract, None, batch_rows=10_000):
            upload.write(part.rows)
        upload.close_file()
        return upload.publish().rows


if __name__ == "__main__":
    main(*sys.argv[1:])
