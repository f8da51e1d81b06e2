"""A file straight to one typed Parquet file, its rejects beside it as JSON Lines."""

from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.contracts.model import Contract
from etl.extract.files.parts import Summary
from etl.extract.files.source import split
from etl.quality.row_rules import source_schema

_encode = msgspec.json.Encoder(decimal_format="number").encode
_SAMPLE = 10_000
_FEW = 0.1


def split_to_parquet(
    source: Path | str | BinaryIO, contract: Contract, out: Path, rejects: Path, **options: Any
) -> Summary:
    """Split a file into one Parquet file of its good rows and one JSON Lines file of its rejects.

    Parameters
    ----------
    source, contract
        As in `split`.
    out
        The Parquet file; it is there even when no row is good.
    rejects
        The JSON Lines file, an `etl.runs.rejects.Reject` a line.
    **options
        What `split` takes.

    Returns
    -------
    Summary
        With `good + rejected == read`.

    Raises
    ------
    InputError, ContractError, NotFound
        As in `split`; what stands in the two files is then of no use.
    """
    parts = split(source, contract, **options)
    schema, writer = source_schema(contract), None
    with rejects.open("wb") as refused:
        try:
            for part in parts:
                refused.writelines(_encode(one) + b"\n" for one in part.rejects)
                writer = writer or _writer(out, contract, schema, part.good)
                writer.write_table(part.good)
            writer = writer or _writer(out, contract, schema, schema.empty_table())
        finally:
            if writer is not None:
                writer.close()
    return parts.summary


def _writer(out: Path, contract: Contract, schema: pa.Schema, first: pa.Table) -> pq.ParquetWriter:
    # A dictionary pays where values repeat; to build one and give it up costs more than all else in writing.
    sample = first.slice(0, _SAMPLE)
    few = [field.name for field in schema if _repeats(sample.column(field.name))]
    return pq.ParquetWriter(out, schema, compression=contract.layout.compression, use_dictionary=few or False)


def _repeats(column: pa.ChunkedArray) -> bool:
    if pa.types.is_nested(column.type) or pa.types.is_boolean(column.type):
        return False
    return bool(pc.count_distinct(column).as_py() < len(column) * _FEW)
