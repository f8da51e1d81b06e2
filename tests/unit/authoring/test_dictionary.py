"""The data dictionary: what a contract says, in words, in Markdown that no word can break."""

from datetime import timedelta
from decimal import Decimal as Exact
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts.model import Check, Contract, Field, Freshness, Metric, Relationship, Severity, Unit
from etl.contracts.types import Array, Date, Decimal, Integer, Struct, Text, Timestamp
from serverless_app.authoring.dictionary import dictionary


def contract(*fields: Field, **said: Any) -> Contract:
    return Contract(**({"id": "c", "version": "1.2.3", "dataset": "orders", "fields": fields} | said))


def rows(page: str) -> list[list[str]]:
    """The rows of the table of fields; an escaped bar ends no cell."""
    table = page.partition("## Fields\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [
        [cell.replace("\x01", "\\|").strip() for cell in row.replace("\\|", "\x01").split("|")[1:-1]] for row in table
    ]


def row(field: Field) -> list[str]:
    (cells,) = rows(dictionary(contract(field)))
    return cells


def test_the_page_opens_with_what_the_dataset_is_for() -> None:
    page = dictionary(
        contract(
            Field(name="id", type=Text(), required=True, key_position=1),
            Field(name="day", type=Date(), partition_position=1),
            name="Orders",
            description="One order.",
            purpose="To bill.",
            domain="sales",
            table="t_orders",
        )
    )

    assert page.startswith("# Orders\n\nOne order.\n")
    for line in (
        "| purpose | To bill. |",
        "| domain | sales |",
        "| table | `t_orders` |",
        "| contract | `c`, version 1.2.3 |",
    ):
        assert line in page
    assert "| primary key | `id` |" in page
    assert "| partitions | `day` |" in page


@pytest.mark.parametrize(
    ("field", "cells"),
    [
        (Field(name="a", type=Text()), ["`a`", "text", "", "", ""]),
        (
            Field(name="a", type=Text(), business_name="Code", description="what it is", classification="public"),
            ["`a`", "text", "**Code** what it is Classification: public.", "", ""],
        ),
        (Field(name="a", type=Date(), computed="the day"), ["`a`", "date", "Computed: the day.", "", ""]),
        (Field(name="a", type=Integer(), examples=(1, 2)), ["`a`", "integer of 64 bits", "", "", "`1`, `2`"]),
        (
            Field(name="a", type=Decimal(9, 2), required=True, minimum=Exact(0), exclusive_maximum=Exact(9)),
            ["`a`", "decimal(9,2)", "", "required; at least 0; less than 9", ""],
        ),
        (Field(name="a", type=Text(), min_length=2, max_length=2), ["`a`", "text", "", "2 characters", ""]),
        (
            Field(name="a", type=Text(), max_length=9, pattern="x|y", allowed=("x", "")),
            ["`a`", "text", "", r"at most 9 characters; matches `x\|y`; one of `x`, (empty)", ""],
        ),
        (Field(name="a", type=Text(), unique=True), ["`a`", "text", "", "unique", ""]),
        (
            Field(name="a", type=Timestamp(), partition_position=1, partition_transform="day"),
            ["`a`", "timestamp", "", "partition 1 by day", ""],
        ),
    ],
)
def test_a_field_is_a_row_with_its_rules_in_words(field: Field, cells: list[str]) -> None:
    assert row(field) == cells


def test_fields_inside_others_have_rows_of_their_own() -> None:
    price = Field(name="price", type=Integer())
    lines = Array(Field(name="element", type=Struct((price,))))

    found = rows(dictionary(contract(Field(name="lines", type=lines), Field(name="at", type=Struct((price,))))))

    assert [(one[0], one[1]) for one in found] == [
        ("`lines`", "array of object"),
        ("`lines[].price`", "integer of 64 bits"),
        ("`at`", "object"),
        ("`at.price`", "integer of 64 bits"),
    ]


@given(st.text())
def test_no_word_breaks_the_table(words: str) -> None:
    cells = row(Field(name="a", type=Text(), description=words, examples=(words,), allowed=(words,)))

    assert len(cells) == 5
    assert cells[0] == "`a`"


def test_what_means_something_to_markdown_is_escaped() -> None:
    assert row(Field(name="a", type=Text(), description="<b> *x*\n| y_z"))[2] == r"\<b\> \*x\* \| y\_z"


@pytest.mark.parametrize(
    ("value", "code"),
    [("a b", "`a b`"), ("a`b", "``a`b``"), ("a``b", "```a``b```"), ("`", "`` ` ``"), ("a|b", r"`a\|b`")],
)
def test_a_value_is_code_whatever_it_holds(value: str, code: str) -> None:
    assert row(Field(name="a", type=Text(), examples=(value,)))[4] == code


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (Check(metric=Metric.ROWS, at_least=Exact(1)), "- rows: at least 1"),
        (Check(metric=Metric.NULLS, columns=("a",), at_most=Exact(5)), "- nulls in `a`: at most 5"),
        (
            Check(metric=Metric.NULLS, columns=("a",), below=Exact(5), unit=Unit.PERCENT),
            "- nulls in `a`: less than 5 %",
        ),
        (
            Check(metric=Metric.ROWS, at_least=Exact(50), unit=Unit.PERCENT, trailing_median=7),
            "- rows: at least 50 % of the median of 7 runs before",
        ),
        (
            Check(metric=Metric.SQL, name="sums", description="They add up.", query="x", severity=Severity.WARNING),
            "- **sums**: They add up. (warning)",
        ),
    ],
)
def test_checks_are_said_in_words(check: Check, said: str) -> None:
    assert said in dictionary(contract(Field(name="a", type=Text()), checks=(check,))).splitlines()


def test_tolerance_and_freshness_are_said_in_words() -> None:
    fresh = Freshness(column="a", at_most=timedelta(minutes=90))
    page = dictionary(contract(Field(name="a", type=Timestamp()), freshness=fresh, tolerance=Exact("0.050")))

    assert "- The newest `a` is at most 1.5 hours old." in page
    assert "- Up to 5 % of the rows may be rejected before a run fails." in page


def test_relationships_are_drawn() -> None:
    to = Relationship(columns=("a", "b"), to_dataset="the-others", to_columns=("x", "y"))
    page = dictionary(contract(Field(name="a", type=Text()), relationships=(to,)))

    assert '```mermaid\nerDiagram\n    the_others ||--o{ orders : "a, b"\n```' in page
    assert "- `a`, `b` → `the-others` (`x`, `y`)" in page


def test_without_relationships_nothing_is_drawn() -> None:
    assert "mermaid" not in dictionary(contract(Field(name="a", type=Text())))
