"""Seconds of a statement on the local Athena, beside DuckDB on the same files.

    python benchmarks/athena.py [--megabytes 1000] [--rounds 5] [--markdown]

`SELECT 1` reads nothing: its seconds, from the request to the fetched result, are the fixed cost of every statement.
The scan groups a Parquet table of the given size, in turns through the API and by DuckDB directly on the files; both
answers are compared. Files are in the system's cache; DuckDB runs in this process, imported already, with its default
settings.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from benchmarks.tables import show
from benchmarks.ways import MEGABYTE
from localcloud import LocalCloud

_BUCKET = "lake"
_FILES = 8
_PLAIN = 20
# Three of the four columns do not compress.
_BYTES_PER_ROW = 26
_COLUMNS = {"id": "bigint", "amount": "double", "key": "bigint", "category": "int"}
_ROWS = """
SELECT number AS id, random() AS amount, (hash(number) >> 1)::BIGINT AS key, (number * 7919 % 1000)::INTEGER AS category
FROM range({first}, {last}) AS t(number)
"""
_SCAN = """
SELECT category % 10 AS kind, count(*) AS n, max(key) AS largest, sum(amount) AS total
FROM {table} WHERE id % 3 = 0 GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Lake:
    """A local cloud with the table `big`."""

    cloud: LocalCloud

    def ask(self, sql: str) -> list[tuple[str, ...]]:
        """Run a statement through the API and return its rows as text."""
        athena = self.cloud.client("athena")
        place = {"OutputLocation": f"s3://{_BUCKET}/results/"}
        started = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": "lake"}, ResultConfiguration=place
        )["QueryExecutionId"]
        status: dict[str, Any] = {"State": "QUEUED"}
        while status["State"] in {"QUEUED", "RUNNING"}:
            time.sleep(0.005)
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
        if status["State"] != "SUCCEEDED":
            raise SystemExit(f"{sql}: {status.get('StateChangeReason')}")
        rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
        return [tuple(cell["VarCharValue"] for cell in row["Data"]) for row in rows[1:]]


def main() -> None:
    """Measure and print."""
    options = _options()
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        size = _write(folder / "big", options.megabytes * MEGABYTE // _BYTES_PER_ROW)
        with _lake(folder) as lake, duckdb.connect() as engine:
            direct = f"read_parquet('{folder}/big/*.parquet')"
            ways: dict[str, Callable[[], list[tuple[Any, ...]]]] = {
                "local Athena, scan": lambda: lake.ask(_SCAN.format(table="big")),
                "DuckDB on the files, scan": lambda: engine.execute(_SCAN.format(table=direct)).fetchall(),
            }
            _compare([way() for way in ways.values()])
            seconds = {"local Athena, SELECT 1": [_seconds(lambda: lake.ask("SELECT 1")) for _ in range(_PLAIN)]}
            seconds |= {name: [] for name in ways}
            for _ in range(options.rounds):
                for name, way in ways.items():
                    seconds[name].append(_seconds(way))
    lines = [
        [name, *(f"{figure:.3f}" for figure in (median(taken), min(taken), max(taken)))]
        for name, taken in seconds.items()
    ]
    headers = ["way", "median s", "least s", "most s"]
    caption = f"{size / MEGABYTE:,.0f} MB of Parquet."
    show("The local Athena", caption, headers, lines, texts={"way"}, markdown=options.markdown)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The local Athena beside DuckDB.")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return parser.parse_args()


def _write(folder: Path, rows: int) -> int:
    """Write the table's files and return their bytes."""
    folder.mkdir()
    share = rows // _FILES
    with duckdb.connect() as engine:
        for number in range(_FILES):
            chosen = _ROWS.format(first=number * share, last=(number + 1) * share)
            engine.execute(f"COPY ({chosen}) TO '{folder}/{number}.parquet' (FORMAT parquet)")
    return sum(file.stat().st_size for file in folder.iterdir())


@contextmanager
def _lake(folder: Path) -> Iterator[Lake]:
    """Start a cloud and put the table's files into it."""
    with LocalCloud(folder / "home") as cloud:
        s3, glue = cloud.client("s3"), cloud.client("glue")
        s3.create_bucket(Bucket=_BUCKET)
        for file in sorted((folder / "big").iterdir()):
            s3.upload_file(str(file), _BUCKET, f"big/{file.name}")
        glue.create_database(DatabaseInput={"Name": "lake"})
        storage = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in _COLUMNS.items()],
            "Location": f"s3://{_BUCKET}/big/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        }
        table = {"Name": "big", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
        glue.create_table(DatabaseName="lake", TableInput=table)
        yield Lake(cloud)


def _compare(answers: Sequence[Sequence[Sequence[Any]]]) -> None:
    """Check that both ways agree, except in the sums of doubles, which depend on the order."""
    first, second = ([tuple(str(value) for value in row[:3]) for row in rows] for rows in answers)
    if first != second:
        raise SystemExit(f"the answers differ: {first[:3]} and {second[:3]}")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
