# ruff: noqa: PLR0911, PLR0917, S608 - the parts of one statement, written from names of our own
"""Rows into files on S3: written aside first, put in their places when all of them are there."""

import gzip
import json
import math
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from serverless_app.localcloud.athena import results, types
from serverless_app.localcloud.athena.casts import explicit
from serverless_app.localcloud.athena.ddl import escaped
from serverless_app.localcloud.athena.engine import Session
from serverless_app.localcloud.athena.errors import AthenaError, unsupported
from serverless_app.localcloud.athena.queries import Found
from serverless_app.localcloud.athena.text_files import arrow
from serverless_app.localcloud.athena.types import Type

_MOST_PARTITIONS: Final = 100
_BATCH: Final = 100_000
_CODECS: Final = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "none", "UNCOMPRESSED": "none"}
_NO_PARTITION: Final = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Format:
    """How files are written: PARQUET with a codec, or TEXTFILE with a delimiter."""

    name: str = "PARQUET"
    codec: str = "gzip"
    delimiter: str = "\x01"


@dataclass(frozen=True)
class Written:
    """Files that were put, and the partitions they belong to with their folders."""

    files: list[str]
    partitions: dict[tuple[str, ...], str]
    rows: int


def format_of(properties: dict[str, str]) -> Format:
    """Return the format that a WITH clause asks for; the keys used are taken out."""
    name = properties.pop("format", "PARQUET").upper()
    codec = properties.pop(
        "write_compression", properties.pop("compression", properties.pop("parquet_compression", "GZIP"))
    ).upper()
    delimiter = properties.pop("field_delimiter", "\x01")
    if name == "CSV":
        name = "TEXTFILE"
    if (
        name not in ("PARQUET", "TEXTFILE", "JSON")
        or codec not in _CODECS
        or (name != "PARQUET" and codec not in ("GZIP", "NONE"))
    ):
        raise unsupported(f"writing {name} compressed with {codec}")
    return Format(name, _CODECS[codec], delimiter)


