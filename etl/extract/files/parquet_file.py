"""Parquet as work: a column of the contract's type passes as it is, another is converted where nothing is lost."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.contracts.model import Contract, Field
from etl.contracts.types import Boolean, Decimal, Float, Integer, Text, Timestamp
from etl.errors import InputError, NotFound
from etl.extract.files.work import Engine, Judged, Refused, Task, Work
from etl.quality.row_rules import RowRules, source_schema, without_echoes
from etl.values.converters import Convert, from_json, from_text
from etl.values.json_values import describe
from etl.values.parquet import in_utc, plain, python_values, shown
from etl.values.records import Problem

_ROWS = 32_768
_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001 -- compared without zones
# Times of 96 bits, as Spark and Impala write them, are read in microseconds: in Arrow's own nanoseconds of 64 bits,
# those outside 1677 to 2262 would wrap around.
_MICROSECONDS = "us"


def _finer_than_microseconds(source: Path | BinaryIO, file: pq.ParquetFile, rows: int) -> Iterator[Collection[str]]:
    """Yield for each row the columns whose times of 96 bits lose digits when they are read in microseconds.

    `source` and `file` are the same file, read `rows` at a time. Nothing is yielded for a file without such times.
    """
    leaves = [file.metadata.schema.column(place) for place in range(file.metadata.num_columns)]
    paths = [leaf.path for leaf in leaves if leaf.physical_type == "INT96"]
    if not paths:
        return
    coarse, fine = (
        pq.ParquetFile(source, pre_buffer=False, coerce_int96_timestamp_unit=unit).iter_batches(
            batch_size=rows, columns=paths, use_threads=False
        )
        for unit in (_MICROSECONDS, "ns")
    )
    for coarse_batch, fine_batch in zip(coarse, fine, strict=True):
        # Both wrap around modulo 2**64: they differ exactly by the digits that were cut.
        scaled = {
            name: (
                coarse_batch.column(name).cast(fine_batch.schema.field(name).type, safe=False),
                fine_batch.column(name),
            )
            for name in coarse_batch.schema.names
        }
        if all(cut.equals(whole) for cut, whole in scaled.values()):
            yield from [()] * coarse_batch.num_rows
            continue
        for row in range(coarse_batch.num_rows):
            yield [name for name, (cut, whole) in scaled.items() if not cut.slice(row, 1).equals(whole.slice(row, 1))]


def parquet_work(task: Task) -> Iterator[Work]:
    """Yield the work of a Parquet file, a batch at a time."""
    source, name, contract = task.source, task.name, task.contract
    try:
        file = pq.ParquetFile(source, pre_buffer=False, coerce_int96_timestamp_unit=_MICROSECONDS)
    except FileNotFoundError as error:
        raise NotFound(f"{source} does not exist: correct the path") from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is not a readable Parquet file ({error}): fetch it again") from error
    with file:
        columns = file.schema_arrow.names
        wanted = [field.name for field in contract.source_fields]
        if missing := [column for column in wanted if columns.count(column) != 1]:
            raise InputError(
                f"{name} has no single column {missing[0]!r}, which contract {contract.id} declares; it has"
                f" {', '.join(columns)}. Correct the file or the contract"
            )
        task.summary.left_out = tuple(column for column in columns if column not in wanted)
        judge, first = _Judge(contract, task.rules), 1
        cut = _finer_than_microseconds(source, file, _ROWS)
        try:
            for batch in file.iter_batches(batch_size=_ROWS, columns=wanted, use_threads=False):
                yield partial(judge, pa.table(batch), first, list(islice(cut, batch.num_rows)))
                first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{name} breaks off behind row {first - 1} ({error}): fetch it again") from error


class _Judge:
    def __init__(self, contract: Contract, rules: RowRules) -> None:
        self._schema = source_schema(contract)
        self._fields = contract.source_fields
        self._rules = rules

    def __call__(self, batch: pa.Table, first: int, cut: list[Collection[str]], engine: Engine) -> Judged:
        found: dict[int, list[Problem]] = {}
        arrays = []
        for field, typed in zip(self._fields, self._schema, strict=True):
            finer = [row for row, names in enumerate(cut) if field.name in names]
            arrays.append(_converted(batch.column(field.name), field, typed.type, finer, found))
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        refused, good = [], []
        for row, broken in enumerate(self._rules.broken(engine.connection, table)):
            if problems := without_echoes(found.get(row, []), broken):
                raw = {field.name: shown(batch.column(field.name)[row]) for field in self._fields}
                refused.append(Refused(first + row, problems, raw))
            else:
                good.append(row)
        kept = table if not refused else table.take(pa.array(good, pa.int64()))
        return Judged(batch.num_rows, kept, refused)


def _converted(
    column: pa.ChunkedArray, field: Field, wanted: pa.DataType, finer: list[int], found: dict[int, list[Problem]]
) -> Any:
    """Return the column as wanted, with null for values of the wrong type and for the times of the `finer` rows."""
    utc = in_utc(column.type)
    column = column if column.type == utc else column.cast(utc)
    if column.type == wanted and not finer and _is_whole(column, field):
        return column
    values = python_values(column)
    for row in finer:
        values[row] = ValueError("finer than microseconds")
    of_text, of_json = from_text(field), from_json(field)
    typed = []
    for row, value in enumerate(values):
        problems: list[Problem] = []
        typed.append(None if value is None else _value(value, field, of_text, of_json, problems))
        if problems:
            found.setdefault(row, []).extend(problems)
    return pa.array(typed, wanted)


def _is_whole(column: pa.ChunkedArray, field: Field) -> bool:
    """Tell whether every value of a column of the right type belongs to the contract's type."""
    match field.type:
        case Boolean() | Integer() | Decimal():
            return True
        case Float():
            return bool(pc.all(pc.is_finite(column), min_count=0).as_py())
        case Text():
            return _is_utf8(column) and not pc.any(pc.match_substring(column, "\0"), min_count=0).as_py()
        case Timestamp():
            bounds = pc.min_max(column.cast(pa.int64())).as_py()
            low, high = ((one - datetime(1970, 1, 1)) // timedelta(microseconds=1) for one in (_FIRST, _LAST))  # noqa: DTZ001
            return bounds["min"] is None or bool(low <= bounds["min"] and bounds["max"] <= high)
        case _:
            return False


def _is_utf8(column: pa.ChunkedArray) -> bool:
    """Tell whether text is UTF-8, which reading Parquet does not check."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _value(value: Any, field: Field, of_text: Convert, of_json: Convert, problems: list[Problem]) -> Any:
    """Convert one value: text as in CSV, anything else as in JSON."""
    match value:
        case UnicodeDecodeError():
            problems.append(Problem("encoding", field.name, "UTF-8"))
        case KeyError():
            problems.append(Problem("duplicate_key", field.name, "a key once in an object"))
        case Exception():
            problems.append(Problem("type", field.name, describe(field.type)))
        case str() if not isinstance(field.type, Text):
            return of_text(field.name, value, problems)
        case _:
            return of_json(field.name, plain(value, field.type), problems)
    return None
