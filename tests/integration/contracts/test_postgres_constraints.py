"""What a table of PostgreSQL takes and refuses: the server's own verdicts on rows that keep or break the contract."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal as Digits
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import errors

from etl.contracts.arrow import arrow_schema
from etl.contracts.ddl import ddl
from etl.contracts.ddl.names import quoted
from etl.contracts.ddl.postgres_checks import constraints
from etl.contracts.model import Check, Contract, Field, Metric, Relationship
from etl.contracts.patterns import portable, python_pattern
from etl.contracts.types import (
    Array,
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
from etl.quality.rules import rules_of


def _contract(*fields: Field, **changes: Any) -> Contract:
    return Contract(id="a-contract", version="1.0.0", dataset="events", fields=fields, **changes)


def _make(connection: psycopg.Connection[Any], contract: Contract) -> None:
    connection.execute(ddl(contract, "postgres"))


def _insert(connection: psycopg.Connection[Any], *values: str | None) -> None:
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"INSERT INTO events VALUES ({marks})", values)  # noqa: S608


def _field(type_: Type, **rules: Any) -> Field:
    return Field(name='a "value"', type=type_, **rules)


def _array(type_: Type, *, required: bool = False) -> Array:
    return Array(Field(name="element", type=type_, required=required))


_SCALARS = (Text, Uuid, Integer, Decimal, Float, Date, Timestamp)

KEPT = [
    (_field(Text(3)), "äöü"),
    (_field(Text(3)), "😀😀😀"),
    (_field(Text(), min_length=2, max_length=3), "ab"),
    (_field(Text(), pattern=portable(r"^\d+$")), "12"),
    (_field(Text(), allowed=("it's", "\\")), "\\"),
    (_field(Uuid(), allowed=("5d8ae8a4-0d1c-4d4a-9c4f-2f1c9a9b7a10",)), "5D8AE8A4-0D1C-4D4A-9C4F-2F1C9A9B7A10"),
    (_field(Integer(16)), "-32768"),
    (_field(Integer(), maximum=Digits("0.5")), "0"),
    (_field(Number(), minimum=Digits("1E-40")), "1e-40"),
    (
        _field(Decimal(38, 9), maximum=Digits("12345678901234567890123456789.123456789")),
        "12345678901234567890123456789",
    ),
    (_field(Decimal(5, 2), allowed=(Digits("1.10"), 2)), "1.1"),
    (_field(Float(), maximum=Digits("0.1")), "0.1"),
    (_field(Float(32), maximum=Digits("0.1")), "0.1"),
    (_field(Float(32), minimum=Digits("0.1")), "0.1"),
    (_field(Float(32), allowed=(Digits("0.1"),)), "0.1"),
    (_field(Float(), maximum=Digits("1e400"), minimum=Digits("-1e400")), "1.7976931348623157e308"),
    (_field(Float(32), maximum=Digits("1e39"), exclusive_minimum=Digits("1e-60")), "1"),
    (_field(Date()), "0001-01-01"),
    (_field(Date()), "9999-12-31"),
    (_field(Date(), minimum=date(2018, 2, 1)), "2018-02-01"),
    (_field(Timestamp()), "0001-01-01 00:00:00+00"),
    (_field(Timestamp()), "9999-12-31 23:59:59.999999+00"),
    (_field(Timestamp(), minimum=datetime(2018, 2, 1, tzinfo=UTC)), "2018-02-01T05:45:00+05:45"),
    (_field(Timestamp(zoned=False)), "9999-12-31 23:59:59.999999"),
    (_field(Timestamp(zoned=False), maximum=datetime(2018, 2, 1)), "2018-02-01"),  # noqa: DTZ001
    (_field(Json()), "[]"),
    (_field(Json(only_objects=True)), '{"a": 1}'),
    (_field(Struct((Field(name="a", type=Text()),))), '{"a": "b"}'),
    (_field(_array(Struct((Field(name="a", type=Text()),)))), '[{"a": "b"}]'),
    (_field(_array(Text(), required=True)), "{}"),
    (_field(_array(Text())), "{a,NULL}"),
    (_field(_array(Float())), "{1,NULL,-1.5}"),
    (_field(_array(Date())), "{0001-01-01,9999-12-31}"),
]

BROKEN = [
    (_field(Text(3)), "abcd", "length"),
    (_field(Text(3)), "abc ", "length"),
    (_field(Text(9), max_length=3), "abcd", "length"),
    (_field(Text(), min_length=1), "", "length"),
    (_field(Text(), pattern=portable(r"^\d+$")), "12\n", "pattern"),
    (_field(Text(), pattern=portable(r"^\d+$")), "١٢", "pattern"),
    (_field(Text(), allowed=("a", "b")), "A", "allowed"),
    (_field(Text(), allowed=()), "", "allowed"),
    (_field(Integer(), minimum=Digits("0.5")), "0", "range"),
    (_field(Integer(), allowed=("1", 2)), "1", "allowed"),
    (_field(Number()), "NaN", "type"),
    (_field(Number()), "Infinity", "type"),
    (_field(Number()), "-Infinity", "type"),
    (_field(Decimal(5, 2)), "NaN", "type"),
    (_field(Decimal(38, 0), exclusive_maximum=Digits(10) ** 37), "1" + "0" * 37, "range"),
    (_field(Float()), "NaN", "type"),
    (_field(Float()), "Infinity", "type"),
    (_field(Float(32)), "-Infinity", "type"),
    (_field(Float(), exclusive_minimum=Digits(0)), "-0", "range"),
    (_field(Float(32), exclusive_maximum=Digits("0.1")), "0.1", "range"),
    (_field(Float(), minimum=Digits("0.1")), "0.09999999999999999", "range"),
    (_field(Date()), "infinity", "type"),
    (_field(Date()), "0001-12-31 BC", "type"),
    (_field(Date()), "10000-01-01", "type"),
    (_field(Date(), exclusive_maximum=date(2018, 2, 1)), "2018-02-01", "range"),
    (_field(Timestamp()), "-infinity", "type"),
    (_field(Timestamp()), "10000-01-01 00:00:00+00", "type"),
    (_field(Timestamp(), minimum=datetime(2018, 2, 1, tzinfo=UTC)), "2018-02-01T05:44:59.999999+05:45", "range"),
    (_field(Timestamp(zoned=False)), "10000-01-01", "type"),
    (_field(Timestamp(zoned=False), maximum=datetime(2018, 2, 1)), "2018-02-01 00:00:00.000001", "range"),  # noqa: DTZ001
    (_field(Json(only_objects=True)), "[]", "type"),
    (_field(Struct((Field(name="a", type=Text()),))), "null", "type"),
    (_field(_array(Json())), "{}", "type"),
    (_field(_array(Text(), required=True)), "{a,NULL}", "type"),
    (_field(_array(Integer())), "{{1,2},{3,4}}", "type"),
    (_field(_array(Float())), "{1,NaN}", "type"),
    (_field(_array(Decimal(5, 2))), "{1,NaN}", "type"),
    (_field(_array(Timestamp())), "{infinity}", "type"),
]


@pytest.mark.parametrize(("field", "value"), KEPT)
def test_a_value_that_keeps_the_rules_is_taken(connection: psycopg.Connection[Any], field: Field, value: str) -> None:
    _make(connection, _contract(field))

    _insert(connection, value)


@pytest.mark.parametrize(("field", "value", "code"), BROKEN)
def test_a_value_that_breaks_a_rule_is_refused_by_its_name(
    connection: psycopg.Connection[Any], field: Field, value: str, code: str
) -> None:
    _make(connection, _contract(field))

    with pytest.raises(errors.CheckViolation) as refusal:
        _insert(connection, value)

    assert refusal.value.diag.constraint_name == f'a "value".{code}'


@pytest.mark.parametrize(
    ("field", "value", "broken"),
    [(field, value, []) for field, value in KEPT if isinstance(field.type, _SCALARS)]
    + [(field, value, [code]) for field, value, code in BROKEN if isinstance(field.type, _SCALARS) and code != "type"],
)
def test_the_rules_of_the_scorecard_have_the_same_verdict(field: Field, value: str, broken: list[str]) -> None:
    contract = _contract(field)
    (type_,) = duckdb.from_arrow(arrow_schema(contract).empty_table()).types

    with duckdb.connect() as database:
        database.execute("SET timezone = 'UTC'")
        database.execute(f"CREATE TABLE events AS SELECT CAST($1 AS {type_}) AS {quoted(field.name)}", [value])
        found = [
            rule.code
            for rule in rules_of(contract)
            if database.execute(f"SELECT {rule.failing('duckdb')} FROM events").fetchall() == [(True,)]  # noqa: S608
        ]

    assert found == broken


@pytest.mark.parametrize("field", {id(field): field for field, *_ in [*KEPT, *BROKEN]}.values())
def test_a_null_breaks_no_rule_but_required(connection: psycopg.Connection[Any], field: Field) -> None:
    _make(connection, _contract(field))

    _insert(connection, None)


@pytest.mark.parametrize("rules", [{"required": True}, {"key_position": 1}])
def test_a_null_is_refused_where_a_value_is_required(
    connection: psycopg.Connection[Any], rules: dict[str, Any]
) -> None:
    _make(connection, _contract(_field(Text(), **rules)))

    with pytest.raises(errors.NotNullViolation):
        _insert(connection, None)


@pytest.mark.parametrize(
    "contract",
    [
        _contract(Field(name="a", type=Text(), key_position=2), Field(name="b", type=Text(), key_position=1)),
        _contract(Field(name="a", type=Text(), unique=True), Field(name="b", type=Text())),
        _contract(
            Field(name="a", type=Text()),
            Field(name="b", type=Text()),
            checks=(Check(metric=Metric.DUPLICATES, columns=("a", "b"), at_most=Digits(0)),),
        ),
    ],
)
def test_a_key_is_taken_once(connection: psycopg.Connection[Any], contract: Contract) -> None:
    _make(connection, contract)
    _insert(connection, "a", "b")

    with pytest.raises(errors.UniqueViolation):
        _insert(connection, "a", "b")


def test_a_reference_has_to_be_there(connection: psycopg.Connection[Any]) -> None:
    relationship = Relationship(columns=("b",), to_dataset="events", to_columns=("a",))
    _make(
        connection,
        _contract(
            Field(name="a", type=Text(), key_position=1), Field(name="b", type=Text()), relationships=(relationship,)
        ),
    )
    _insert(connection, "a", "a")

    with pytest.raises(errors.ForeignKeyViolation):
        _insert(connection, "b", "c")


def test_a_declared_check_that_allows_nothing_is_a_constraint_with_its_name(
    connection: psycopg.Connection[Any],
) -> None:
    check = Check(metric=Metric.INVALID, columns=("a",), allowed=("x",), at_most=Digits(0), name="only x")
    _make(connection, _contract(Field(name="a", type=Text()), checks=(check,)))

    with pytest.raises(errors.CheckViolation) as refusal:
        _insert(connection, "y")

    assert refusal.value.diag.constraint_name == "only x"


def test_two_rules_of_one_name_are_both_kept(connection: psycopg.Connection[Any]) -> None:
    check = Check(metric=Metric.INVALID, columns=("a",), allowed=("x", "y"), at_most=Digits(0))
    _make(connection, _contract(Field(name="a", type=Text(), allowed=("x", "z")), checks=(check,)))

    for value in ("y", "z"):
        with pytest.raises(errors.CheckViolation), connection.transaction():
            _insert(connection, value)


def test_a_check_that_allows_some_failures_refuses_no_row(connection: psycopg.Connection[Any]) -> None:
    check = Check(metric=Metric.INVALID, columns=("a",), allowed=("x",), at_most=Digits(5))
    _make(connection, _contract(Field(name="a", type=Text()), checks=(check,)))

    _insert(connection, "y")


@pytest.mark.parametrize(
    ("contract", "rule"),
    [
        (_contract(Field(name="a\nb", type=Text(), pattern=portable("^[a-z]{2,256}$"))), "a\\nb.pattern"),
        (
            _contract(
                Field(name="a", type=Timestamp()),
                checks=(Check(metric=Metric.INVALID, columns=("a",), allowed=("2018-02-01",), at_most=Digits(0)),),
            ),
            "a.allowed",
        ),
    ],
)
def test_a_rule_that_postgres_cannot_check_is_named_in_the_script(
    connection: psycopg.Connection[Any], contract: Contract, rule: str
) -> None:
    assert f"-- not checked here: '{rule}'\nCREATE TABLE" in ddl(contract, "postgres")
    _make(connection, contract)


_FRAGMENTS = (
    "a b [a-c] . \\d \\s \\S \\w \\W (?:ab|c) (a|) a{2,3} b*? c? a+ ^ $ | # \\{ \\. [\\]\\-a] [\\\\^]"
    " \\x0b [\\x0ba] [^\\n] [^a] é 😀 [д-я]"
)
_SUBJECTS = "abcABC019_ \t\n\r\x0b\f\x85\xa0é😀дяЯ١.]-\\^|#{º"


@given(
    st.lists(st.sampled_from([*_FRAGMENTS.split(), " "]), min_size=1, max_size=5).map("".join),
    st.text(st.sampled_from(_SUBJECTS), max_size=8),
)
@example(r"^\d+$", "1\n")
@example(r"[\x0ba]", "º")
@example("(a|ab)(c|bcd)$", "abcd")
def test_a_pattern_means_the_same_in_postgres_as_in_python(postgres: str, pattern: str, subject: str) -> None:
    normal = None
    with suppress(ValueError):
        normal = portable(pattern)
    if normal is None:
        return
    found, _ = constraints(_contract(Field(name="a", type=Text(), pattern=normal)))

    with psycopg.connect(postgres) as connection:
        condition = found["a.pattern"].replace("%", "%%")
        row = connection.execute(f"SELECT {condition} FROM (SELECT %s::text AS a)", [subject]).fetchone()  # noqa: S608

    assert row == (python_pattern(normal).search(subject) is not None,)