def arrow_rows(session: Session, found: Found, columns: Sequence[tuple[str, Type]]) -> Iterator[pa.RecordBatch]:
    """Return the rows of a query as batches of the types that files have."""
    schema = pa.schema([(name, arrow(kind)) for name, kind in columns])
    reader: Any = session.execute(found).to_arrow_reader(_BATCH)
    for batch in reader:
        yield pa.record_batch(
            [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
        )


def write(
    session: Session, found: Found, columns: Sequence[tuple[str, Type]], keys: int, location: str, form: Format
) -> Written:
    """Write a query's rows under a location; the last `keys` columns become folders."""
    location = location.rstrip("/") + "/"
    data = columns[: len(columns) - keys]
    with tempfile.TemporaryDirectory() as folder:
        drafts, rows = _draft(session, found, columns, keys, Path(folder), form)
        files, partitions = [], {}
        for values, draft in drafts.items():
            place = location + "".join(
                f"{name}={escaped(value)}/" for (name, _), value in zip(columns[len(data) :], values, strict=True)
            )
            name = f"{place}{uuid.uuid4().hex}" + (".gz" if form.name != "PARQUET" and form.codec == "gzip" else "")
            with draft.open("rb") as body:
                session.clients.put(name, body)
            files.append(name)
            if keys:
                partitions[values] = place
    return Written(files, partitions, rows)


def _draft(
    session: Session, found: Found, columns: Sequence[tuple[str, Type]], keys: int, folder: Path, form: Format
) -> tuple[dict[tuple[str, ...], Path], int]:
    data = columns[: len(columns) - keys]
    writers: dict[tuple[str, ...], Any] = {}
    drafts: dict[tuple[str, ...], Path] = {}
    rows = 0
    # The text that a partition's folder is called after is Athena's cast to varchar.
    texts = [explicit(f"c{len(data) + at}", kind, types.VARCHAR) for at, (_, kind) in enumerate(columns[len(data) :])]
    listed = ", ".join([*(f"c{at}" for at in range(len(data))), *(f"{text} AS k{at}" for at, text in enumerate(texts))])
    keyed = Found(
        f"SELECT {listed} FROM ({found.sql}) AS w",
        [*found.columns[: len(data)], *((None, types.VARCHAR) for _ in texts)],
    )
    shown = [*data, *((f"\0{at}", types.VARCHAR) for at in range(keys))]
    for batch in arrow_rows(session, keyed, shown):
        rows += len(batch)
        for values, part in _by_partition(batch, keys):
            if values not in writers:
                if len(writers) == _MOST_PARTITIONS:
                    message = "Exceeded limit of 100 open writers for partitions/buckets"
                    raise AthenaError("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
                drafts[values] = folder / str(len(drafts))
                writers[values] = _writer(drafts[values], data, form)
            writers[values].write(part)
    for writer in writers.values():
        writer.close()
    return drafts, rows


def _by_partition(batch: pa.RecordBatch, keys: int) -> Iterator[tuple[tuple[str, ...], pa.RecordBatch]]:
    if not keys:
        yield (), batch
        return
    data = batch.select(range(batch.num_columns - keys))
    columns = [pc.fill_null(batch.column(batch.num_columns - keys + at), _NO_PARTITION) for at in range(keys)]
    places: dict[tuple[str, ...], list[int]] = {}
    for at, values in enumerate(zip(*(column.to_pylist() for column in columns), strict=True)):
        places.setdefault(values, []).append(at)
    for values, rows in places.items():
        yield values, data.take(pa.array(rows))


def _writer(path: Path, columns: Sequence[tuple[str, Type]], form: Format) -> Any:
    if form.name == "PARQUET":
        schema = pa.schema([(name, arrow(kind)) for name, kind in columns])
        return pq.ParquetWriter(path, schema, compression=form.codec)
    return (_JsonWriter if form.name == "JSON" else _TextWriter)(path, columns, form)


class _TextWriter:
    """A file of lines as LazySimpleSerDe reads them."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, Type]], form: Format) -> None:
        self._file = gzip.GzipFile(path, "wb", mtime=0) if form.codec == "gzip" else path.open("wb")
        self._formats = [self._format(kind) for _, kind in columns]
        self._delimiter = form.delimiter

    @staticmethod
    def _format(kind: Type) -> Any:
        if kind.name in ("array", "map", "row", "varbinary", "json"):
            raise unsupported(f"{kind} in text files")
        return results.formatter(kind)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows; text that would read back as something else is refused."""
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            values = ["\\N" if value is None else form(value) for form, value in zip(self._formats, row, strict=True)]
            for value, text in zip(row, values, strict=True):
                if self._delimiter in text or "\n" in text or "\r" in text or (value is not None and text == "\\N"):
                    raise unsupported(f"the text {text!r} in a text file: it holds a delimiter")
            self._file.write(self._delimiter.join(values).encode() + b"\n")

    def close(self) -> None:
        """End the file."""
        self._file.close()


class _JsonWriter(_TextWriter):
    """A file of JSON objects, one a line."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, Type]], form: Format) -> None:
        super().__init__(path, columns, form)
        self._names = [json.dumps(name, ensure_ascii=False) for name, _ in columns]

    @staticmethod
    def _format(kind: Type) -> Any:
        return _json_format(kind)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows, NULL as null."""
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            pairs = zip(self._names, self._formats, row, strict=True)
            listed = (f"{name}:{'null' if value is None else form(value)}" for name, form, value in pairs)
            self._file.write(("{" + ",".join(listed) + "}").encode() + b"\n")


def _json_format(kind: Type) -> Any:
    """Return how a value is written in JSON; NaN and what readers would take for something else is refused."""
    match kind.name:
        case "boolean" | "tinyint" | "smallint" | "integer" | "bigint" | "decimal":
            return results.formatter(kind)
        case "double" | "real":
            return _finite
        case "varchar":
            return lambda value: json.dumps(value, ensure_ascii=False)
        case "date":
            return lambda value: f'"{value.isoformat()}"'
        case "timestamp":
            return lambda value: f'"{value.isoformat(" ", "milliseconds")}"'
        case "array":
            item = _json_format(kind.args[0])
            return lambda value: "[" + ",".join("null" if one is None else item(one) for one in value) + "]"
        case "row":
            parts = [(name, _json_format(part)) for name, part in kind.args]
            return lambda value: "{" + ",".join(
                f"{json.dumps(name)}:{'null' if value[name] is None else form(value[name])}" for name, form in parts
            ) + "}"  # fmt: skip
    raise unsupported(f"{kind} in JSON files")


def _finite(value: float) -> str:
    if not math.isfinite(value):
        raise unsupported(f"{value} in JSON files")
    return repr(value)
