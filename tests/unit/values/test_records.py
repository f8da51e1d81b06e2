"""Records against a contract: every rule, its reason code, and what each type takes."""

from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from typing import Any

import pytest

from etl.contracts import Contract, Field
from etl.contracts.model import Check, Freshness, Metric, Relationship, Severity
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
from etl.values.records import Problem, RecordValidator

DIGITS_38 = "12345678901234567890123456789012345678"
TEXT, NUMBER, UUID = Text(), Number(), "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def of(*fields: Field, **rules: Any) -> Contract:
    return Contract(id="c", version="1", dataset="d", fields=fields, **rules)


def problems(field: Field, value: object, **rules: Any) -> list[Problem]:
    return RecordValidator(of(field, **rules)).problems({field.name: value})


def a(type_: Type, **rules: Any) -> Field:
    return Field(name="a", type=type_, **rules)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Text(), ""),
        (Uuid(), UUID),
        (Uuid(), UUID.upper()),
        (Json(), [1, {}]),
        (Json(), "text"),
        (Json(only_objects=True), {}),
        (Number(), 1),
        (Number(), Exact("1.5")),
        (Number(), Exact("1E+125")),
        (Integer(), 2**63 - 1),
        (Integer(), Exact("1.000")),
        (Integer(16), -32768),
        (Decimal(5, 2), Exact("-999.99")),
        (Decimal(5, 2), Exact("1.500000")),
        (Decimal(5, 2), Exact("1E+2")),
        (Decimal(2, 2), Exact("0.99")),
        (Decimal(38, 0), Exact(DIGITS_38)),
        (Decimal(1, 0), 0),
        (Decimal(1, 0), Exact("0E+9")),
        (Float(), Exact("0.1")),
        (Float(), 10**308),
        (Float(32), Exact("3.4e38")),
        (Boolean(), False),
        (Timestamp(), "2018-02-01T10:00:00.123456000+02:00"),
        (Timestamp(), "2018-02-01"),
        (Timestamp(zoned=False), "2018-02-01 10:00"),
        (Timestamp(zoned=False), "2018-02-01"),
        (Date(), "2018-02-01"),
        (Struct(()), {}),
        (Array(Field(name="element", type=Text())), []),
    ],
)
def test_a_value_of_its_type_is_good(type_: Type, value: object) -> None:
    assert problems(a(type_), value) == []


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (Text(), 1, "text"),
        (Text(), "half a pair: \ud83d", "text"),
        (Uuid(), UUID[:-1], "UUID"),
        (Uuid(), f"{{{UUID}}}", "UUID"),
        (Json(only_objects=True), [], "JSON object"),
        (Number(), "1", "number"),
        (Number(), True, "number"),
        (Number(), Exact("NaN"), "number"),
        (Number(), Exact("Infinity"), "number"),
        (Integer(), Exact("sNaN"), "integer of 64 bits"),
        (Number(), 1.5, "number"),
        (Integer(), Exact("1.5"), "integer of 64 bits"),
        (Integer(), 2**63, "integer of 64 bits"),
        (Integer(), Exact("1E+999999"), "integer of 64 bits"),
        (Integer(16), 32768, "integer of 16 bits"),
        (Integer(), Exact("1E-130"), "integer of 64 bits"),
        (Integer(), True, "integer of 64 bits"),
        (Integer(), "1", "integer of 64 bits"),
        (Decimal(5, 2), Exact("0.001"), "decimal(5,2)"),
        (Decimal(5, 2), 1000, "decimal(5,2)"),
        (Decimal(2, 2), 1, "decimal(2,2)"),
        (Decimal(38, 0), Exact(f"{DIGITS_38}0"), "decimal(38,0)"),
        (Float(), 10**309, "number of 64 bits, not NaN or infinite"),
        (Float(32), Exact("3.5e38"), "number of 32 bits, not NaN or infinite"),
        (Boolean(), 0, "boolean"),
        (Boolean(), "true", "boolean"),
        (Timestamp(), "2018-02-30", "timestamp"),
        (Timestamp(), "2018-02-01T10:00:00.1234567Z", "timestamp"),
        (Timestamp(), 1517443200, "timestamp"),
        (Timestamp(zoned=False), "2018-02-01T10:00:00Z", "timestamp without zone"),
        (Timestamp(zoned=False), "2018-02-01T10:00:00-01:00", "timestamp without zone"),
        (Date(), "2018-02-01T00:00:00Z", "date"),
        (Date(), "2018-02-30", "date"),
        (Date(), "20180201", "date"),
        (Date(), 20180201, "date"),
        (Struct(()), [], "object"),
        (Array(Field(name="element", type=Text())), {}, "array"),
    ],
)
def test_a_value_of_another_type_is_rejected(type_: Type, value: object, expected: str) -> None:
    assert problems(a(type_), value) == [Problem("type", "a", expected)]


