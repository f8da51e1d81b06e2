"""Records against a contract: every rule, its reason code, and what each type takes."""

from decimal import Decimal
from typing import Any

import pytest

from etl.contracts import Contract, Field, Problem, RecordValidator
from etl.contracts.model import LogicalType

DIGITS_38 = "12345678901234567890123456789012345678"


def problems(field: Field, value: object) -> list[Problem]:
    contract = Contract(id="c", version="1", dataset="d", fields=(field,))
    return RecordValidator(contract).problems({field.name: value})


def a(type_: LogicalType, **rules: Any) -> Field:
    return Field(name="a", type=type_, **rules)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (LogicalType.STRING, ""),
        (LogicalType.NUMBER, 1),
        (LogicalType.NUMBER, Decimal("1.5")),
        (LogicalType.INTEGER, 1),
        (LogicalType.INTEGER, 10**125),
        (LogicalType.INTEGER, Decimal("1.000")),
        (LogicalType.INTEGER, Decimal("1E+125")),
        (LogicalType.INTEGER, Decimal(DIGITS_38)),
        (LogicalType.BOOLEAN, False),
        (LogicalType.TIMESTAMP, "2018-02-01T10:00:00.123456789+02:00"),
        (LogicalType.TIMESTAMP, "2018-02-01"),
        (LogicalType.DATE, "2018-02-01"),
        (LogicalType.OBJECT, {}),
        (LogicalType.ARRAY, []),
    ],
)
def test_a_value_of_its_type_is_good(type_: LogicalType, value: object) -> None:
    assert problems(a(type_), value) == []


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (LogicalType.STRING, 1),
        (LogicalType.NUMBER, "1"),
        (LogicalType.NUMBER, True),
        (LogicalType.NUMBER, 1.5),
        (LogicalType.INTEGER, Decimal("1.5")),
        (LogicalType.INTEGER, Decimal(f"{DIGITS_38[:-1]}.5")),
        (LogicalType.INTEGER, Decimal("1E-130")),
        (LogicalType.INTEGER, True),
        (LogicalType.INTEGER, "1"),
        (LogicalType.BOOLEAN, 0),
        (LogicalType.BOOLEAN, "true"),
        (LogicalType.TIMESTAMP, "2018-02-30"),
        (LogicalType.TIMESTAMP, 1517443200),
        (LogicalType.DATE, "2018-02-01T00:00:00Z"),
        (LogicalType.DATE, "2018-02-30"),
        (LogicalType.DATE, 20180201),
        (LogicalType.OBJECT, []),
        (LogicalType.ARRAY, {}),
    ],
)
def test_a_value_of_another_type_is_rejected(type_: LogicalType, value: object) -> None:
    assert problems(a(type_), value) == [Problem("type", "a", str(type_))]


RULES = [
    (a(LogicalType.STRING, min_length=2), "ab", "b", Problem("length", "a", "at least 2")),
    (a(LogicalType.STRING, max_length=2), "😀é", "abc", Problem("length", "a", "at most 2")),
    (a(LogicalType.STRING, pattern="^[a-z]+$"), "abc", "aBc", Problem("pattern", "a", "^[a-z]+$")),
    (a(LogicalType.STRING, pattern="b"), "abc", "xyz", Problem("pattern", "a", "b")),
    (a(LogicalType.NUMBER, minimum=Decimal("0.1")), Decimal("0.1"), 0, Problem("range", "a", ">= 0.1")),
    (a(LogicalType.NUMBER, maximum=Decimal(1)), 1, Decimal("1.01"), Problem("range", "a", "<= 1")),
    (a(LogicalType.NUMBER, exclusive_minimum=Decimal(0)), Decimal("1E-130"), 0, Problem("range", "a", "> 0")),
    (a(LogicalType.NUMBER, exclusive_maximum=Decimal(1)), 0, Decimal("1.0"), Problem("range", "a", "< 1")),
    (a(LogicalType.STRING, allowed=("x", "y")), "y", "Y", Problem("allowed", "a", "one of x, y")),
    (a(LogicalType.NUMBER, allowed=(1, Decimal("2.5"))), Decimal("1.0"), 2, Problem("allowed", "a", "one of 1, 2.5")),
]


@pytest.mark.parametrize(("field", "good"), [(field, good) for field, good, _, _ in RULES])
def test_a_value_that_keeps_a_rule_is_good(field: Field, good: object) -> None:
    assert problems(field, good) == []


@pytest.mark.parametrize(("field", "bad", "problem"), [(field, bad, problem) for field, _, bad, problem in RULES])
def test_a_value_that_breaks_a_rule_is_rejected_with_its_code(field: Field, bad: object, problem: Problem) -> None:
    assert problems(field, bad) == [problem]


def test_a_range_tells_numbers_apart_in_the_38th_digit() -> None:
    bound = Decimal(DIGITS_38)

    assert problems(a(LogicalType.NUMBER, maximum=bound), bound) == []
    assert problems(a(LogicalType.NUMBER, maximum=bound), int(bound) + 1) != []


def test_every_broken_rule_is_reported_in_the_contracts_order() -> None:
    contract = Contract(
        id="c",
        version="1",
        dataset="d",
        fields=(
            a(LogicalType.STRING, min_length=5, pattern="^x", allowed=("xxxxx",)),
            Field(name="b", type=LogicalType.NUMBER, required=True),
            Field(name="c", type=LogicalType.BOOLEAN),
        ),
    )

    found = RecordValidator(contract).problems({"c": 1, "a": "abc"})

    assert [(problem.field, problem.code) for problem in found] == [
        ("a", "length"),
        ("a", "pattern"),
        ("a", "allowed"),
        ("b", "required"),
        ("c", "type"),
    ]


def test_a_value_of_the_wrong_type_is_not_checked_further() -> None:
    field = a(LogicalType.STRING, min_length=2, pattern="^x", allowed=("xx",))

    assert [problem.code for problem in problems(field, 7)] == ["type"]


@pytest.mark.parametrize("record", [{}, {"a": None}])
def test_a_null_is_as_good_as_absent(record: dict[str, object]) -> None:
    required = Contract(id="c", version="1", dataset="d", fields=(a(LogicalType.STRING, required=True),))
    optional = Contract(id="c", version="1", dataset="d", fields=(a(LogicalType.STRING, min_length=1),))

    assert RecordValidator(required).problems(record) == [Problem("required", "a", "a value")]
    assert RecordValidator(optional).problems(record) == []


def test_computed_fields_and_undeclared_ones_are_not_looked_at() -> None:
    computed = a(LogicalType.DATE, required=True, computed="from another")
    contract = Contract(id="c", version="1", dataset="d", fields=(computed,))

    assert RecordValidator(contract).problems({"a": 7, "undeclared": object()}) == []
