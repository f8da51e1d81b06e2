"""A contract's Arrow schema, and the Parquet files that are written with it."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.contracts.arrow import arrow_schema, file_schema
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
from tests.unit.contracts.ddl.orders import ORDERS

_DAYS = Array(Field(name="element", type=Date()))
_POINT = Struct((Field(name="x", type=Float(32), required=True), Field(name="at", type=_DAYS)))

# The last is what DuckDB's documentation calls the type of such a Parquet column.
TYPES: list[tuple[Type, pa.DataType, str]] = [
    (Text(10), pa.string(), "VARCHAR"),
    (Uuid(), pa.string(), "VARCHAR"),
    (Json(), pa.string(), "VARCHAR"),
    (Boolean(), pa.bool_(), "BOOLEAN"),
    (Integer(16), pa.int16(), "SMALLINT"),
    (Integer(32), pa.int32(), "INTEGER"),
    (Integer(), pa.int64(), "BIGINT"),
    (Decimal(38, 38), pa.decimal128(38, 38), "DECIMAL(38,38)"),
    (Decimal(5, 0), pa.decimal128(5, 0), "DECIMAL(5,0)"),
    (Float(32), pa.float32(), "FLOAT"),
    (Float(), pa.float64(), "DOUBLE"),
    (Date(), pa.date32(), "DATE"),
    (Timestamp(), pa.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE"),
    (Timestamp(zoned=False), pa.timestamp("us"), "TIMESTAMP"),
    (
        Array(Field(name="element", type=Decimal(9, 2), required=True)),
        pa.list_(pa.field("element", pa.decimal128(9, 2), nullable=False)),
        "DECIMAL(9,2)[]",
    ),
    (
        _POINT,
        pa.struct(
            [
                pa.field("x", pa.float32(), nullable=False),
                pa.field("at", pa.list_(pa.field("element", pa.date32()))),
            ]
        ),
        'STRUCT(x FLOAT, "at" DATE[])',
    ),
]


def _contract(*fields: Field) -> Contract:
    return Contract(id="a-contract", version="1.2.3", dataset="events", fields=fields)


@pytest.mark.parametrize(("type_", "arrow", "_duck"), TYPES)
def test_each_type_has_one_arrow_type(type_: Type, arrow: pa.DataType, _duck: str) -> None:
    assert arrow_schema(_contract(Field(name="value", type=type_))).field("value").type == arrow


@pytest.mark.parametrize(("type_", "_arrow", "duck"), TYPES)
def test_duckdb_reads_the_same_type_from_a_file(type_: Type, _arrow: pa.DataType, duck: str, tmp_path: Path) -> None:
    schema = arrow_schema(_contract(Field(name="value", type=type_)))
    pq.write_table(schema.empty_table(), tmp_path / "file.parquet")

    columns = duckdb.execute(f"DESCRIBE FROM '{tmp_path}/file.parquet'").fetchall()

    assert [column[:2] for column in columns] == [("value", duck)]


def test_a_file_keeps_the_whole_schema(tmp_path: Path) -> None:
    schema = arrow_schema(ORDERS)
    pq.write_table(schema.empty_table(), tmp_path / "file.parquet")

    assert pq.read_schema(tmp_path / "file.parquet").equals(schema, check_metadata=True)


def test_required_fields_and_keys_take_no_null() -> None:
    schema = arrow_schema(
        _contract(
            Field(name="key", type=Text(), key_position=1),
            Field(name="required", type=Text(), required=True),
            Field(name="optional", type=Text()),
        )
    )

    assert [field.nullable for field in schema] == [False, False, True]


def test_metadata_tells_uuids_and_json_from_text() -> None:
    schema = arrow_schema(
        _contract(
            Field(name="uuid", type=Uuid()),
            Field(name="json", type=Json(), description="What came"),
            Field(name="text", type=Text()),
        )
    )

    assert [field.metadata for field in schema] == [
        {b"logicalType": b"uuid"},
        {b"description": b"What came", b"logicalType": b"json"},
        None,
    ]


def test_the_schema_says_whose_it_is() -> None:
    assert arrow_schema(ORDERS).metadata == {b"contract.id": b"urn:shop:orders", b"contract.version": b"1.4.0"}


def test_a_computed_field_is_part_of_the_dataset() -> None:
    field = Field(name="day", type=Date(), computed="date(at)")

    assert arrow_schema(_contract(field)).names == ["day"]


def test_files_do_not_repeat_what_their_paths_say() -> None:
    assert set(arrow_schema(ORDERS).names) - set(file_schema(ORDERS).names) == {"day", "region"}
    assert file_schema(ORDERS).metadata == arrow_schema(ORDERS).metadata


def test_a_number_of_any_size_is_refused_with_what_to_write() -> None:
    nested = Struct((Field(name="prices", type=Array(Field(name="element", type=Number()))),))

    with pytest.raises(ContractError) as refusal:
        arrow_schema(_contract(Field(name="offer", type=nested)))

    assert str(refusal.value) == (
        "events: offer.prices[] is a number of any size and scale, which Arrow does not have: give it physicalType"
        " decimal(p,s), or format f64 under logicalTypeOptions"
    )
