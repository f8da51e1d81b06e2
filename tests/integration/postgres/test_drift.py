"""A table held against its contract before anything is read of it."""

import pytest

from etl.contracts.model import Field
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Integer, Json, Struct, Text, Timestamp, Type, Uuid
from etl.errors import NotFound, SourceError
from etl.extract.postgres import Drift, Source
from tests.integration.postgres.database import Database, contract, of_type, read_whole

TEXTS = Array(Field(name="element", type=Text()))


def test_a_table_as_the_contract_has_it(database: Database, source: Source) -> None:
    database.table("value integer")

    assert source.compare(of_type(Integer(32))) == Drift(())


def test_columns_beyond_the_contract_are_named_and_left_out(database: Database, source: Source) -> None:
    database.table("zeta text, value integer, alpha money", "'z', 1, '1'")

    assert source.compare(of_type(Integer(32))) == Drift(("alpha", "zeta"))
    assert read_whole(source, of_type(Integer(32))).rows == [{"value": 1}]


def test_a_column_that_was_dropped_is_missing(database: Database, source: Source) -> None:
    database.table("value integer, more integer")
    database.run("ALTER TABLE own.things DROP COLUMN value")

    with pytest.raises(SourceError, match=r"table own\.things has no column value"):
        source.compare(of_type(Integer(32)))


OTHER_TYPES: dict[Type, tuple[str, ...]] = {
    Integer(16): ("integer",),
    Integer(32): ("bigint", "text"),
    Integer(64): ("numeric(10,0)",),
    Text(): ("integer", "uuid", "jsonb", "timestamptz", "boolean", "numeric(10,2)", "money", "text[]"),
    Decimal(10, 2): ("money", "double precision", "integer"),
    Float(32): ("double precision",),
    Float(64): ("numeric(10,2)",),
    Uuid(): ("text",),
    Json(): ("text",),
    Boolean(): ("integer",),
    Date(): ("timestamp",),
    Timestamp(): ("timestamp", "date"),
    Timestamp(zoned=False): ("timestamptz",),
    TEXTS: ("text",),
    Struct((Field(name="a", type=Text()),)): ("text",),
}


@pytest.mark.parametrize(
    ("column", "type_"), [(column, type_) for type_, columns in OTHER_TYPES.items() for column in columns], ids=str
)
def test_a_column_of_another_type_is_refused(column: str, type_: Type, database: Database, source: Source) -> None:
    database.table(f"value {column}")

    with pytest.raises(SourceError, match=r"has value as .* where the contract has"):
        source.compare(of_type(type_))


def test_all_that_is_wrong_is_said_at_once(database: Database, source: Source) -> None:
    database.table("b text")
    wanted = contract(Field(name="a", type=Text()), Field(name="b", type=Integer(32)), Field(name="c", type=Text()))

    with pytest.raises(SourceError) as caught:
        source.compare(wanted)

    assert "has no column a; it has b as text, where the contract has integer of 32 bits; it has no column c" in str(
        caught.value
    )
    assert "contract things" in str(caught.value)


def test_a_table_that_is_not_there_is_named(source: Source) -> None:
    with pytest.raises(NotFound, match=r"has no table own\.nothing, which contract things describes"):
        source.compare(contract(Field(name="value", type=Text()), table="own.nothing"))


def test_a_table_without_a_schema_is_public(database: Database, source: Source) -> None:
    database.run("CREATE TABLE public.unqualified (value integer)")
    try:
        assert source.compare(contract(Field(name="value", type=Integer(32)), table="unqualified")) == Drift(())
    finally:
        database.run("DROP TABLE public.unqualified")


def test_names_are_taken_as_they_are(database: Database, source: Source) -> None:
    quoted = '''own."My ""odd"" 'table'\\"'''
    database.run(f'''CREATE TABLE {quoted} ("Select ""x""" integer)''')
    database.run(f"INSERT INTO {quoted} VALUES (7)")  # noqa: S608 -- our own
    wanted = contract(Field(name='Select "x"', type=Integer(32)), table="own.My \"odd\" 'table'\\")

    assert read_whole(source, wanted).rows == [{'Select "x"': 7}]


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_a_view_is_as_good_as_a_table(kind: str, database: Database, source: Source) -> None:
    database.table("value integer", "1")
    database.run(f"CREATE {kind} own.seen AS SELECT value FROM own.things")  # noqa: S608 -- our own

    assert read_whole(source, contract(Field(name="value", type=Integer(32)), table="own.seen")).rows == [{"value": 1}]


def test_a_partitioned_table_is_read_whole(database: Database, source: Source) -> None:
    database.run("CREATE TABLE own.things (value integer) PARTITION BY HASH (value)")
    for number in range(3):
        database.run(
            f"CREATE TABLE own.part_{number} PARTITION OF own.things FOR VALUES WITH (MODULUS 3, REMAINDER {number})"
        )
    database.run("INSERT INTO own.things SELECT generate_series(1, 50)")

    found = read_whole(source, of_type(Integer(32), key_position=1))

    assert [row["value"] for row in found.rows] == list(range(1, 51))
