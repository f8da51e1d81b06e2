"""A contract as an Arrow schema: what every Parquet file of the dataset is written with."""

import pyarrow as pa

from etl.contracts.model import Contract, Field
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.errors import ContractError

_INTEGERS = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}
_FLOATS = {32: pa.float32(), 64: pa.float64()}


def arrow_schema(contract: Contract) -> pa.Schema:
    """Return the schema of the whole dataset, computed fields and partition columns with it.

    Returns: a field for each of the contract's, in its order, not nullable where it is required or part of the key.
    Timestamps are in microseconds, zoned ones in UTC. UUIDs and JSON are text, as Athena has no other type for them in
    Parquet; the metadata `logicalType` of a field tells them apart from text, and `description` is the contract's.
    Raises ContractError: a number has neither precision nor width; the message says what to write.
    """
    fields = [_field(contract.dataset, field.name, field) for field in contract.fields]
    return pa.schema(fields, {"contract.id": contract.id, "contract.version": contract.version})


def file_schema(contract: Contract) -> pa.Schema:
    """Return the schema of the files below Hive partitions: without the columns that their paths say.

    Returns: `arrow_schema` without the partition columns.
    Raises ContractError: as in `arrow_schema`.
    """
    whole = arrow_schema(contract)
    apart = set(contract.partition_columns)
    return pa.schema([field for field in whole if field.name not in apart], whole.metadata)


def _field(dataset: str, path: str, field: Field) -> pa.Field:
    said = {"description": field.description, "logicalType": _logical(field.type)}
    return pa.field(
        field.name,
        _type(dataset, path, field.type),
        nullable=not (field.required or field.key_position is not None),
        metadata={key: value for key, value in said.items() if value} or None,
    )


def _logical(type_: Type) -> str:
    match type_:
        case Uuid():
            return "uuid"
        case Json():
            return "json"
    return ""


def _type(dataset: str, path: str, type_: Type) -> pa.DataType:  # noqa: C901, PLR0911 -- one case for each type
    match type_:
        case Text() | Uuid() | Json():
            return pa.string()
        case Boolean():
            return pa.bool_()
        case Integer(bits):
            return _INTEGERS[bits]
        case Decimal(precision, scale):
            return pa.decimal128(precision, scale)
        case Float(bits):
            return _FLOATS[bits]
        case Date():
            return pa.date32()
        case Timestamp(zoned):
            return pa.timestamp("us", tz="UTC" if zoned else None)
        case Array(item):
            return pa.list_(_field(dataset, f"{path}[]", item))
        case Struct(fields):
            return pa.struct([_field(dataset, f"{path}.{inner.name}", inner) for inner in fields])
        case Number():
            raise ContractError(
                f"{dataset}: {path} is a number of any size and scale, which Arrow does not have:"
                " give it physicalType decimal(p,s), or format f64 under logicalTypeOptions"
            )
