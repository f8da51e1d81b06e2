"""What each type of a contract is on the engines that cannot run here."""

import re

import pytest

from etl.contracts.ddl import statements
from etl.contracts.model import Contract, Field, Layout
from etl.contracts.types import (
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from tests.unit.contracts.ddl.contracts import array, contract, one, struct

# Athena and Iceberg by "Data types in Amazon Athena" and "Supported data types for Iceberg tables in Athena",
# Redshift by "Data types" in its developer guide.
TYPES: list[tuple[Type, str, str, str]] = [
    (Text(), "string", "string", "VARCHAR(65535)"),
    (Text(0), "string", "string", "VARCHAR(4)"),
    (Text(16_383), "string", "string", "VARCHAR(65532)"),
    (Text(16_384), "string", "string", "VARCHAR(65535)"),
    (Uuid(), "string", "string", "VARCHAR(36)"),
    (Json(), "string", "string", "SUPER"),
    (Boolean(), "boolean", "boolean", "BOOLEAN"),
    (Integer(16), "smallint", "int", "SMALLINT"),
    (Integer(32), "int", "int", "INTEGER"),
    (Integer(64), "bigint", "bigint", "BIGINT"),
    (Decimal(38, 37), "decimal(38,37)", "decimal(38,37)", "DECIMAL(38,37)"),
    (Float(32), "float", "float", "REAL"),
    (Float(64), "double", "double", "DOUBLE PRECISION"),
    (Date(), "date", "date", "DATE"),
    (Timestamp(), "timestamp", "timestamp", "TIMESTAMPTZ"),
    (Timestamp(zoned=False), "timestamp", "timestamp", "TIMESTAMP"),
    (array(array(Integer(16))), "array<array<smallint>>", "array<array<int>>", "SUPER"),
    (
        struct(A=Uuid(), b=array(Date())),
        "struct<a:string,b:array<date>>",
        "struct<a:string,b:array<date>>",
        "SUPER",
    ),
]


def _column(made: Contract, engine: str) -> str:
    location = None if engine == "redshift" else "s3://bucket/events/"
    found = re.search(r'^ +["`]value["`] (.*?),?$', statements(made, engine, location=location)[0], re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("type_", "athena", "iceberg", "redshift"), TYPES)
def test_each_type_has_one_type_of_each_engine(type_: Type, athena: str, iceberg: str, redshift: str) -> None:
    made = one(type_)

    assert [_column(made, engine) for engine in ("athena", "iceberg", "redshift")] == [athena, iceberg, redshift]


def test_redshift_enforces_what_is_required() -> None:
    assert _column(one(Date(), required=True), "redshift") == "DATE NOT NULL"


def test_names_are_in_lower_case_on_athena_whoever_reads_them() -> None:
    (made,) = statements(one(Text(), "TripId", partition_position=None), "athena", location="s3://bucket/events")

    assert "`tripid` string" in made


def test_a_long_comment_is_cut_to_what_the_catalog_takes_and_says_so() -> None:
    made = _column(one(Text(), description="😀" * 128), "athena")

    assert made == f"string COMMENT '{'😀' * 127}…'"


def test_control_characters_of_a_comment_are_blanks() -> None:
    assert _column(one(Text(), description="a\r\n\tb\x00c\ud800"), "athena") == "string COMMENT 'a b c'"


@pytest.mark.parametrize(
    ("transform", "type_", "clause"),
    [
        ("year", Date(), "year(`value`)"),
        ("month", Timestamp(), "month(`value`)"),
        ("day", Timestamp(zoned=False), "day(`value`)"),
        ("hour", Timestamp(), "hour(`value`)"),
        ("bucket(16)", Uuid(), "bucket(16, `value`)"),
        ("truncate(10)", Text(), "truncate(10, `value`)"),
        (None, Boolean(), "`value`"),
    ],
)
def test_iceberg_partitions_by_transforms(transform: str | None, type_: Type, clause: str) -> None:
    made = one(type_, partition_position=1, partition_transform=transform)

    assert f"PARTITIONED BY ({clause})\n" in statements(made, "iceberg", location="s3://bucket/events/")[0]


@pytest.mark.parametrize(
    ("layout", "clauses"),
    [
        (Layout(), "DISTSTYLE AUTO"),
        (Layout(redshift_distribution="all"), "DISTSTYLE ALL"),
        (Layout(redshift_distribution="a"), 'DISTSTYLE KEY\nDISTKEY ("a")'),
        (
            Layout(redshift_distribution="even", redshift_sort_key=("b", "a")),
            'DISTSTYLE EVEN\nCOMPOUND SORTKEY ("b", "a")',
        ),
    ],
)
def test_redshift_distributes_and_sorts_as_the_layout_says(layout: Layout, clauses: str) -> None:
    made = contract(Field(name="a", type=Text()), Field(name="b", type=Text()), layout=layout)

    assert statements(made, "redshift")[0].endswith(f"\n)\n{clauses}")
