"""Two versions of a contract: every class of change, whom it breaks, and whether the version says so."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as Exact
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts.model import (
    Check,
    Contract,
    Dimension,
    Field,
    Freshness,
    Layout,
    Metric,
    Relationship,
    Severity,
)
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
from serverless_app.authoring.diff import Change, Side, diff

READERS, SOURCES = (Side.READERS,), (Side.SOURCES,)
BOTH = (Side.READERS, Side.SOURCES)
NOBODY: tuple[Side, ...] = ()


def contract(*fields: Field, **said: Any) -> Contract:
    return Contract(**({"id": "c", "version": "1.0.0", "dataset": "d", "fields": fields} | said))


def a(type_: Type | None = None, **said: Any) -> Field:
    return Field(name="a", type=type_ or Text(), **said)


def named(name: str, **said: Any) -> Field:
    return Field(name=name, type=Text(), **said)


def changes(old: Contract, new: Contract) -> list[Change]:
    """What changed, without what is said of the version."""
    return [change for change in diff(old, new) if change.kind != "version"]


def verdicts(old: Contract, new: Contract) -> list[tuple[str, str, tuple[Side, ...]]]:
    return [(change.path, change.kind, change.breaks) for change in changes(old, new)]


def test_a_contract_is_like_itself() -> None:
    assert diff(contract(a()), contract(a())) == []


def test_a_dropped_field_breaks_its_readers() -> None:
    assert verdicts(contract(a(), named("other")), contract(named("other"))) == [("a", "dropped", READERS)]


@pytest.mark.parametrize(
    ("field", "breaks"),
    [
        (named("new"), NOBODY),
        (named("new", required=True), SOURCES),
        (named("new", key_position=None, required=True, computed="from a"), NOBODY),
    ],
)
def test_an_added_field_breaks_the_sources_that_have_to_bring_it(field: Field, breaks: tuple[Side, ...]) -> None:
    assert verdicts(contract(a()), contract(a(), field)) == [("new", "added", breaks)]


def test_a_field_of_equal_rules_and_a_similar_name_is_called_renamed() -> None:
    old, new = contract(named("customer_id", required=True)), contract(named("customerid", required=True))

    (change,) = changes(old, new)

    assert (change.path, change.kind, change.breaks) == ("customerid", "renamed", BOTH)
    assert "customer_id" in change.what


@pytest.mark.parametrize("new", [named("price", min_length=1), named("colour")])
def test_a_field_of_another_name_or_other_rules_is_not_called_renamed(new: Field) -> None:
    assert [kind for _, kind, _ in verdicts(contract(named("prices")), contract(new))] == ["dropped", "added"]


def test_an_equal_description_tells_a_renamed_field_among_several() -> None:
    old = contract(named("ts", description="when it happened"))
    new = contract(named("other"), named("occurred_at", description="when it happened"))

    assert ("occurred_at", "renamed", BOTH) in verdicts(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Integer(16), Integer(32)),
        (Integer(32), Integer(64)),
        (Integer(32), Float(64)),
        (Integer(32), Decimal(10, 0)),
        (Float(32), Float(64)),
        (Decimal(10, 2), Decimal(12, 2)),
        (Decimal(10, 2), Decimal(12, 4)),
        (Decimal(10, 2), Number()),
        (Date(), Timestamp(zoned=False)),
        (Date(), Text()),
        (Uuid(), Text()),
        (Json(only_objects=True), Json()),
        (Struct((named("x"),)), Json(only_objects=True)),
        (Text(), Json()),
    ],
)
def test_a_wider_type_breaks_readers_and_a_narrower_one_sources_too(old: Type, new: Type) -> None:
    assert verdicts(contract(a(old)), contract(a(new))) == [("a", "type", READERS)]
    assert verdicts(contract(a(new)), contract(a(old))) == [("a", "type", BOTH)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Integer(64), Float(64)),
        (Decimal(10, 2), Decimal(10, 4)),
        (Integer(64), Decimal(18, 0)),
        (Boolean(), Integer()),
        (Timestamp(zoned=True), Timestamp(zoned=False)),
        (Array(a()), Text()),
    ],
)
def test_a_type_that_holds_other_values_breaks_both(old: Type, new: Type) -> None:
    assert verdicts(contract(a(old)), contract(a(new))) == [("a", "type", BOTH)]


@pytest.mark.parametrize(
    ("kind", "loose", "tight"),
    [
        ("length", {}, {"min_length": 1}),
        ("length", {"min_length": 1}, {"min_length": 2}),
        ("range", {}, {"minimum": Exact(0)}),
        ("range", {"minimum": Exact(0)}, {"exclusive_minimum": Exact(0)}),
        ("range", {"minimum": Exact(0)}, {"minimum": Exact(1)}),
        ("range", {"maximum": Exact(9)}, {"maximum": Exact(8)}),
        ("range", {"maximum": Exact(9)}, {"exclusive_maximum": Exact(9)}),
        ("range", {"exclusive_maximum": Exact(9)}, {"maximum": Exact(8)}),
        ("pattern", {}, {"pattern": "a"}),
        ("allowed", {}, {"allowed": ("x",)}),
        ("allowed", {"allowed": ("x", "y")}, {"allowed": ("x",)}),
    ],
)
def test_a_tightened_rule_breaks_sources_and_a_loosened_one_nobody(
    kind: str, loose: dict[str, Any], tight: dict[str, Any]
) -> None:
    assert verdicts(contract(a(**loose)), contract(a(**tight))) == [("a", kind, SOURCES)]
    assert verdicts(contract(a(**tight)), contract(a(**loose))) == [("a", kind, NOBODY)]


@pytest.mark.parametrize(
    ("kind", "loose", "tight"),
    [
        ("nullability", {}, {"required": True}),
        ("unique", {}, {"unique": True}),
        ("length", {}, {"max_length": 5}),
        ("length", {"max_length": 9}, {"max_length": 5}),
    ],
)
def test_a_loosened_guarantee_breaks_the_readers_that_relied_on_it(
    kind: str, loose: dict[str, Any], tight: dict[str, Any]
) -> None:
    assert verdicts(contract(a(**loose)), contract(a(**tight))) == [("a", kind, SOURCES)]
    assert verdicts(contract(a(**tight)), contract(a(**loose))) == [("a", kind, READERS)]


def test_another_pattern_is_taken_for_a_tighter_one() -> None:
    assert verdicts(contract(a(pattern="a")), contract(a(pattern="b"))) == [("a", "pattern", SOURCES)]


def test_other_allowed_values_are_a_tightening_and_a_loosening() -> None:
    found = verdicts(contract(a(allowed=("x", "y"))), contract(a(allowed=("y", "z"))))

    assert found == [("a", "allowed", SOURCES), ("a", "allowed", NOBODY)]


def test_rules_on_a_computed_field_break_no_source() -> None:
    found = verdicts(contract(a(computed="it")), contract(a(computed="it", min_length=1, required=True, unique=True)))

    assert {breaks for _, _, breaks in found} == {NOBODY}
    assert len(found) == 3


@pytest.mark.parametrize(("old", "new", "breaks"), [(None, "it", NOBODY), ("it", None, SOURCES), ("it", "so", NOBODY)])
def test_who_brings_a_value_matters_to_sources(old: str | None, new: str | None, breaks: tuple[Side, ...]) -> None:
    assert verdicts(contract(a(computed=old)), contract(a(computed=new))) == [("a", "computed", breaks)]


def test_a_bound_of_another_kind_is_a_tightening() -> None:
    old, new = a(Integer(), minimum=Exact(1)), a(Date(), minimum=date(2020, 1, 1))

    assert verdicts(contract(old), contract(new)) == [("a", "type", BOTH), ("a", "range", SOURCES)]


@pytest.mark.parametrize("word", ["description", "business_name", "classification"])
def test_words_break_nobody(word: str) -> None:
    said: dict[str, Any] = {word: "other"}

    assert verdicts(contract(a()), contract(a(**said))) == [("a", "description", NOBODY)]


def test_fields_in_another_order_break_nobody() -> None:
    old, new = contract(a(), named("b")), contract(named("b"), a())

    assert verdicts(old, new) == [("<fields>", "moved", NOBODY)]


def test_a_field_inside_a_struct_is_named_by_its_path() -> None:
    old = contract(a(Struct((named("city"), named("zip")))))
    new = contract(a(Struct((named("city", required=True),))))

    assert verdicts(old, new) == [("a.zip", "dropped", READERS), ("a.city", "nullability", SOURCES)]


def test_the_items_of_an_array_are_compared() -> None:
    old = contract(a(Array(Field(name="element", type=Struct((named("x"),))))))
    new = contract(a(Array(Field(name="element", type=Struct((named("x", min_length=1),)), required=True))))

    assert verdicts(old, new) == [("a[].x", "length", SOURCES), ("a[]", "nullability", SOURCES)]


def test_another_key_breaks_both() -> None:
    old = contract(a(required=True, key_position=1), named("b", required=True))
    new = contract(a(required=True), named("b", required=True, key_position=1))

    assert verdicts(old, new) == [("<primary key>", "key", BOTH)]


def test_other_partitions_break_readers() -> None:
    assert verdicts(contract(a()), contract(a(partition_position=1))) == [("<partitions>", "partition", READERS)]


def test_another_window_column_moves_rows_between_days() -> None:
    assert verdicts(contract(a(Date())), replace(contract(a(Date())), window_column="a")) == [
        ("<window>", "partition", BOTH)
    ]


def test_another_transform_of_the_same_partition_breaks_nobody() -> None:
    old = contract(a(Date(), partition_position=1, partition_transform="day"))
    new = contract(a(Date(), partition_position=1, partition_transform="month"))

    assert verdicts(old, new) == [("a", "partition", NOBODY)]


@pytest.mark.parametrize(
    ("path", "kind", "loose", "tight"),
    [
        ("<tolerance>", "tolerance", {"tolerance": Exact("0.1")}, {"tolerance": Exact(0)}),
        ("<threshold of accuracy>", "threshold", {"thresholds": {}}, {"thresholds": {Dimension.ACCURACY: Exact(1)}}),
        ("a", "check", {}, {"checks": (Check(metric=Metric.NULLS, columns=("a",), at_most=Exact(0)),)}),
        (
            "a",
            "check",
            {"checks": (Check(metric=Metric.NULLS, columns=("a",), at_most=Exact(5)),)},
            {"checks": (Check(metric=Metric.NULLS, columns=("a",), at_most=Exact(4)),)},
        ),
        (
            "<dataset>",
            "check",
            {"checks": (Check(metric=Metric.ROWS, at_least=Exact(5)),)},
            {"checks": (Check(metric=Metric.ROWS, at_least=Exact(5), at_most=Exact(9)),)},
        ),
    ],
)
def test_what_is_asked_of_a_run_is_asked_of_its_sources(
    path: str, kind: str, loose: dict[str, Any], tight: dict[str, Any]
) -> None:
    assert verdicts(contract(a(), **loose), contract(a(), **tight)) == [(path, kind, SOURCES)]
    assert verdicts(contract(a(), **tight), contract(a(), **loose)) == [(path, kind, NOBODY)]


def test_a_check_that_only_warns_breaks_nobody() -> None:
    check = Check(metric=Metric.ROWS, at_least=Exact(1), severity=Severity.WARNING)

    assert verdicts(contract(a()), contract(a(), checks=(check,))) == [("<dataset>", "check", NOBODY)]


def test_of_two_checks_of_the_same_kind_each_is_compared() -> None:
    low, high, higher = (Check(metric=Metric.ROWS, at_least=Exact(number)) for number in (1, 5, 9))

    found = verdicts(contract(a(), checks=(low, high)), contract(a(), checks=(higher, high)))

    assert found == [("<dataset>", "check", SOURCES)]


def test_another_query_under_the_same_name_breaks_sources() -> None:
    checks = [Check(metric=Metric.SQL, name="sums", query=query, at_most=Exact(0)) for query in ("one", "two")]

    found = verdicts(*(contract(a(), checks=(check,)) for check in checks))

    assert found == [("<dataset>", "check", SOURCES)]


def test_a_relationship_binds_sources_and_serves_readers() -> None:
    bound = contract(a(), relationships=(Relationship(columns=("a",), to_dataset="b", to_columns=("id",)),))

    assert verdicts(contract(a()), bound) == [("a", "relationship", SOURCES)]
    assert verdicts(bound, contract(a())) == [("a", "relationship", READERS)]


def test_fresher_data_binds_sources_and_older_data_breaks_readers() -> None:
    day, week = (contract(a(Date()), freshness=Freshness(column="a", at_most=timedelta(days=n))) for n in (1, 7))

    assert verdicts(week, day) == [("<freshness>", "freshness", SOURCES)]
    assert verdicts(day, week) == [("<freshness>", "freshness", READERS)]
    assert verdicts(day, contract(a(Date()))) == [("<freshness>", "freshness", READERS)]


def test_the_layout_breaks_nobody() -> None:
    assert verdicts(contract(a()), contract(a(), layout=Layout(compression="zstd"))) == [("<layout>", "layout", NOBODY)]


@pytest.mark.parametrize(("said", "breaks"), [({"id": "x"}, BOTH), ({"dataset": "x"}, BOTH), ({"table": "x"}, READERS)])
def test_another_name_breaks_those_who_use_it(said: dict[str, str], breaks: tuple[Side, ...]) -> None:
    assert verdicts(contract(a()), contract(a(), **said)) == [("<contract>", "identity", breaks)]


@pytest.mark.parametrize(
    ("old", "new", "changed", "advice"),
    [
        ("1.2.3", "2.0.0", contract(), None),
        ("1.2.3", "1.3.0", contract(), "2.0.0"),
        ("1.2.3", "1.2.3", contract(a(), named("b")), "1.3.0"),
        ("1.2.3", "1.3.0", contract(a(), named("b")), None),
        ("1.2.3", "1.2.3", contract(a(description="x")), "1.2.4"),
        ("1.2.3", "1.2.4", contract(a(description="x")), None),
        ("0.2.3", "0.3.0", contract(), None),
        ("0.2.3", "0.2.4", contract(), "0.3.0"),
    ],
)
def test_the_version_has_to_say_what_the_changes_mean(
    old: str, new: str, changed: Contract, advice: str | None
) -> None:
    before = contract(a(), version=old)
    after = contract(*changed.fields, version=new)

    change = diff(before, after)[-1]

    assert (change.path, change.breaking) == ("<version>", False)
    assert (advice is None) == ("says what" in change.why)
    assert advice is None or change.why.endswith(f"make it {advice}")


def test_a_version_that_is_not_semantic_says_nothing() -> None:
    assert "major.minor.patch" in diff(contract(a(), version="v1"), contract(version="v2"))[-1].why


def test_a_version_alone_may_change() -> None:
    (change,) = diff(contract(a()), contract(a(), version="9.0.0"))

    assert (change.kind, change.breaking) == ("version", False)


TYPES = st.sampled_from([Text(), Uuid(), Json(), Boolean(), Integer(16), Integer(64), Number(), Float(32), Date()])
BOUNDS = st.none() | st.integers(-3, 3).map(Exact)
FIELDS = st.builds(
    Field,
    name=st.sampled_from(["a", "ab", "b", "c"]),
    type=TYPES | st.builds(Decimal, st.integers(3, 9), st.integers(0, 3)),
    required=st.booleans(),
    unique=st.booleans(),
    description=st.sampled_from(["", "x"]),
    minimum=BOUNDS,
    exclusive_minimum=BOUNDS,
    maximum=BOUNDS,
    max_length=st.none() | st.integers(0, 3),
    allowed=st.none() | st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
)
CONTRACTS = st.lists(FIELDS, max_size=4, unique_by=lambda field: field.name).map(lambda fields: contract(*fields))


@given(CONTRACTS, CONTRACTS)
def test_equal_contracts_alone_have_no_changes(old: Contract, new: Contract) -> None:
    assert (diff(old, new) == []) == (old == new or _in_effect(old) == _in_effect(new))


def _in_effect(one: Contract) -> list[Any]:
    """The fields with the bounds that count: an exclusive bound hides a looser inclusive one."""
    return [
        (
            field.name,
            field.type,
            field.required,
            field.unique,
            field.description,
            max(
                (bound, exclusive)
                for bound, exclusive in ((field.minimum, 0), (field.exclusive_minimum, 1), (Exact(-9), 0))
                if bound is not None
            ),
            field.maximum,
            field.max_length,
            set(field.allowed) if field.allowed is not None else None,
        )
        for field in one.fields
    ]
