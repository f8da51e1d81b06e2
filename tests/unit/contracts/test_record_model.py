"""The pydantic model of a contract: the verdict of the record validator, and values in Python's types."""

from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from etl.contracts import Contract, Field, RecordValidator
from etl.contracts.model import Check, Metric
from etl.contracts.patterns import portable
from etl.contracts.record_model import record_model
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

DIGITS_38 = "123456789012345678901234567890123456.78"
UUID = "123E4567-e89b-12d3-a456-426614174000"


def contract(*fields: Field, checks: tuple[Check, ...] = ()) -> Contract:
    return Contract(id="c", version="1.0.0", dataset="d", fields=fields, checks=checks)


def a(type_: Type, **said: Any) -> Field:
    return Field(name="a", type=type_, **said)


def read(field: Field, value: object) -> Any:
    return record_model(contract(field))(**{field.name: value}).model_dump(by_alias=True)[field.name]


def errors(model: type[BaseModel], record: dict[str, Any]) -> list[tuple[str, tuple[int | str, ...]]]:
    with pytest.raises(ValidationError) as refused:
        model(**record)
    return [(error["type"], error["loc"]) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("type_", "value", "python"),
    [
        (Text(), "é😀", "é😀"),
        (Uuid(), UUID, UUID.lower()),
        (Boolean(), True, True),
        (Integer(), Exact("7.0"), 7),
        (Number(), 10**40, Exact(10**40)),
        (Decimal(38, 2), Exact(DIGITS_38), Exact(DIGITS_38)),
        (Float(), Exact("0.1"), 0.1),
        (Date(), "2018-02-01", date(2018, 2, 1)),
        (Timestamp(), "2018-02-01T10:00+02:00", datetime(2018, 2, 1, 8, tzinfo=UTC)),
        (Timestamp(zoned=False), "2018-02-01 10:00", datetime(2018, 2, 1, 10)),  # noqa: DTZ001 -- without a zone
        (Json(), [1, {"x": None}], [1, {"x": None}]),
        (Array(Field(name="element", type=Integer())), [1, None], [1, None]),
        (Struct((Field(name="day", type=Date()),)), {"day": "2018-02-01"}, {"day": date(2018, 2, 1)}),
    ],
)
def test_a_value_comes_out_as_its_type_in_python(type_: Type, value: object, python: object) -> None:
    came = read(a(type_), value)

    assert came == python
    assert type(came) is type(python)


def test_what_is_required_has_to_be_there() -> None:
    model = record_model(contract(a(Text(), required=True)))

    assert errors(model, {"a": None}) == [("required", ("a",))]
    assert errors(model, {}) == [("missing", ("a",))]


def test_what_is_optional_is_none_when_it_is_not_there() -> None:
    assert record_model(contract(a(Text())))().model_dump() == {"a": None}


def test_a_field_that_is_not_declared_is_left_out_or_kept() -> None:
    record = {"a": "x", "other": 1}

    assert record_model(contract(a(Text())))(**record).model_dump() == {"a": "x"}
    assert record_model(contract(a(Text())), extra="allow")(**record).model_dump() == record


def test_computed_fields_are_not_asked_for() -> None:
    assert record_model(contract(a(Text(), computed="it", required=True)))().model_dump() == {}


@pytest.mark.parametrize("name", ["order-id", "_id", "json", "model_dump", "class", "größe", "a b", "copy"])
def test_any_name_will_do(name: str) -> None:
    field = Field(name=name, type=Integer(), required=True)

    assert record_model(contract(field))(**{name: 1}).model_dump(by_alias=True) == {name: 1}
    assert errors(record_model(contract(field)), {name: "x"}) == [("type", (name,))]


def test_a_problem_inside_is_named_by_its_place() -> None:
    line = Struct((Field(name="price", type=Decimal(5, 2), required=True),))
    model = record_model(contract(a(Array(Field(name="element", type=line, required=True)))))

    found = errors(model, {"a": [{"price": 1}, None, {"price": Exact("1.005")}]})

    assert found == [("required", ("a", 1)), ("type", ("a", 2, "price"))]


def test_the_json_schema_says_what_an_api_has_to_know() -> None:
    fields = (
        a(Text(), required=True, min_length=2, pattern=portable("^[A-Z]+$"), description="a code"),
        Field(name="n", type=Integer(), minimum=Exact(0), allowed=(1, 2)),
    )

    schema = record_model(contract(*fields)).model_json_schema()

    assert schema["required"] == ["a"]
    assert schema["properties"]["a"]["pattern"] == "^[A-Z]+$"
    assert schema["properties"]["a"]["minLength"] == 2
    assert schema["properties"]["a"]["description"] == "a code"
    assert schema["properties"]["n"]["enum"] == [1, 2]


