"""Times of 96 bits, as Spark and Impala write them: told where they are finer than microseconds."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

MICROSECONDS = "us"
"""The unit to read such times in; in Arrow's own, nanoseconds of 64 bits, those outside 1677 to 2262 wrap around."""


def finer_than_microseconds(source: Path | BinaryIO, file: pq.ParquetFile, rows: int) -> Iterator[Collection[str]]:
    """Yield for each row the columns whose times lose digits when they are read in microseconds.

    Parameters
    ----------
    source, file
        The same file, twice.
    rows
        How many are read at a time.

    Yields
    ------
    collection of str
        As often as the file has rows if it has such times at all, else never.
    """
    leaves = [file.metadata.schema.column(place) for place in range(file.metadata.num_columns)]
    paths = [leaf.path for leaf in leaves if leaf.physical_type == "INT96"]
    if not paths:
        return
    coarse, fine = (
        pq.ParquetFile(source, pre_buffer=False, coerce_int96_timestamp_unit=unit).iter_batches(
            batch_size=rows, columns=paths, use_threads=False
        )
        for unit in (MICROSECONDS, "ns")
    )
    for one, other in zip(coarse, fine, strict=True):
        # Both wrap around modulo 2**64, so that they differ exactly by the digits that were cut.
        scaled = {
            name: (one.column(name).cast(other.schema.field(name).type, safe=False), other.column(name))
            for name in one.schema.names
        }
        if all(cut.equals(whole) for cut, whole in scaled.values()):
            yield from [()] * one.num_rows
            continue
        for row in range(one.num_rows):
            yield [name for name, (cut, whole) in scaled.items() if not cut.slice(row, 1).equals(whole.slice(row, 1))]
