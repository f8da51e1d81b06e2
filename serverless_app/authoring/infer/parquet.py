"""A Parquet file: its types are declared, its nulls and keys are looked up in its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.contracts import types
from etl.contracts.model import Field
from etl.errors import InputError
from serverless_app.authoring.infer.files import Seen, observe, refuse_nothing
from serverless_app.authoring.infer.observed import Observed
from serverless_app.authoring.infer.scalars import Source

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 10_000


def look_at_parquet(path: Path, rows: int) -> tuple[Seen, tuple[Field, ...]]:
    """Look at the rows of a Parquet file.

    Raises InputError: the file is missing or broken, or has a type that no contract has.
    """
    import pyarrow as pa  # noqa: PLC0415 -- 0.05 s, for files alone
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            for one in schema:
                _type(one.name, one.type, _NOTHING)
            seen = observe(_records(file), rows, Source.JSON)
    except TypeError as error:
        raise InputError(f"{path}: {error}; cast it before, or leave it out") from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: it cannot be read as Parquet ({error}); check the file") from error
    refuse_nothing(path, seen)
    return seen, tuple(_field(one.name, one.type, seen.fields[one.name]) for one in schema)


def _records(file: Any) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(_BATCH):
        yield from batch.to_pylist()


def _field(name: str, of: pa.DataType, seen: Observed) -> Field:
    return Field(name=name, type=_type(name, of, seen), required=seen.required)


def _type(name: str, of: pa.DataType, seen: Observed) -> types.Type:
    import pyarrow as pa  # noqa: PLC0415 -- as above

    if pa.types.is_dictionary(of):
        return _type(name, of.value_type, seen)
    if pa.types.is_struct(of):
        return types.Struct(tuple(_field(one.name, one.type, seen.fields.get(one.name, _NOTHING)) for one in of))
    if pa.types.is_list(of) or pa.types.is_large_list(of) or pa.types.is_fixed_size_list(of):
        return types.Array(_field("element", of.value_type, seen.items or _NOTHING))
    if pa.types.is_timestamp(of):
        if of.unit == "ns":
            raise TypeError(f"column {name} has times in nanoseconds, and a contract's are in microseconds")
        return types.Timestamp(zoned=of.tz is not None)
    if pa.types.is_decimal(of) and 0 <= of.scale <= of.precision <= _DIGITS:
        return types.Decimal(of.precision, of.scale)
    found = _SCALARS.get(str(of))
    if found is None:
        raise TypeError(f"column {name} is of type {of}, which no contract has")
    return found


_NOTHING = Observed(Source.JSON)
_DIGITS = 38
_SCALARS: dict[str, types.Type] = {
    "string": types.Text(),
    "large_string": types.Text(),
    "string_view": types.Text(),
    "null": types.Text(),
    "bool": types.Boolean(),
    "int8": types.Integer(16),
    "int16": types.Integer(16),
    "int32": types.Integer(32),
    "int64": types.Integer(64),
    "uint8": types.Integer(16),
    "uint16": types.Integer(32),
    "uint32": types.Integer(64),
    "uint64": types.Decimal(20, 0),
    "float": types.Float(32),
    "double": types.Float(64),
    "date32[day]": types.Date(),
    "extension<arrow.uuid>": types.Uuid(),
    "extension<arrow.json>": types.Json(),
}