RULES: list[tuple[Type, dict[str, Any]]] = [
    (Text(), {"min_length": 1, "max_length": 3}),
    (Text(), {"pattern": portable("^[a-z]*$"), "required": True}),
    (Text(), {"allowed": ("x", "")}),
    (Uuid(), {}),
    (Json(), {"required": True}),
    (Json(only_objects=True), {}),
    (Boolean(), {"required": True}),
    (Integer(16), {"minimum": Exact(-5), "exclusive_maximum": Exact(40000)}),
    (Integer(64), {"allowed": (1, 2)}),
    (Number(), {"exclusive_minimum": Exact("0.1"), "maximum": Exact("1E+30")}),
    (Decimal(5, 2), {"maximum": Exact("99.99")}),
    (Decimal(38, 38), {}),
    (Float(32), {"minimum": Exact("0.1")}),
    (Float(64), {"maximum": Exact("0.1"), "allowed": (Exact("0.1"), 0)}),
    (Date(), {"minimum": date(2000, 1, 1)}),
    (Timestamp(), {"exclusive_maximum": datetime(2020, 1, 1, tzinfo=UTC)}),
    (Timestamp(zoned=False), {"minimum": datetime(2000, 1, 1)}),  # noqa: DTZ001 -- without a zone
]
FIELDS = [Field(name=f"f{index}", type=type_, **said) for index, (type_, said) in enumerate(RULES)]
NESTED = Struct((*FIELDS[:4], Field(name="more", type=Array(Field(name="element", type=Integer(16), required=True)))))
EVERYTHING = contract(
    *FIELDS,
    Field(name="struct", type=NESTED),
    Field(name="structs", type=Array(Field(name="element", type=Struct((FIELDS[7], FIELDS[1]))))),
    Field(name="checked", type=Text()),
    checks=(
        Check(metric=Metric.NULLS, columns=("checked",), at_most=Exact(0)),
        Check(metric=Metric.MISSING, columns=("checked",), missing=("N/A", ""), at_most=Exact(0)),
        Check(metric=Metric.INVALID, columns=("checked",), pattern=portable("[a-z]"), at_most=Exact(0)),
    ),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["", "x", "abc", "N/A", "\0", UUID, UUID[:-1], "true", "1", "NaN"]),
    st.sampled_from(["2018-02-01", "1999-12-31", "2018-02-30", "0000-01-01", "2018-02-01T10:00:00.1234567"]),
    st.sampled_from(["2018-02-01 10:00", "2018-02-01T10:00Z", "2030-01-01T00:00+01:00", "2018-02-01T10:00:00.1234560"]),
    st.text(max_size=5),
    st.integers(),
    st.sampled_from([0, 1, 2, -5, 40000, 2**15, 2**63, 2**63 - 1, 10**40]),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["0.1", "1.0", "99.99", "100", "0.005", "1E+30", "1E+400", "1E-400", "0E+5"]).map(Exact),
    st.floats(),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["f0", "f1", "f2", "f7", "x"]), inner),
    max_leaves=6,
)
NAMES = [field.name for field in EVERYTHING.fields]
RECORDS = st.dictionaries(st.sampled_from([*NAMES, "undeclared"]), VALUES)
MODEL = record_model(EVERYTHING)
VALIDATOR = RecordValidator(EVERYTHING)


def verdict(record: dict[str, Any]) -> set[str]:
    """The outermost fields that the model refuses."""
    try:
        MODEL(**record)
    except ValidationError as refused:
        return {str(error["loc"][0]) for error in refused.errors()}
    return set()


@given(RECORDS)
@example({})
@example({"f1": "a\n", "f4": {}, "f6": True, "checked": "a"})
@example({"f13": Exact("0.1")})
@example({"f13": Exact(0)})
def test_a_field_is_refused_exactly_when_the_record_validator_refuses_it(record: dict[str, Any]) -> None:
    problems = {problem.field.partition(".")[0].partition("[")[0] for problem in VALIDATOR.problems(record)}

    assert verdict(record) == problems


@given(st.sampled_from(NAMES), VALUES)
def test_each_rule_alone_has_the_same_verdict(name: str, value: object) -> None:
    alone = contract(EVERYTHING.field(name), checks=EVERYTHING.checks if name == "checked" else ())
    good = not RecordValidator(alone).problems({name: value})

    try:
        record_model(alone)(**{name: value})
    except ValidationError:
        assert not good
    else:
        assert good
