"""Rows that the contract does not hold: rejects with their reasons and values, and the rows around them as they are."""

from datetime import date
from decimal import Decimal as Exact

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.contracts.model import Check, Field, Metric, Severity
from etl.contracts.types import Array, Date, Decimal, Float, Integer, Json, Struct, Text, Timestamp, Type
from etl.errors import ContractError
from etl.extract.postgres import Source
from etl.runs.rejects import Reject
from tests.integration.postgres.conftest import opened
from tests.integration.postgres.database import Database, contract, of_type, read_whole

WRONG: list[tuple[str, Type, str, object]] = [
    ("date", Date(), "'infinity'", "infinity"),
    ("date", Date(), "'-infinity'", "-infinity"),
    ("date", Date(), "'10000-01-01'", "10000-01-01"),
    ("date", Date(), "'5874897-12-31'", "5874897-12-31"),
    ("date", Date(), "'0044-03-15 BC'", "0044-03-15 BC"),
    ("timestamptz", Timestamp(), "'infinity'", "infinity"),
    ("timestamptz", Timestamp(), "'-infinity'", "-infinity"),
    ("timestamptz", Timestamp(), "'294276-12-31 23:59:59.999999+00'", "294276-12-31 23:59:59.999999+00"),
    ("timestamptz", Timestamp(), "'0001-12-31 23:59:59+00 BC'", "0001-12-31 23:59:59+00 BC"),
    ("timestamp", Timestamp(zoned=False), "'10000-01-01 00:00:00.5'", "10000-01-01 00:00:00.500000"),
    ("timestamp", Timestamp(zoned=False), "'infinity'", "infinity"),
    ("float8", Float(64), "'NaN'", "nan"),
    ("float8", Float(64), "'-Infinity'", "-inf"),
    ("float4", Float(64), "'Infinity'", "inf"),
    ("numeric(10,2)", Decimal(10, 2), "'NaN'", "NaN"),
    ("numeric", Decimal(10, 2), "'Infinity'", "Infinity"),
    ("numeric", Decimal(10, 2), "1.005", "1.005"),
    ("numeric", Decimal(10, 2), "123456789.00", "123456789.00"),
    ("jsonb", Json(only_objects=True), "'[1]'", "[1]"),
    ("text[]", Array(Field(name="element", type=Text())), "'{{a,b},{c,d}}'", "{{a,b},{c,d}}"),
    ("text[]", Array(Field(name="element", type=Text())), "'[0:1]={a,b}'", "[0:1]={a,b}"),
    ("jsonb", Struct((Field(name="a", type=Integer(32)),)), "'{\"a\": 1.5}'", '{"a": 1.5}'),
]


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_value_that_the_type_does_not_hold(
    case: tuple[str, Type, str, object], database: Database, source: Source
) -> None:
    column, type_, value, shown = case
    database.table(f"id integer, value {column}", "1, NULL", f"2, {value}", "3, NULL")
    wanted = contract(Field(name="id", type=Integer(32)), Field(name="value", type=type_))

    found = read_whole(source, wanted)

    assert [row["id"] for row in found.rows] == [1, 3]
    [reject] = found.rejects
    assert reject.line == 2
    assert [problem.code for problem in reject.problems] == ["type"]
    assert reject.problems[0].field.startswith("value")
    assert reject.raw == {"id": 2, "value": shown}


def test_a_key_twice_in_a_document_that_was_kept_as_text(database: Database, source: Source) -> None:
    database.table("value json", """'{"a": 1, "a": 2}'""")

    assert read_whole(source, of_type(Json())).reasons == [[("duplicate_key", "value")]]


def test_a_required_item_that_is_null(database: Database, source: Source) -> None:
    database.table("value text[]", "'{a,b}'", "'{a,NULL}'")

    found = read_whole(source, of_type(Array(Field(name="element", type=Text(), required=True))))

    assert found.rows == [{"value": ["a", "b"]}]
    assert found.reasons == [[("required", "value[2]")]]


def test_an_item_that_the_type_does_not_hold(database: Database, source: Source) -> None:
    database.table("value float8[]", "'{1,2}'", "NULL", "'{}'", "'{1,NaN}'", "'{3}'")

    found = read_whole(source, of_type(Array(Field(name="element", type=Float(64)))))

    assert [row["value"] for row in found.rows] == [[1.0, 2.0], None, [], [3.0]]
    assert found.reasons == [[("type", "value[2]")]]
    assert found.rejects[0].line == 4


@pytest.mark.parametrize(
    "case",
    [
        (Field(name="value", type=Text(), required=True), "a", None, "required"),
        (Field(name="value", type=Text(), max_length=3), "🙂🙂🙂", "abcd", "length"),
        (Field(name="value", type=Text(max_length=3)), "abc", "abcd", "length"),
        (Field(name="value", type=Text(), min_length=2), "🙂🙂", "🙂", "length"),
        (Field(name="value", type=Text(), pattern="^[A-Z]{2}\\z"), "DE", "de", "pattern"),
        (Field(name="value", type=Text(), allowed=("a", "b")), "b", "c", "allowed"),
    ],
    ids=["required", "longest", "width", "shortest", "pattern", "allowed"],
)
def test_a_text_that_breaks_a_rule(
    case: tuple[Field, str, str | None, str], database: Database, source: Source
) -> None:
    field, good, bad, code = case
    database.table("value text", [good], [bad], [good])

    found = read_whole(source, contract(field))

    assert found.rows == [{"value": good}] * 2
    assert found.reasons == [[(code, "value")]]


