"""Parquet as work: a column of the contract's type passes as it is, another is converted where nothing is lost."""

import base64
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal as Exact
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.contracts.json_values import describe
from etl.contracts.model import Contract, Field
from etl.contracts.records import Problem
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Integer, Json, Struct, Text, Timestamp, Uuid
from etl.errors import InputError, NotFound
from etl.split.engine import Engine
from etl.split.parts import Judged, Refused
from etl.split.row_rules import RowRules, source_schema, without_echoes
from etl.split.task import Task, Work
from etl.split.values import Convert, from_json, from_text
from etl.timestamps import format_timestamp

_ROWS = 32_768
_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001 -- compared without zones


def parquet_work(task: Task) -> Iterator[Work]:
    """Yield the work that a Parquet file is, a batch at a time."""
    source, name, contract = task.source, task.name, task.contract
    try:
        file = pq.ParquetFile(source, pre_buffer=False)
    except FileNotFoundError as error:
        raise NotFound(f"{source} does not exist: correct the path") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name} is no readable Parquet file ({error}): fetch it again") from error
    with file:
        columns = file.schema_arrow.names
        wanted = [field.name for field in contract.source_fields]
        if missing := [one for one in wanted if columns.count(one) != 1]:
            raise InputError(
                f"{name} has no single column {missing[0]!r}, which contract {contract.id} declares; it has"
                f" {', '.join(columns)}. Correct the file or the contract"
            )
        task.summary.left_out = tuple(one for one in columns if one not in wanted)
        judge, first = _Judge(contract, task.rules), 1
        try:
            for batch in file.iter_batches(batch_size=_ROWS, columns=wanted, use_threads=False):
                yield partial(judge, pa.table(batch), first)
                first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{name} breaks off behind row {first - 1} ({error}): fetch it again") from error


class _Judge:
    def __init__(self, contract: Contract, rules: RowRules) -> None:
        self._schema = source_schema(contract)
        self._fields = contract.source_fields
        self._rules = rules

    def __call__(self, batch: pa.Table, first: int, engine: Engine) -> Judged:
        found: dict[int, list[Problem]] = {}
        arrays = [
            _converted(batch.column(field.name), field, typed.type, found)
            for field, typed in zip(self._fields, self._schema, strict=True)
        ]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        refused, good = [], []
        for row, broken in enumerate(self._rules.broken(engine.connection, table)):
            if problems := without_echoes(found.get(row, []), broken):
                raw = {field.name: _shown(_or_raw(batch.column(field.name)[row])) for field in self._fields}
                refused.append(Refused(first + row, problems, raw))
            else:
                good.append(row)
        kept = table if not refused else table.take(pa.array(good, pa.int64()))
        return Judged(batch.num_rows, kept, refused)


def _converted(column: pa.ChunkedArray, field: Field, wanted: pa.DataType, found: dict[int, list[Problem]]) -> Any:
    if column.type == wanted and _is_whole(column, field):
        return column
    of_text, of_json = from_text(field), from_json(field)
    values = []
    for row, value in enumerate(_values(column)):
        problems: list[Problem] = []
        values.append(None if value is None else _value(value, field, of_text, of_json, problems))
        if problems:
            found.setdefault(row, []).extend(problems)
    return pa.array(values, wanted)


def _is_whole(column: pa.ChunkedArray, field: Field) -> bool:
    """Tell whether every value of a column of the right type is one that the contract's type has."""
    match field.type:
        case Boolean() | Integer() | Decimal():
            return True
        case Float():
            return bool(pc.all(pc.is_finite(column), min_count=0).as_py())
        case Text():
            return not pc.any(pc.match_substring(column, "\0"), min_count=0).as_py()
        case Timestamp() if column.type.tz in (None, "UTC"):
            bounds = pc.min_max(column.cast(pa.int64())).as_py()
            low, high = ((one - datetime(1970, 1, 1)) // timedelta(microseconds=1) for one in (_FIRST, _LAST))  # noqa: DTZ001
            return bounds["min"] is None or bool(low <= bounds["min"] and bounds["max"] <= high)
        case _:
            return False


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return plain values; what Python has no value for is its number, which is of the wrong type for any time."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pa.ArrowInvalid):
        return [_or_raw(one) for one in column]


def _or_raw(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError, pa.ArrowInvalid):
        return [str(getattr(value, "value", "unreadable"))]


def _value(value: Any, field: Field, of_text: Convert, of_json: Convert, problems: list[Problem]) -> Any:
    """Convert one value; text is read as in CSV, anything else as in JSON."""
    if isinstance(value, str) and not isinstance(field.type, Text):
        return of_text(field.name, value, problems)
    if _wrong_kind(value, field):
        problems.append(Problem("type", field.name, describe(field.type)))
        return None
    return of_json(field.name, _plain(value, field), problems)


def _wrong_kind(value: Any, field: Field) -> bool:
    match field.type:
        case Timestamp(zoned):
            return isinstance(value, datetime) and value.tzinfo is not None and not zoned
        case Date():
            return isinstance(value, datetime)
        case Float() | Integer() | Decimal() | Array() | Struct() | Json() | Uuid() | Text() | Boolean():
            return isinstance(value, datetime | date | bytes)
    return False


def _plain(value: Any, field: Field) -> Any:
    """Return a value of Arrow as the plain value that JSON would have for it."""
    match value:
        case datetime():
            return value.isoformat() if value.tzinfo is None else format_timestamp(value)
        case date():
            return value.isoformat()
        case float():
            return _exact(value)
        case dict():
            return {key: _plain(one, field) for key, one in value.items()}
        case list():
            return [_plain(one, field) for one in value]
    return value


def _exact(value: float) -> Any:
    return Exact(repr(value)) if value - value == 0 else value


def _shown(value: Any) -> Any:
    match value:
        case float() if value - value != 0:
            return str(value)
        case bytes():
            return {"$binary": base64.b64encode(value).decode()}
        case datetime() | date() | time() | timedelta():
            return str(value)
        case dict():
            return {key: _shown(one) for key, one in value.items()}
        case list():
            return [_shown(one) for one in value]
    return value
