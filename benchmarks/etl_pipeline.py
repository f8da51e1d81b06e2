"""Records a second and peak memory of `etl_pipeline`'s handlers, beside the plain way and the store's own pace.

    python benchmarks/etl_pipeline.py [--records 1000000] [--stored 50000] [--rounds 3]

S3 is a file to read and a sink to write to, in every row. Transform needs nothing else: its figures are its own.
Extract and load are bound by DynamoDB, so they run against the local cloud, in another process, beside requests
that were made before the clock started. What a row measures runs in a fresh process that does nothing else.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks.measuring import Measured, Stage, Way, measure
from benchmarks.report import Row, table
from benchmarks.sample_input import items, records, write_lines
from localcloud import LocalCloud

_SMALLER = 4
"""How far the two sizes are apart that show whether memory grows."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Benchmark the handlers of etl_pipeline.")
    parser.add_argument("--records", type=int, default=1_000_000, help="for transform")
    parser.add_argument("--stored", type=int, default=50_000, help="for extract and load; the store is in memory")
    parser.add_argument("--plain", type=int, default=100_000, help="for the plain transform, all of it in memory")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; medians count")
    asked = parser.parse_args()
    with TemporaryDirectory() as directory, LocalCloud(Path(directory) / "cloud", port=0) as cloud:
        bench = _Bench(Path(directory) / "input.jsonl", cloud, asked.rounds)
        rows = [
            *bench.transform(asked.records // _SMALLER, "handler"),
            *bench.transform(asked.records, "handler"),
            *bench.transform(min(asked.plain, asked.records), "plain"),
            *bench.load(asked.stored // _SMALLER, "floor", "handler"),
            *bench.load(asked.stored, "floor", "handler"),
            *bench.load(asked.stored // _SMALLER, "plain"),
            *bench.extract(asked.stored // _SMALLER, "floor", "handler"),
            *bench.extract(asked.stored, "floor", "handler", "plain"),
        ]
    Console().print(table(rows, asked.rounds))


class _Bench:
    """The rows of the table; ways that are compared take turns, so that a busy machine slows all of them."""

    def __init__(self, file: Path, cloud: LocalCloud, rounds: int) -> None:
        self._file = file
        self._cloud = cloud
        self._rounds = rounds
        self._tables: set[str] = set()

    def transform(self, count: int, *ways: Way) -> Iterator[Row]:
        write_lines(self._file, items(count))
        yield from self._compare("transform", ways, count, "")

    def load(self, count: int, *ways: Way) -> Iterator[Row]:
        write_lines(self._file, records(count))
        yield from self._compare("load", ways, count, self._table("destination"))

    def extract(self, count: int, *ways: Way) -> Iterator[Row]:
        source = self._table(f"source-{count}")
        self._measure("load", "floor", count, source)
        yield from self._compare("extract", ways, count, source)

    def _compare(self, stage: Stage, ways: tuple[Way, ...], count: int, where: str) -> Iterator[Row]:
        runs: dict[Way, list[Measured]] = {way: [] for way in ways}
        for _ in range(self._rounds):
            for way in ways:
                runs[way].append(self._measure(stage, way, count, where))
        for way, measured in runs.items():
            yield Row(stage, way, measured, floor=runs.get("floor"))

    def _measure(self, stage: Stage, way: Way, count: int, where: str) -> Measured:
        environment = {
            **self._cloud.environment(),
            "SOURCE_TABLE": where,
            "DESTINATION_TABLE": where,
            "STAGING_BUCKET": "staging",
            "POWERTOOLS_SERVICE_NAME": "etl_pipeline",
            "POWERTOOLS_METRICS_NAMESPACE": "etl",
        }
        return measure(stage, way, records=count, file=self._file, table=where, environment=environment)

    def _table(self, name: str) -> str:
        if name not in self._tables:
            self._tables.add(name)
            self._cloud.client("dynamodb").create_table(
                TableName=name,
                KeySchema=[
                    {"AttributeName": "id", "KeyType": "HASH"},
                    {"AttributeName": "timestamp", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "timestamp")],
                BillingMode="PAY_PER_REQUEST",
            )
        return name


if __name__ == "__main__":
    main()
