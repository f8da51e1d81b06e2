"""Seconds and peak memory of twenty rules over one Parquet file, beside the tools that check such rules.

    python benchmarks/quality.py [--rows 5000000] [--rounds 3] [--only engine,polars] [--cache FOLDER] [--markdown]

The rules are those of `contracts/orders.yaml`; the other tools are told the same rules in their own way. Each way
prints how many rows break each rule, which is compared with what the generator knows. Files are in the system's cache;
imports are not in the seconds, but in the memory.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.data.orders import broken, write_orders
from benchmarks.ways import Way, chosen, parser, show, take_turns

_PEERS = "benchmarks.peers.quality"
WAYS = (
    Way(name="reading-duckdb", module=f"{_PEERS}.reading", arguments=("duckdb", "2"), cannot="floor: reads, no rule"),
    Way(name="reading-pyarrow", module=f"{_PEERS}.reading", arguments=("pyarrow", "2"), cannot="floor: reads, no rule"),
    Way(name="engine", module=f"{_PEERS}.engine", arguments=("2",)),
    Way(name="engine-1-thread", module=f"{_PEERS}.engine", arguments=("1",)),
    Way(name="polars", module=f"{_PEERS}.polars_by_hand", requirements=("polars==2.1.0",)),
    Way(
        name="pandera",
        module=f"{_PEERS}.pandera_polars",
        requirements=("pandera[polars]==0.35.0", "polars==2.1.0"),
        cannot="null rates and freshness as checks written by hand",
    ),
    Way(
        name="pointblank",
        module=f"{_PEERS}.pointblank_polars",
        requirements=("pointblank==1.1.1", "polars==2.1.0", "pyarrow==26.0.0"),
        cannot="decimals, freshness and cross-column rules as expressions written by hand",
    ),
    Way(
        name="great-expectations",
        module=f"{_PEERS}.great_expectations_pandas",
        requirements=("great-expectations==1.24.1", "pandas==3.1.1", "pyarrow==26.0.0"),
    ),
    Way(name="engine-spark", module=f"{_PEERS}.engine_spark", cannot="Spark on this machine, its start not counted"),
)


def main() -> None:
    """Measure and print."""
    asked = parser("Twenty rules over one Parquet file.", rows=5_000_000).parse_args()
    ways = chosen(WAYS, asked.only)
    with TemporaryDirectory() as directory:
        file = Path(directory) / "orders.parquet"
        write_orders(file, asked.rows)
        size = file.stat().st_size
        done = take_turns(
            ways,
            asked.rounds,
            lambda way: way.run(asked.cache or Path(directory) / "environments", [str(file)]),
            partial(_judge, broken(asked.rows)),
        )
    caption = f"{asked.rows:,} rows of 12 columns, {size / 1e6:,.0f} MB of Parquet; {asked.rounds} rounds in turns."
    show("20 rules over Parquet", caption, asked.rows, done, markdown=asked.markdown)


def _judge(truth: Mapping[str, int], _way: Way, report: Mapping[str, Any]) -> str:
    if "failed" not in report:
        return ""
    found = report["failed"]
    wrong = [
        f"{name}: {found.get(name)} for {count}"
        for name, count in truth.items()
        if not _is(found.get(name), name, count)
    ]
    return "wrong: " + ", ".join(wrong) if wrong else f"all {len(truth)} right"


def _is(found: int | None, name: str, count: int) -> bool:
    # Duplicates come in pairs; some tools count the second row, some both.
    return found == count or (name.endswith(" unique") and found == 2 * count)


if __name__ == "__main__":
    main()
