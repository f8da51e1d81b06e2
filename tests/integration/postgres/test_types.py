"""Every type of PostgreSQL that a contract can take, with its corners: the same value, or a reject that says why."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.contracts.model import Field
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.extract.postgres import Source
from etl.values.json_values import describe
from tests.integration.postgres.database import Database, contract, of_type, read_whole

ID = "7d5b3c1e-2f4a-4c1b-9c55-0e8a1f0b6d21"


@dataclass(frozen=True)
class Case:
    """Values of a column, as SQL, and what is read of them."""

    column: str
    type: Type
    values: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.column} as {describe(self.type)}"


def _of(item: Type) -> Array:
    return Array(Field(name="element", type=item))


# "Data Types" of PostgreSQL's documentation: the limits of each, and how its output functions write it.
CASES = [
    Case("boolean", Boolean(), {"true": True, "false": False}),
    Case("smallint", Integer(16), {"-32768": -32768, "32767": 32767}),
    Case("smallint", Integer(64), {"-32768": -32768}),
    Case("integer", Integer(32), {"-2147483648": -2147483648, "2147483647": 2147483647}),
    Case("integer", Integer(64), {"2147483647": 2147483647}),
    Case("bigint", Integer(64), {"-9223372036854775808": -(2**63), "9223372036854775807": 2**63 - 1}),
    Case("real", Float(32), {"1.5": 1.5, "'-0'": -0.0, "3.4028234e38": 3.4028234663852886e38, "1e-45": 2.0**-149}),
    Case("real", Float(64), {"0.1": 0.10000000149011612}),
    Case(
        "double precision",
        Float(64),
        {"0.1": 0.1, "'5e-324'": 5e-324, "1.7976931348623157e308": 1.7976931348623157e308},
    ),
    Case(
        "numeric(12,2)",
        Decimal(12, 2),
        {"1.10": Exact("1.10"), "-9999999999.99": Exact("-9999999999.99"), "0": Exact("0.00")},
    ),
    Case("numeric(12,2)", Decimal(14, 4), {"1.10": Exact("1.1000")}),
    Case("numeric(2,4)", Decimal(4, 4), {"0.0012": Exact("0.0012")}),
    Case("numeric(38,10)", Decimal(38, 10), {"-" + "9" * 28 + "." + "9" * 10: Exact("-" + "9" * 28 + "." + "9" * 10)}),
    Case("numeric(18,0)", Decimal(18, 0), {"9" * 18: Exact("9" * 18), "-1": Exact(-1)}),
    Case("numeric", Decimal(10, 2), {"1.5": Exact("1.50"), "1.500000": Exact("1.50"), "1e3": Exact("1000.00")}),
    Case("numeric", Text(), {"1.10": "1.10", "1e-20": "0.00000000000000000001", "'NaN'": "NaN"}),
    Case(
        "text",
        Text(),
        {"''": "", "'naïve 🙂'": "naïve 🙂", r"E'a\n\t\\'": "a\n\t\\", "repeat('x', 3000000)": "x" * 3_000_000},
    ),
    Case("varchar(3)", Text(), {"'abc'": "abc", "'a  '": "a  "}),
    Case("char(5)", Text(), {"'ab'": "ab   "}),
    Case('"char"', Text(), {"'q'": "q"}),
    Case("name", Text(), {"'somebody'": "somebody"}),
    Case(
        "uuid",
        Uuid(),
        {f"'{ID.upper()}'": ID, "'00000000-0000-0000-0000-000000000000'": "0" * 8 + "-0000" * 3 + "-" + "0" * 12},
    ),
    Case("date", Date(), {"'0001-01-01'": date.min, "'9999-12-31'": date.max, "'1969-12-31'": date(1969, 12, 31)}),
    Case(
        "timestamptz",
        Timestamp(),
        {
            "'0001-01-01 00:00:00+00'": datetime(1, 1, 1, tzinfo=UTC),
            "'9999-12-31 23:59:59.999999+00'": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            "'2024-03-31 03:30:00+02'": datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
        },
    ),
    Case("timestamptz(0)", Timestamp(), {"'2024-12-22 10:00:00.6+00'": datetime(2024, 12, 22, 10, 0, 1, tzinfo=UTC)}),
    Case(
        "timestamp",
        Timestamp(zoned=False),
        {"'2024-03-31 02:30:00.000001'": datetime.fromisoformat("2024-03-31 02:30:00.000001")},
    ),
    Case(
        "jsonb",
        Json(),
        # As PostgreSQL prints it: keys by length and then by bytes, the last of equal keys, and numbers as written.
        {
            """'{"bb": 1.10, "a": [null, true], "bb": 1.20}'""": '{"a": [null, true], "bb": 1.20}',
            "'12345678901234567890.10'": "12345678901234567890.10",
        },
    ),
    Case("json", Json(), {"""'{"b" :  1.10, "a":1e400}'""": '{"b" :  1.10, "a":1e400}', "' null '": " null "}),
    Case("jsonb", Json(), {"'null'": "null"}),
    Case("jsonb", Json(only_objects=True), {"""'{"a": 1}'""": '{"a": 1}'}),
    Case("text[]", _of(Text()), {"'{}'": [], "ARRAY['a', NULL, '{']": ["a", None, "{"]}),
    Case("varchar(5)[]", _of(Text()), {"'{a,\"b \"}'": ["a", "b "]}),
    Case("integer[]", _of(Integer(64)), {"'{1,NULL,-3}'": [1, None, -3]}),
    Case("uuid[]", _of(Uuid()), {f"'{{{ID},{ID}}}'": [ID, ID]}),
    Case("numeric(6,2)[]", _of(Decimal(6, 2)), {"'{1.5,NULL}'": [Exact("1.50"), None]}),
    Case("timestamptz[]", _of(Timestamp()), {"'{2024-12-22 00:00:00+01}'": [datetime(2024, 12, 21, 23, tzinfo=UTC)]}),
    Case("jsonb[]", _of(Json()), {"""ARRAY['{"a": 1.0}'::jsonb]""": ['{"a": 1.0}']}),
    Case("jsonb", _of(Integer(32)), {"'[1, null, 3]'": [1, None, 3]}),
    Case(
        "jsonb",
        Struct((Field(name="a", type=Decimal(6, 2)), Field(name="b", type=Text()))),
        {"""'{"a": 1.5, "more": 1}'""": {"a": Exact("1.50"), "b": None}},
    ),
    # Types that no contract has: as PostgreSQL writes them.
    Case("bytea", Text(), {r"'\x00ff'": r"\x00ff"}),
    Case("interval", Text(), {"'1 year 2 days 03:04:05.6'": "P1Y2DT3H4M5.6S"}),
    Case("time", Text(), {"'24:00:00'": "24:00:00"}),
    Case("timetz", Text(), {"'10:00:00+05:45'": "10:00:00+05:45"}),
    Case("inet", Text(), {"'10.0.0.1/8'": "10.0.0.1/8", "'10.0.0.1'": "10.0.0.1", "'::1'": "::1"}),
    Case("cidr", Text(), {"'10.0.0.0/8'": "10.0.0.0/8"}),
    Case("macaddr", Text(), {"'08-00-2b-01-02-03'": "08:00:2b:01:02:03"}),
    Case("int4range", Text(), {"'[1,5]'": "[1,6)"}),
    Case("point", Text(), {"'(1,2.5)'": "(1,2.5)"}),
    Case("bit varying(8)", Text(), {"B'101'": "101"}),
    Case("tsvector", Text(), {"'a:1 b:2'": "'a':1 'b':2"}),
]


def exactly(values: list[Any]) -> str:
    """Values as text, in which minus zero, and the zeros at the end of a decimal, count."""
    return repr(values).replace("zoneinfo.ZoneInfo(key='UTC')", "datetime.timezone.utc")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_is_read_as_it_is(case: Case, database: Database, source: Source) -> None:
    database.table(f"value {case.column}", *case.values, "NULL")

    found = read_whole(source, of_type(case.type))

    assert found.rejects == []
    assert exactly([row["value"] for row in found.rows]) == exactly([*case.values.values(), None])


def test_an_enum_is_its_label_also_in_an_array(database: Database, source: Source) -> None:
    database.run("CREATE TYPE own.mood AS ENUM ('sad', 'very happy')")
    database.table("value own.mood, all_of own.mood[]", "'very happy', '{sad,NULL}'")
    labels = _of(Text())

    found = read_whole(source, contract(Field(name="value", type=Text()), Field(name="all_of", type=labels)))

    assert found.rows == [{"value": "very happy", "all_of": ["sad", None]}]


def test_a_domain_is_what_it_is_made_of(database: Database, source: Source) -> None:
    database.run("CREATE DOMAIN own.money AS numeric(10,2) CHECK (VALUE > 0); CREATE DOMAIN own.price AS own.money")
    database.table("value own.price", "9.90")

    assert read_whole(source, of_type(Decimal(10, 2))).rows == [{"value": Exact("9.90")}]


def test_a_composite_is_a_struct(database: Database, source: Source) -> None:
    database.run("CREATE TYPE own.place AS (city text, at timestamptz, price numeric)")
    database.table("value own.place, many own.place[]", "('Rome', '2024-12-22 00:00:00+00', 1.50), NULL")
    place = Struct(
        (Field(name="city", type=Text()), Field(name="at", type=Timestamp()), Field(name="price", type=Decimal(8, 2)))
    )
    many = _of(place)

    found = read_whole(source, contract(Field(name="value", type=place), Field(name="many", type=many)))

    value = {"city": "Rome", "at": datetime(2024, 12, 22, tzinfo=UTC), "price": Exact("1.50")}
    assert found.rows == [{"value": value, "many": None}]


def _without_fold(instant: datetime) -> datetime:
    return instant.replace(fold=0)


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_ROWS = st.tuples(
    st.none() | st.uuids().map(str),
    st.none() | _TEXTS,
    st.none() | st.decimals(-(10**8), 10**8, places=3, allow_nan=False, allow_infinity=False),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.booleans(),
    st.none() | st.dates(),
    st.none() | st.datetimes(timezones=st.just(UTC)).map(_without_fold),
    st.none() | st.datetimes().map(_without_fold),
    st.none() | st.lists(st.none() | _TEXTS, max_size=3),
)
_NAMES = ("id", "text", "amount", "number", "ratio", "flag", "day", "at", "local", "tags")
_TYPES: tuple[Type, ...] = (
    Uuid(),
    Text(),
    Decimal(12, 3),
    Integer(64),
    Float(64),
    Boolean(),
    Date(),
    Timestamp(),
    Timestamp(zoned=False),
    _of(Text()),
)
_MIXED = contract(*(Field(name=name, type=type_) for name, type_ in zip(_NAMES, _TYPES, strict=True)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_ROWS, max_size=12))
def test_any_rows_come_back(rows: list[tuple[Any, ...]], database: Database, source: Source) -> None:
    database.run("DROP TABLE IF EXISTS own.things")
    database.table(
        "id uuid, text text, amount numeric(12,3), number bigint, ratio float8, flag boolean, day date, at timestamptz,"
        " local timestamp, tags text[]",
        *rows,
    )

    found = read_whole(source, _MIXED)

    assert found.rejects == []
    assert exactly([tuple(row.values()) for row in found.rows]) == exactly(rows)
