"""Seconds and peak memory from a file with bad rows to typed Parquet and rejects, beside tools that read such files.

    python benchmarks/split.py [--rows 10000000] [--records 2000000] [--rounds 3] [--only csv-engine] [--cache FOLDER]
                               [--markdown]

A CSV file of `contracts/payments.yaml` and nested JSON Lines of `contracts/events.yaml`, each with bad rows of every
kind. The rows that a way writes are compared with those of the generator: a bad row written is accepted, a good
row not written is lost, a row whose values differ is altered, and a row neither written nor rejected is missing.
Files are in the system's cache. Imports count for the memory, not for the seconds.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from benchmarks.data.events import EVENTS
from benchmarks.data.payments import PAYMENTS
from benchmarks.data.raw_lines import Lines, bad, fingerprint, write, write_truth
from benchmarks.ways import Way, chosen, parser, show, take_turns

_PEERS = "benchmarks.peers.split"
_QUOTES = ("open quote", "text after quote")
_BROKEN = ("no utf-8", "nan", "trailing comma", "trailing garbage", "truncated")
_POLARS = ("polars==2.1.0",)
_PANDAS = ("pandas==3.1.1", "pyarrow==26.0.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader(Way):
    """A way that reads a file with bad rows."""

    refuses: tuple[str, ...] = ()
    """Kinds of bad rows that make the way refuse the whole file: its file has none of them."""


CSV = (
    Reader(name="csv-engine", module=f"{_PEERS}.engine", arguments=("payments", "2")),
    Reader(name="csv-engine-1-thread", module=f"{_PEERS}.engine", arguments=("payments", "1")),
    Reader(name="csv-duckdb", module=f"{_PEERS}.csv_duckdb", arguments=("ignored", "2")),
    Reader(name="csv-duckdb-stored", module=f"{_PEERS}.csv_duckdb", arguments=("stored", "2")),
    Reader(name="csv-polars", module=f"{_PEERS}.csv_polars", requirements=_POLARS, refuses=_QUOTES),
    Reader(name="csv-pyarrow", module=f"{_PEERS}.csv_pyarrow"),
    Reader(name="csv-pandas-chunks", module=f"{_PEERS}.csv_pandas", arguments=("chunks",), requirements=_PANDAS),
    Reader(name="csv-pandas", module=f"{_PEERS}.csv_pandas", arguments=("whole",), requirements=_PANDAS),
)
JSON = (
    Reader(name="json-engine", module=f"{_PEERS}.engine", arguments=("events", "2")),
    Reader(name="json-engine-1-thread", module=f"{_PEERS}.engine", arguments=("events", "1")),
    Reader(name="json-duckdb", module=f"{_PEERS}.json_duckdb", arguments=("2",)),
    Reader(name="json-polars", module=f"{_PEERS}.json_polars", requirements=_POLARS, refuses=_BROKEN),
    Reader(
        name="json-orjson",
        module=f"{_PEERS}.json_lines",
        arguments=("orjson",),
        requirements=("orjson==3.13.0", "pyarrow==26.0.0"),
    ),
    Reader(name="json-pyarrow", module=f"{_PEERS}.json_pyarrow", refuses=tuple(EVENTS.codes)),
    Reader(name="json-pandas", module=f"{_PEERS}.json_lines", arguments=("pandas",), requirements=_PANDAS),
)


def main() -> None:
    """Measure and print."""
    arguments = parser("A file with bad rows to typed Parquet and rejects.", rows=10_000_000)
    arguments.add_argument("--records", type=int, default=2_000_000, help="JSON records; --rows is for the CSV file")
    options = arguments.parse_args()
    ways = chosen((*CSV, *JSON), options.only)
    parts = (
        ("CSV", CSV, PAYMENTS, options.rows),
        ("nested JSON Lines", JSON, EVENTS, options.records),
    )
    for title, among, lines, rows in parts:
        if taken := [way for way in among if way in ways]:
            with TemporaryDirectory() as directory:
                bench = _Bench(lines, rows, Path(directory), options.cache or Path(directory) / "environments")
                done = take_turns(taken, options.rounds, bench.run, bench.judge)
                count = sum(bad(lines, rows).values())
                caption = f"{rows:,} rows, {bench.megabytes:,.0f} MB, {count:,} bad; {options.rounds} rounds in turns."
                show(f"{title} to typed Parquet and rejects", caption, rows, done, markdown=options.markdown)


class _Bench:
    """The files of one comparison: made when a way first needs them, removed with the directory."""

    def __init__(self, lines: Lines, rows: int, directory: Path, cache: Path) -> None:
        self._lines = lines
        self._rows = rows
        self._directory = directory
        self._cache = cache
        self._out = directory / "out"
        self._truth = directory / "truth.parquet"
        self._files: dict[tuple[str, ...], Path] = {}
        write_truth(lines, self._truth, rows)
        self.megabytes = self._file(()).stat().st_size / 1e6

    def run(self, way: Reader) -> dict[str, Any]:
        shutil.rmtree(self._out, ignore_errors=True)
        self._out.mkdir()
        return way.run(self._cache, [str(self._file(way.refuses)), str(self._out)])

    def judge(self, way: Reader, report: Mapping[str, Any]) -> str:
        right = f"""
        WITH written AS (
            SELECT {self._lines.number} AS number, {fingerprint(self._lines.types)} AS fingerprint
            FROM read_parquet('{self._out}/**/*.parquet')
        )
        SELECT count(written.number) FILTER (kind IS NULL AND written.fingerprint = truth.fingerprint),
               count(written.number) FILTER (kind IS NULL AND written.fingerprint <> truth.fingerprint),
        FROM written JOIN '{self._truth}' AS truth USING (number)
        """  # noqa: S608 -- our own files
        with duckdb.connect() as engine:
            engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            [(exact, altered)] = engine.execute(right).fetchall()
        wrong = bad(self._lines, self._rows)
        good = self._rows - sum(wrong.values())
        read = self._rows - sum(bad(self._lines, self._rows, way.refuses).values())
        figures = {
            "accepted": report["written"] - exact - altered,
            "altered": altered,
            "lost": good - exact - altered,
            "missing": read - report["written"] - report["rejected"],
        }
        faults = [f"{count:,} {name}" for name, count in figures.items() if count]
        if "codes" in report and report["codes"] != wrong:
            faults.append(f"reasons {report['codes']} for {wrong}")
        verdict = ", ".join(faults) or f"{good:,} exact, {report['rejected']:,} rejected: all right"
        if len(way.refuses) == len(self._lines.codes):
            return f"{verdict}; any bad row ends it: measured without bad rows"
        return f"{verdict}; measured without rows that end it: {', '.join(way.refuses)}" if way.refuses else verdict

    def _file(self, without: tuple[str, ...]) -> Path:
        if without not in self._files:
            path = self._directory / f"input-{len(self._files)}.txt"
            write(self._lines, path, self._rows, without)
            self._files[without] = path
        return self._files[without]


if __name__ == "__main__":
    main()