DAY, INSTANT = date(2018, 2, 1), datetime(2018, 2, 1, 10, tzinfo=UTC)
RULES: list[tuple[Field, Any, Any, Problem]] = [
    (a(TEXT, min_length=2), "ab", "b", Problem("length", "a", "at least 2")),
    (a(TEXT, max_length=2), "😀é", "abc", Problem("length", "a", "at most 2")),
    (a(TEXT, pattern=r"^[a-z]+\z"), "abc", "aBc", Problem("pattern", "a", r"^[a-z]+\z")),
    (a(TEXT, pattern=r"^a\z"), "a", "a\n", Problem("pattern", "a", r"^a\z")),
    (a(TEXT, pattern="b"), "abc", "xyz", Problem("pattern", "a", "b")),
    (a(TEXT), "\x01", "a\0b", Problem("nul", "a", "text without the character NUL")),
    (a(NUMBER, minimum=Exact("0.1")), Exact("0.1"), 0, Problem("range", "a", ">= 0.1")),
    (a(NUMBER, maximum=Exact(1)), 1, Exact("1.01"), Problem("range", "a", "<= 1")),
    (a(NUMBER, exclusive_minimum=Exact(0)), Exact("1E-130"), 0, Problem("range", "a", "> 0")),
    (a(NUMBER, exclusive_maximum=Exact(1)), 0, Exact("1.0"), Problem("range", "a", "< 1")),
    (a(Date(), minimum=DAY), "2018-02-01", "2018-01-31", Problem("range", "a", ">= 2018-02-01")),
    (
        a(Timestamp(), maximum=INSTANT),
        "2018-02-01T11:00:00+01:00",
        "2018-02-01T10:00:00.000001",
        Problem("range", "a", "<= 2018-02-01 10:00:00+00:00"),
    ),
    (
        a(Timestamp(zoned=False), exclusive_maximum=INSTANT.replace(tzinfo=None)),
        "2018-02-01T09:59",
        "2018-02-01T10:00",
        Problem("range", "a", "< 2018-02-01 10:00:00"),
    ),
    (a(TEXT, allowed=("x", "y")), "y", "Y", Problem("allowed", "a", "one of x, y")),
    (a(NUMBER, allowed=(1, Exact("2.5"))), Exact("1.0"), 2, Problem("allowed", "a", "one of 1, 2.5")),
]


@pytest.mark.parametrize(("field", "good"), [(field, good) for field, good, _, _ in RULES])
def test_a_value_that_keeps_a_rule_is_good(field: Field, good: object) -> None:
    assert problems(field, good) == []


@pytest.mark.parametrize(("field", "bad", "problem"), [(field, bad, problem) for field, _, bad, problem in RULES])
def test_a_value_that_breaks_a_rule_is_rejected_with_its_code(field: Field, bad: object, problem: Problem) -> None:
    assert problems(field, bad) == [problem]


def declared(metric: Metric, **rules: Any) -> Check:
    return Check(metric=metric, columns=("a",), at_least=Exact(0), at_most=Exact(0), **rules)


