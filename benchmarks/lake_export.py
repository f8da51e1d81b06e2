"""Seconds and peak memory of exporting a PostgreSQL table to Parquet, beside other tools that do it.

    python benchmarks/lake_export.py [--rows 5000000] [--rounds 3] [--only engine,floor] [--cache FOLDER] [--markdown]

A table of `contracts/transfers.yaml`: UUID, text, enum, jsonb of 120 bytes, numeric, integer, boolean and two
instants, over thirty days, indexed by time. `engine` exports one day after the other, as a function does; `engine-2`
two at a time, as a run does with its functions. Every column that a way wrote is compared with the table's, as text
that PostgreSQL and DuckDB write alike, whatever its type in the file. The server runs on the same machine. Imports
count in the memory, but not in the seconds; the server counts in neither.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.data.transfers import DAYS, FIRST, LAST, differences, digests, fill, hash_as_usual
from benchmarks.ways import Way, chosen, parser, show, take_turns
from localcloud.postgres import SETTINGS, PostgresServer

_PEERS = "benchmarks.peers.lake"
_PARQUET = "pyarrow==25.0.1"
_PANDAS = ("pandas==3.1.1", _PARQUET)
# The packages of the function's layer (`lambdas/lake_export/requirements.txt`) and of its runtime.
_FUNCTION = (
    "adbc-driver-manager==1.13.0",
    "adbc-driver-postgresql==1.13.0",
    "boto3==1.43.106",
    "duckdb==2.0.0",
    "msgspec==0.22.0",
    _PARQUET,
    "pyyaml==6.0.3",
    "sqlglot==30.30.0",
)
# As in the functions.
_MEMORY = (("ARROW_DEFAULT_MEMORY_POOL", "system"), ("MALLOC_ARENA_MAX", "2"))
_ONE_FILE = "one file"
_FLOOR = "floor"

_PSYCOPG = "psycopg2-binary==2.9.13"

WAYS = (
    Way(name="engine", module=f"{_PEERS}.engine", arguments=("1",), requirements=_FUNCTION, environment=_MEMORY),
    Way(name="engine-2", module=f"{_PEERS}.engine", arguments=("2",), requirements=_FUNCTION, environment=_MEMORY),
    Way(
        name="pandas",
        module=f"{_PEERS}.frames",
        arguments=("whole",),
        requirements=(_PSYCOPG, *_PANDAS),
        cannot=_ONE_FILE,
    ),
    Way(name="pandas-days", module=f"{_PEERS}.frames", arguments=("days",), requirements=(_PSYCOPG, *_PANDAS)),
    Way(
        name="awswrangler",
        module=f"{_PEERS}.wrangler",
        requirements=("awswrangler[postgres]==3.17.1", _PARQUET),
        cannot=_ONE_FILE,
    ),
    Way(
        name="connectorx",
        module=f"{_PEERS}.connector",
        requirements=("connectorx==0.4.6", _PARQUET),
        cannot=_ONE_FILE,
    ),
    Way(
        name="adbc",
        module=f"{_PEERS}.adbc_plain",
        requirements=(*_FUNCTION[:2], _PARQUET),
        cannot=f"{_ONE_FILE}, numeric as text",
    ),
    Way(
        name="duckdb",
        module=f"{_PEERS}.duckdb_scanner",
        requirements=("duckdb==1.5.5", "duckdb-extensions==1.5.5", "duckdb-extension-postgres-scanner==1.5.5"),
    ),
    Way(
        name="dlt",
        module=f"{_PEERS}.dlt_pipeline",
        requirements=("dlt[filesystem,parquet,sql_database]==1.31.0", "sqlalchemy==2.0.58", _PSYCOPG, _PARQUET),
        cannot="files by size",
    ),
    Way(name=_FLOOR, module=f"{_PEERS}.floor", cannot="writes nothing"),
)


def main() -> None:
    """Measure and print."""
    options = parser("A table of PostgreSQL to Parquet.", rows=5_000_000).parse_args()
    ways = chosen(WAYS, options.only)
    with TemporaryDirectory() as directory:
        # The table stays in the server's memory, so that its disk is not measured.
        server = PostgresServer(Path(directory) / "postgres", settings={**SETTINGS, "shared_buffers": "2GB"})
        try:
            address = server.start().conninfo
            hash_as_usual(address)
            fill(address, options.rows)
            bench = _Bench(address, Path(directory), options.cache or Path(directory) / "environments")
            done = take_turns(ways, options.rounds, bench.run, bench.judge)
        finally:
            server.wipe()
    caption = f"{options.rows:,} rows of {DAYS} days; {options.rounds} rounds in turns."
    show("PostgreSQL to Parquet", caption, options.rows, done, markdown=options.markdown)


class _Bench:
    def __init__(self, address: str, directory: Path, cache: Path) -> None:
        self._address = address
        self._out = directory / "out"
        self._cache = cache
        self._expected = digests(address)

    def run(self, way: Way) -> dict[str, Any]:
        shutil.rmtree(self._out, ignore_errors=True)
        self._out.mkdir()
        return way.run(self._cache, [self._address, str(self._out), str(FIRST), str(LAST)])

    def judge(self, way: Way, report: Mapping[str, Any]) -> str:
        if way.name == _FLOOR:
            return ""
        files = list(self._out.rglob("*.parquet"))
        size = sum(file.stat().st_size for file in files) / 1e6
        other = differences(self._out, self._expected)
        verdict = f"not as in the table: {', '.join(other)}" if other else "all exact"
        return f"{verdict}; {len(files)} files, {size:,.0f} MB, CPU {report['cpu']:.1f} s"


if __name__ == "__main__":
    main()
