"""Records a second and peak memory of `etl_pipeline`'s handlers, beside the plain way and the store's own pace.

    python benchmarks/etl_pipeline.py [--records 1000000] [--stored 50000] [--rounds 3] [--markdown]

In every row, S3 is a file to read and a sink to write to. Transform needs nothing else. Extract and load are bound by
DynamoDB: they run against the local cloud, which is another process. The floor shows the store's own pace, by requests
that are made before the clock starts. Each run is a fresh process that does nothing else.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Literal

from benchmarks.sample_input import items, records, write_lines
from benchmarks.tables import show
from benchmarks.ways import MEGABYTE, run_fresh
from localcloud import LocalCloud

Stage = Literal["extract", "transform", "load"]
Way = Literal["handler", "plain", "floor"]
Report = dict[str, Any]

_SMALLER = 4
"""The ratio of the two sizes that show whether memory grows."""
_HEADERS = [
    "stage",
    "way",
    "records",
    "seconds",
    "records/s",
    "at best",
    "of the floor",
    "own CPU µs/record",
    "peak MB",
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Benchmark the handlers of etl_pipeline.")
    parser.add_argument("--records", type=int, default=1_000_000, help="for transform")
    parser.add_argument("--stored", type=int, default=50_000, help="for extract and load; the store is in memory")
    parser.add_argument("--plain", type=int, default=100_000, help="for the plain transform, all of it in memory")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; medians count")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    with TemporaryDirectory() as directory, LocalCloud(Path(directory) / "cloud", port=0) as cloud:
        bench = _Bench(Path(directory) / "input.jsonl", cloud, options.rounds)
        rows = [
            *bench.transform(options.records // _SMALLER, "handler"),
            *bench.transform(options.records, "handler"),
            *bench.transform(min(options.plain, options.records), "plain"),
            *bench.load(options.stored // _SMALLER, "floor", "handler"),
            *bench.load(options.stored, "floor", "handler"),
            *bench.load(options.stored // _SMALLER, "plain"),
            *bench.extract(options.stored // _SMALLER, "floor", "handler"),
            *bench.extract(options.stored, "floor", "handler", "plain"),
        ]
    title = "etl_pipeline: each stage by its handler, the plain way, and the store alone (floor)"
    caption = f"Medians of {options.rounds}, each in a fresh process."
    lines = [row.cells() for row in rows]
    show(title, caption, _HEADERS, lines, texts={"stage", "way"}, markdown=options.markdown)


@dataclass(frozen=True, slots=True)
class _Row:
    """The runs of one stage, done one way."""

    stage: Stage
    way: Way
    runs: list[Report]
    floor: list[Report] | None
    """The runs of the store's own pace, each made just before the run of the same number."""

    def cells(self) -> list[str]:
        """Return the medians as text."""
        count = self.runs[0]["records"]
        taken = [run["seconds"] for run in self.runs]
        shares = [own["seconds"] / seconds for own, seconds in zip(self.floor or (), taken, strict=False)]
        return [
            self.stage,
            self.way,
            f"{count:,}",
            f"{median(taken):.2f}",
            f"{count / median(taken):,.0f}",
            f"{count / min(taken):,.0f}",
            f"{median(shares):.0%}" if shares else "",
            f"{median(run['cpu'] for run in self.runs) / count * 1e6:.1f}",
            f"{median(run['peak'] for run in self.runs) / MEGABYTE:.0f}",
        ]


class _Bench:
    """Makes the rows of the table; ways that are compared take turns, so that a busy machine slows all of them."""

    def __init__(self, file: Path, cloud: LocalCloud, rounds: int) -> None:
        self._file = file
        self._cloud = cloud
        self._rounds = rounds
        self._tables: set[str] = set()

    def transform(self, count: int, *ways: Way) -> Iterator[_Row]:
        write_lines(self._file, items(count))
        yield from self._compare("transform", ways, count, "")

    def load(self, count: int, *ways: Way) -> Iterator[_Row]:
        write_lines(self._file, records(count))
        yield from self._compare("load", ways, count, self._table("destination"))

    def extract(self, count: int, *ways: Way) -> Iterator[_Row]:
        source = self._table(f"source-{count}")
        self._measure("load", "floor", count, source)
        yield from self._compare("extract", ways, count, source)

    def _compare(self, stage: Stage, ways: tuple[Way, ...], count: int, table: str) -> Iterator[_Row]:
        runs: dict[Way, list[Report]] = {way: [] for way in ways}
        for _ in range(self._rounds):
            for way in ways:
                runs[way].append(self._measure(stage, way, count, table))
        for way, reports in runs.items():
            yield _Row(stage, way, reports, floor=runs.get("floor"))

    def _measure(self, stage: Stage, way: Way, count: int, table: str) -> Report:
        environment = {
            **self._cloud.environment(),
            "SOURCE_TABLE": table,
            "DESTINATION_TABLE": table,
            "STAGING_BUCKET": "staging",
            "POWERTOOLS_SERVICE_NAME": "etl_pipeline",
            "POWERTOOLS_METRICS_NAMESPACE": "etl",
        }
        command = [sys.executable, "-m", "benchmarks.worker", stage, way, str(count), str(self._file), table]
        report = run_fresh(command, environment)
        if report["records"] != count:
            raise RuntimeError(f"{stage} ({way}) took {report['records']} records of {count}: nothing was measured")
        return report

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
