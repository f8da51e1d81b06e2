"""What an engine cannot express is refused by name, with what to write instead."""

from typing import Any

import pytest

from etl.contracts.ddl import ddl
from etl.contracts.glue import glue_table
from etl.contracts.model import Contract, Field, Layout
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Json, Number, Text, Timestamp, Type
from etl.errors import ContractError, InputError
from tests.unit.contracts.ddl.contracts import array, contract, one, struct

S3: dict[str, Any] = {"location": "s3://bucket/events/"}


@pytest.mark.parametrize(("engine", "place"), [("athena", S3), ("iceberg", S3), ("redshift", {})])
def test_a_number_of_any_size_has_no_type_but_in_postgres(engine: str, place: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match=r"^events: value is a number of any size .* decimal\(p,s\), or format f64"):
        ddl(one(Number()), engine, **place)


def test_the_number_is_named_wherever_it_stands() -> None:
    with pytest.raises(ContractError, match=r"^events: value\.a\[\] is a number"):
        ddl(one(struct(a=array(Number()))), "athena", **S3)


@pytest.mark.parametrize("name", ["a b", "tür", "a`b", "a-b", "a.b", "a" * 256])
@pytest.mark.parametrize("engine", ["athena", "iceberg"])
def test_athena_supports_no_special_characters_in_names(engine: str, name: str) -> None:
    with pytest.raises(ContractError, match=f"^events: {name!r} is no name that queries on {engine} can rely on"):
        ddl(one(Text(), name), engine, **S3)
    with pytest.raises(ContractError, match=f"^events: {name!r} is no name"):
        ddl(one(struct(**{name: Text()})), engine, **S3)
    with pytest.raises(ContractError, match=f"^events: {name!r} is no name"):
        ddl(contract(Field(name="a", type=Text()), table=name), engine, **S3)
    with pytest.raises(ContractError, match=f"^events: {name!r} is no name"):
        ddl(one(Text()), engine, schema=name, **S3)


@pytest.mark.parametrize(("engine", "place"), [("athena", S3), ("iceberg", S3), ("redshift", {})])
def test_names_that_differ_by_case_are_one_name(engine: str, place: dict[str, Any]) -> None:
    made = contract(Field(name="Id", type=Text()), Field(name="id", type=Text()))

    with pytest.raises(ContractError, match=f"^events: Id and id are one name to {engine}; rename one of them$"):
        ddl(made, engine, **place)


@pytest.mark.parametrize(("engine", "longest"), [("postgres", 63), ("redshift", 127)])
def test_names_are_refused_that_would_be_cut(engine: str, longest: int) -> None:
    fits = "ü" * (longest // 2)

    assert fits in ddl(one(Text(), fits), engine)
    with pytest.raises(ContractError, match=f"is no name for {engine}; give one of 1 to {longest} bytes"):
        ddl(one(Text(), fits + "ü"), engine)


@pytest.mark.parametrize(("engine", "name"), [("postgres", "xmin"), ("redshift", "OID")])
def test_system_columns_are_taken(engine: str, name: str) -> None:
    with pytest.raises(ContractError, match=f"every table of {engine} has a column {name} of its own"):
        ddl(one(Text(), name), engine)


@pytest.mark.parametrize("engine", ["postgres", "redshift"])
def test_a_comment_with_a_nul_cannot_be_kept(engine: str) -> None:
    with pytest.raises(ContractError, match="the character NUL"):
        ddl(one(Text(), description="a\0b"), engine)


def test_external_tables_have_no_partition_transforms() -> None:
    made = contract(
        Field(name="at", type=Timestamp(), partition_position=1, partition_transform="day"),
        Field(name="value", type=Text()),
    )

    with pytest.raises(ContractError, match=r"^events: at partitions by day, which only Iceberg tables do"):
        ddl(made, "athena", **S3)
    with pytest.raises(ContractError, match=r"^events: at partitions by day, which only Iceberg tables do"):
        glue_table(made)


@pytest.mark.parametrize("type_", [Boolean(), Float(), Json(), struct(a=Text()), array(Text())])
def test_partitions_have_to_be_filtered_on(type_: Type) -> None:
    made = contract(Field(name="part", type=type_, partition_position=1), Field(name="value", type=Text()))

    with pytest.raises(ContractError, match=r"^events: athena cannot filter partitions by part"):
        ddl(made, "athena", **S3)


def test_files_have_to_have_a_column() -> None:
    with pytest.raises(ContractError, match=r"^events: every field is a partition"):
        ddl(one(Text(), partition_position=1), "athena", **S3)


@pytest.mark.parametrize(
    ("transform", "type_"),
    [
        ("day", Text()),
        ("hour", Date()),
        ("bucket(4)", Float()),
        ("bucket(4)", Boolean()),
        ("truncate(4)", Date()),
        ("week", Date()),
        (None, struct(a=Text())),
        (None, Array(Field(name="element", type=Text()))),
    ],
)
def test_iceberg_transforms_what_its_specification_says(transform: str | None, type_: Type) -> None:
    made = one(type_, partition_position=1, partition_transform=transform)

    with pytest.raises(ContractError, match=r"^events: Iceberg cannot partition by"):
        ddl(made, "iceberg", **S3)


def test_redshift_has_37_decimals_at_most() -> None:
    with pytest.raises(ContractError, match=r"^events: value has 38 decimals, and Redshift at most 37"):
        ddl(one(Decimal(38, 38)), "redshift")


@pytest.mark.parametrize(
    "layout", [Layout(redshift_distribution="value"), Layout(redshift_sort_key=("value",))], ids=["distribute", "sort"]
)
@pytest.mark.parametrize("type_", [Json(), array(Text()), struct(a=Text())])
def test_redshift_neither_distributes_nor_sorts_by_super(layout: Layout, type_: Type) -> None:
    made: Contract = contract(Field(name="value", type=type_), layout=layout)

    with pytest.raises(ContractError, match=r"^events: Redshift cannot (distribute|sort) by value, which is SUPER"):
        ddl(made, "redshift")


@pytest.mark.parametrize("engine", ["athena", "iceberg"])
@pytest.mark.parametrize("location", [None, "", "s3://", "/tmp/events", "https://bucket/events"])  # noqa: S108
def test_tables_on_s3_need_a_folder_there(engine: str, location: str | None) -> None:
    with pytest.raises(InputError, match=f"^location of a table on {engine} is {location!r}: give the S3 folder"):
        ddl(one(Text()), engine, location=location)


@pytest.mark.parametrize("engine", ["postgres", "redshift"])
def test_databases_keep_their_tables_themselves(engine: str) -> None:
    with pytest.raises(InputError, match=f"^{engine} has no location for a table"):
        ddl(one(Text()), engine, **S3)


def test_an_unknown_engine_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"^'mysql' is no engine .* there are athena, iceberg, postgres, redshift$"):
        ddl(one(Text()), "mysql")