@pytest.mark.parametrize(
    ("check", "value", "found"),
    [
        (declared(Metric.NULLS), None, Problem("required", "a", "a value")),
        (declared(Metric.MISSING, missing=(None, "", "N/A")), None, Problem("missing", "a", "a value")),
        (declared(Metric.MISSING, missing=(None, "", "N/A")), "", Problem("missing", "a", "a value, not '' or 'N/A'")),
        (declared(Metric.INVALID, pattern="x"), "y", Problem("pattern", "a", "x")),
        (declared(Metric.INVALID, allowed=("x",)), "y", Problem("allowed", "a", "one of x")),
    ],
)
def test_a_declared_rule_on_rows_rejects_too(check: Check, value: object, found: Problem) -> None:
    assert problems(a(TEXT), value, checks=(check,)) == [found]
    assert problems(a(TEXT), "x", checks=(check,)) == []


@pytest.mark.parametrize(
    ("contract", "rule"),
    [
        (of(a(TEXT, unique=True)), "unique on a"),
        (of(a(TEXT), relationships=(Relationship(columns=("a",), to_dataset="b", to_columns=("c",)),)), "relationship"),
        (of(a(TEXT), checks=(Check(metric=Metric.SQL, name="later", query="SELECT 1", at_most=Exact(0)),)), "later"),
        (of(a(TEXT), checks=(declared(Metric.NULLS, severity=Severity.WARNING),)), "nullValues of a"),
        (of(a(TEXT), checks=(Check(metric=Metric.NULLS, columns=("a",), at_most=Exact(5)),)), "nullValues of a"),
        (of(a(Date()), freshness=Freshness(column="a", at_most=INSTANT - INSTANT)), "freshness"),
    ],
)
def test_a_rule_that_nobody_would_check_is_refused(contract: Contract, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        RecordValidator(contract)


def test_a_range_tells_numbers_apart_in_the_38th_digit() -> None:
    bound = Exact(DIGITS_38)

    assert problems(a(NUMBER, maximum=bound), bound) == []
    assert problems(a(NUMBER, maximum=bound), int(bound) + 1) != []


def test_every_broken_rule_is_reported_in_the_contracts_order() -> None:
    contract = of(
        a(TEXT, min_length=5, pattern="^x", allowed=("xxxxx",)),
        Field(name="b", type=NUMBER, required=True),
        Field(name="c", type=Boolean()),
    )

    found = RecordValidator(contract).problems({"c": 1, "a": "abc"})

    assert [(problem.field, problem.code) for problem in found] == [
        ("a", "length"),
        ("a", "pattern"),
        ("a", "allowed"),
        ("b", "required"),
        ("c", "type"),
    ]


def test_fields_inside_are_named_by_their_path() -> None:
    city = Field(name="city", type=Text(), required=True)
    point = Field(name="element", type=Struct((Field(name="x", type=Integer(), required=True),)), required=True)
    address = Field(name="address", type=Struct((city, Field(name="points", type=Array(point)))))

    found = RecordValidator(of(address)).problems({"address": {"points": [{"x": 1}, {"x": "1"}, None, {}]}})

    assert [(problem.field, problem.code) for problem in found] == [
        ("address.city", "required"),
        ("address.points[2].x", "type"),
        ("address.points[3]", "required"),
        ("address.points[4].x", "required"),
    ]


def test_a_value_of_the_wrong_type_is_not_checked_further() -> None:
    field = a(TEXT, min_length=2, pattern="^x", allowed=("xx",))

    assert [problem.code for problem in problems(field, 7)] == ["type"]


@pytest.mark.parametrize("record", [{}, {"a": None}])
def test_a_null_is_as_good_as_absent(record: dict[str, object]) -> None:
    assert RecordValidator(of(a(TEXT, required=True))).problems(record) == [Problem("required", "a", "a value")]
    assert RecordValidator(of(a(TEXT, min_length=1))).problems(record) == []


def test_computed_fields_and_undeclared_ones_are_not_looked_at() -> None:
    contract = of(a(Date(), required=True, computed="from another"))

    assert RecordValidator(contract).problems({"a": 7, "undeclared": object()}) == []
