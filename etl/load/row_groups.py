"""Rows collected into the row groups of a Parquet file: of bounded size, and the same for the same rows."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

ROW_GROUP_BYTES: Final = 8 * 1024 * 1024
"""Size of a row group in the writer's memory; compressed, it is a fraction."""
_OFFSET_BYTES: Final = 4


class RowGroups:
    """Turns batches of one schema, in whatever pieces, into row groups that depend on the rows only."""

    def __init__(self, schema: pa.Schema, limit: int = ROW_GROUP_BYTES) -> None:
        """`limit` is the size in bytes at which a group is full."""
        self._schema = schema
        self._limit = limit
        self._pieces: list[list[pa.Array]] = [[] for _ in schema]
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Yield the row groups that this batch fills."""
        while (size := _size(batch)) + self._bytes >= self._limit and batch.num_rows:
            missing = self._limit - self._bytes
            rows = bisect_left(range(batch.num_rows), missing, key=lambda count: _size(batch.slice(0, count)))
            self._keep(batch.slice(0, rows), missing)
            yield self.rest()
            batch = batch.slice(rows)
        self._keep(batch, size)

    def rest(self) -> pa.Table:
        """Return the rows that are in no group yet, and forget them."""
        # Each column becomes one piece, because the writer's pages depend on the pieces. Column by column, so that
        # memory holds only one column twice.
        columns = []
        for place, field in enumerate(self._schema):
            pieces, self._pieces[place] = self._pieces[place], []
            columns.append(pa.concat_arrays(pieces) if pieces else pa.array([], field.type))
            del pieces
        self._bytes = 0
        return pa.Table.from_arrays(columns, schema=self._schema)

    def _keep(self, batch: pa.RecordBatch, size: int) -> None:
        for pieces, column in zip(self._pieces, batch.columns, strict=True):
            pieces.append(column)
        self._bytes += size


def _size(batch: pa.RecordBatch) -> int:
    return sum(_bytes(column) for column in batch.columns)


def _bytes(column: pa.Array) -> int:
    """Return a size that depends on the values only, not on buffers or on what lies under nulls."""
    if pa.types.is_list(column.type):
        return len(column) * _OFFSET_BYTES + _bytes(column.flatten())
    if pa.types.is_struct(column.type):
        return sum(_bytes(inner) for inner in column.flatten())
    if pa.types.is_string(column.type):
        return len(column) * _OFFSET_BYTES + (pc.sum(pc.binary_length(column)).as_py() or 0)
    width: int = column.type.bit_width
    return (len(column) * width + 7) // 8
