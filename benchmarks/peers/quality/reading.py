"""The floor: every column is read and decoded, nothing is asked of it.

python -m benchmarks.peers.quality.reading FILE duckdb|pyarrow [THREADS]
"""

import sys
from typing import Any

from benchmarks.clock import report


def by_duckdb(path: str, threads: int) -> dict[str, Any]:
    """Let DuckDB hash every value of every column: `min` and `count` would be answered from statistics."""
    import duckdb  # noqa: PLC0415 -- its memory is part of what is measured

    with duckdb.connect(config={"threads": threads}) as engine:
        names = [name for name, *_ in engine.execute("DESCRIBE FROM read_parquet(?)", [path]).fetchall()]
        touched = ", ".join(f'bit_xor(hash("{name}"))' for name in names)
        engine.execute(f"SELECT {touched} FROM read_parquet(?)", [path]).fetchall()  # noqa: S608 -- names of our own
    return {}


def by_pyarrow(path: str, threads: int) -> dict[str, Any]:
    """Let pyarrow decode every batch and drop it."""
    import pyarrow as pa  # noqa: PLC0415 -- its memory is part of what is measured
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    pa.set_cpu_count(threads)
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for _ in file.iter_batches(use_threads=threads > 1):
            pass
    return {}


_READERS = {"duckdb": by_duckdb, "pyarrow": by_pyarrow}

if __name__ == "__main__":
    report(lambda: _READERS[sys.argv[2]](sys.argv[1], int(sys.argv[3])))