def test_a_number_out_of_range(database: Database, source: Source) -> None:
    database.table("value numeric(6,2)", "0", "-0.01", "100", "100.01")
    wanted = of_type(Decimal(6, 2), minimum=Exact(0), maximum=Exact(100))

    found = read_whole(source, wanted)

    assert [row["value"] for row in found.rows] == [Exact(0), Exact(100)]
    assert found.reasons == [[("range", "value")]] * 2


def test_a_rule_over_two_columns(database: Database, source: Source) -> None:
    database.table(
        "began date, ended date", "'2024-01-01', NULL", "'2024-01-02', '2024-01-01'", "'2024-01-01', '2024-01-01'"
    )
    query = "SELECT COUNT(*) FROM ${object} WHERE ended < began"
    rule = Check(metric=Metric.SQL, name="in order", query=query, at_least=Exact(0), at_most=Exact(0))
    wanted = contract(Field(name="began", type=Date()), Field(name="ended", type=Date()), checks=(rule,))

    found = read_whole(source, wanted)

    assert len(found.rows) == 2
    assert found.reasons == [[("sql", "in order")]]


def test_a_row_says_all_that_it_breaks_and_each_once(database: Database, source: Source) -> None:
    database.table("value date, name text, amount numeric", "'infinity', 'long', 'NaN'")
    wanted = contract(
        Field(name="value", type=Date(), required=True, minimum=date(2000, 1, 1)),
        Field(name="name", type=Text(), max_length=3),
        Field(name="amount", type=Decimal(6, 2), required=True),
    )

    found = read_whole(source, wanted)

    assert found.reasons == [[("type", "value"), ("type", "amount"), ("length", "name")]]


def test_a_reject_can_be_written_as_json(database: Database, source: Source) -> None:
    database.table("value float8, raw bytea, tags text[]", r"'NaN', '\x00', '{a}'")
    wanted = contract(
        Field(name="value", type=Float(64)),
        Field(name="raw", type=Text()),
        Field(name="tags", type=Array(Field(name="element", type=Text()))),
    )

    [reject] = read_whole(source, wanted).rejects

    assert reject.raw == {"value": "nan", "raw": "\\x00", "tags": ["a"]}
    written = msgspec.json.encode(Reject("things", "run", {}, "a table", reject.line, reject.problems, reject.raw))
    assert msgspec.json.decode(written)["record"] == reject.raw


def test_a_rule_on_other_rows_cannot_reject_a_row(database: Database, source: Source) -> None:
    database.table("value integer", "1")
    unique = Check(
        metric=Metric.DUPLICATES, columns=("value",), at_least=Exact(0), at_most=Exact(0), severity=Severity.REJECT
    )

    with pytest.raises(ContractError, match="severity error"):
        read_whole(source, contract(Field(name="value", type=Integer(32)), checks=(unique,)))


def test_text_of_a_database_without_an_encoding(database: Database, address: str) -> None:
    database.run("DROP DATABASE IF EXISTS bytes")
    database.run("CREATE DATABASE bytes ENCODING SQL_ASCII TEMPLATE template0 LOCALE 'C'")
    with psycopg.connect(address, dbname="bytes", autocommit=True) as connection:
        connection.execute("CREATE TABLE public.things (value text)")
        connection.execute("INSERT INTO public.things VALUES ('Ann'), (E'Jos\\xe9'), (E'Jos\\xc3\\xa9')")
    with opened(address, dbname="bytes") as source:
        found = read_whole(source, contract(Field(name="value", type=Text()), table="things"))

    assert [row["value"] for row in found.rows] == ["Ann", "José"]
    assert found.reasons == [[("encoding", "value")]]
    assert found.rejects[0].raw == {"value": {"$binary": "Sm9z6Q=="}}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=st.lists(st.booleans(), max_size=40), batch_rows=st.integers(1, 50))
def test_rows_around_rejects_keep_their_order_and_their_lines(
    bad: list[bool], batch_rows: int, database: Database, source: Source
) -> None:
    database.run("DROP TABLE IF EXISTS own.things")
    database.table("id integer, value text", *((number, "x" if wrong else "a") for number, wrong in enumerate(bad)))
    wanted = contract(
        Field(name="id", type=Integer(32), key_position=1), Field(name="value", type=Text(), allowed=("a",))
    )

    found = read_whole(source, wanted, batch_rows=batch_rows)

    assert [row["id"] for row in found.rows] == [number for number, wrong in enumerate(bad) if not wrong]
    assert [one.line - 1 for one in found.rejects] == [number for number, wrong in enumerate(bad) if wrong]
    assert found.batches == -(-len(bad) // batch_rows)
