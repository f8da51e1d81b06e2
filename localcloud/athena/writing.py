"""A query's rows as Parquet files on S3: written aside first, put in their places when all of them are there."""

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds

from localcloud.athena import types
from localcloud.athena.casts import explicit
from localcloud.athena.ddl import place_of
from localcloud.athena.duck import select
from localcloud.athena.engine import Session
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.scope import Found
from localcloud.athena.types import VARCHAR, Type

_MOST_PARTITIONS: Final = 100
_BATCH: Final = 100_000
_CODECS: Final = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "none", "UNCOMPRESSED": "none"}


@dataclass(frozen=True)
class Written:
    """Files that were put, the partitions they belong to with their folders, and how many rows they have."""

    files: list[str]
    partitions: dict[tuple[str, ...], str]
    rows: int


def codec_of(options: dict[str, Any]) -> str:
    """Return the codec of Parquet that a WITH clause asks for; what it says of the format is taken out."""
    form = str(options.pop("format", "PARQUET")).upper()
    names = ("write_compression", "compression", "parquet_compression")
    asked = str(next((found for name in names if (found := options.pop(name, None))), "GZIP")).upper()
    if form != "PARQUET" or asked not in _CODECS:
        raise unsupported(f"writing {form} compressed with {asked}: Parquet with {', '.join(_CODECS)} is written")
    return _CODECS[asked]


def write(
    session: Session,
    found: Found,
    columns: Sequence[tuple[str, Type]],
    keys: int,
    *,
    location: str,
    codec: str = "gzip",
) -> Written:
    """Write a query's rows under a location; the last `keys` columns become folders."""
    names = [name for name, _ in columns[len(columns) - keys :]]
    table = {"StorageDescriptor": {"Location": location}, "PartitionKeys": [{"Name": name} for name in names]}
    files, partitions, counted = [], {}, [0]
    with tempfile.TemporaryDirectory() as folder:
        for draft in _drafts(_rows(session, found, columns, keys, counted), Path(folder), names, codec):
            values = tuple(unquote(part.partition("=")[2]) for part in draft.relative_to(folder).parts[:-1])
            place = place_of(table, values)
            files.append(f"{place}{draft.name}")
            with draft.open("rb") as body:
                session.clients.put(files[-1], body)
            if keys:
                partitions[values] = place
    return Written(files, partitions, counted[0])


def _drafts(rows: pa.RecordBatchReader, folder: Path, keys: Sequence[str], codec: str) -> list[Path]:
    parquet, written = ds.ParquetFileFormat(), list[str]()
    # The fastest level: Athena names the codec alone.
    level = {"compression_level": 1} if codec in ("gzip", "zstd") else {}
    ds.write_dataset(
        rows,
        folder,
        format=parquet,
        file_options=parquet.make_write_options(compression=codec, **level),
        partitioning=ds.partitioning(pa.schema([(key, pa.string()) for key in keys]), flavor="hive"),
        basename_template=f"{uuid.uuid4().hex}-{{i}}",
        max_partitions=_MOST_PARTITIONS + 1,
        preserve_order=True,
        file_visitor=lambda file: written.append(file.path),
    )
    drafts = sorted(map(Path, written))
    if len({draft.parent for draft in drafts}) > _MOST_PARTITIONS:
        said = "Exceeded limit of 100 open writers for partitions/buckets"
        raise AthenaError("HIVE_TOO_MANY_OPEN_PARTITIONS", said)
    return drafts


def _rows(
    session: Session, found: Found, columns: Sequence[tuple[str, Type]], keys: int, counted: list[int]
) -> pa.RecordBatchReader:
    """Return a query's rows of the types that files have, its last columns as the texts that folders are named by."""
    data = columns[: len(columns) - keys]
    texts = (explicit(f"c{at}", kind, VARCHAR) or "" for at, (_, kind) in enumerate(columns[len(data) :], len(data)))
    sql = select([*(f"c{at}" for at in range(len(data))), *texts], f"FROM {found} AS w")
    kinds = [*(kind for _, kind in found.columns[: len(data)]), *[VARCHAR] * keys]
    reader: Any = session.execute(Found(sql, [(None, kind) for kind in kinds])).to_arrow_reader(_BATCH)
    names = [*data, *((name, VARCHAR) for name, _ in columns[len(data) :])]
    schema = pa.schema([(name, types.arrow(kind)) for name, kind in names])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            counted[0] += len(batch)
            arrays = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
