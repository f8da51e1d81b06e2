"""The rules of a contract as a ruleset of AWS Glue, by the meaning that the reference and AWS's own code give it."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as Exact
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts.model import Check, Contract, Field, Freshness, Metric, Relationship, Severity, Unit
from etl.contracts.patterns import portable
from etl.contracts.types import Date, Decimal, Float, Integer, Number, Struct, Text, Timestamp, Type
from etl.quality.dqdl import dqdl

NONE = Exact(0)
ANTI_JOIN = (
    'CustomSql "select count(*) from primary p left anti join `customers` r on p.`a` = r.`id`'
    ' where p.`a` is not null" = 0'
)


def contract(*fields: Field, **said: Any) -> Contract:
    return Contract(id="c", version="1.0.0", dataset="orders", fields=fields, **said)


def a(type_: Type | None = None, **said: Any) -> Field:
    return Field(name="a", type=type_ or Text(), **said)


def rules(*fields: Field, **said: Any) -> list[str]:
    """The lines between the brackets, rules and remarks."""
    text = dqdl(contract(*fields, **said))
    body = re.fullmatch(r"# orders 1\.0\.0, by its contract c\nRules = \[\n(.*)\]\n", text, re.DOTALL)
    assert body is not None
    return [line.strip().removesuffix(",") for line in body[1].splitlines()]


def test_rules_are_separated_by_commas_and_remarks_are_not() -> None:
    text = dqdl(
        contract(
            a(required=True, unique=True),
            Field(name='b"', type=Text(), required=True),
            checks=(
                Check(metric=Metric.ROWS, at_least=Exact(1)),
                Check(metric=Metric.DUPLICATES, columns=("a",), at_most=Exact(5)),
            ),
        )
    )

    assert [line.endswith(",") for line in text.splitlines()] == [False, False, True, False, True, False, False, False]


def test_a_dataset_without_rules_is_an_empty_ruleset() -> None:
    assert rules(a()) == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (a(required=True), ['IsComplete "a"']),
        (a(unique=True), ['IsUnique "a"']),
        (a(required=True, key_position=1), ['IsPrimaryKey "a"']),
        (a(required=True, min_length=2), ['IsComplete "a"', 'ColumnLength "a" >= 2']),
        (a(min_length=1), ['ColumnLength "a" >= 1 where "`a` is not null"']),
        (a(max_length=9), ['ColumnLength "a" <= 9 where "`a` is not null"']),
        (a(Integer(), minimum=Exact(0)), ['ColumnValues "a" >= 0 where "`a` is not null"']),
        (a(Decimal(9, 2), exclusive_maximum=Exact("9.50")), ['ColumnValues "a" < 9.50 where "`a` is not null"']),
        (a(Date(), exclusive_minimum=date(2020, 1, 1)), ['ColumnValues "a" > "2020-01-01" where "`a` is not null"']),
        (a(allowed=("x", 'say "x"')), [r'ColumnValues "a" in ["x", "say \"x\"", NULL]']),
        (a(Integer(), allowed=(1, 2)), ['ColumnValues "a" in [1, 2, NULL]']),
        (a(required=True, allowed=("x", "")), ['IsComplete "a"', 'ColumnValues "a" in ["x", EMPTY]']),
    ],
)
def test_a_rule_that_dqdl_has_is_said_in_its_words(field: Field, said: list[str]) -> None:
    assert rules(field) == said


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^[a-z]+$", "[a-z]+"),
        ("[a-z]", r"[\s\S]*(?:[a-z])[\s\S]*"),
        ("^a|b$", r"[\s\S]*(?:^a|b\z)[\s\S]*"),
        ('^"+$', r"\"+"),
    ],
)
def test_a_pattern_matches_the_whole_value_in_dqdl(pattern: str, said: str) -> None:
    assert rules(a(pattern=portable(pattern))) == [f'ColumnValues "a" matches "{said}" where "`a` is not null"']


def test_a_composite_key_is_one_rule() -> None:
    fields = [Field(name=name, type=Text(), required=True, key_position=place) for name, place in (("b", 2), ("a", 1))]

    assert rules(*fields) == ['IsPrimaryKey "a" "b"']


@pytest.mark.parametrize(
    "field",
    [
        a(pattern=portable("^[a-z]*$"), required=True),
        a(allowed=("2020-01-01", "x")),
        a(allowed=("9:30 AM",)),
        a(pattern=portable("^2020-01-01$")),
        Field(name="2020-01-01", type=Text(), max_length=1),
        a(allowed=("back\\slash",)),
        a(Timestamp(), minimum=datetime(2020, 1, 1, 12, tzinfo=UTC)),
        a(Decimal(38, 0), minimum=Exact(0)),
        a(Float(), minimum=Exact("0.1")),
        a(Integer(), maximum=Exact(2**62)),
        Field(name="größe", type=Text(), max_length=1),
        a(Struct((Field(name="city", type=Text(), max_length=5),))),
    ],
    ids=lambda field: f"{field.type.__class__.__name__}-{field.name}",
)
def test_a_rule_that_dqdl_would_take_for_another_is_asked_in_sql(field: Field) -> None:
    asked = rules(field)[-1]

    assert asked.startswith('CustomSql "select count(*) from primary where ')
    assert asked.endswith('" = 0')


def test_a_double_quote_does_not_end_the_query() -> None:
    (asked,) = rules(a(allowed=('say "x"', "back\\slash")))

    inside = asked.removeprefix('CustomSql "').removesuffix('" = 0')
    assert re.search(r'(?<!\\)"', inside) is None
    assert r"'say \"x\"'" in inside


def test_a_name_that_cannot_be_quoted_is_a_remark() -> None:
    (remark,) = rules(Field(name='b"', type=Text(), required=True))

    assert remark.startswith('# not expressible: b".required ')


def test_a_rule_without_sql_is_a_remark() -> None:
    (remark,) = rules(a(Number(), minimum=Exact(0)))

    assert remark.startswith("# not expressible: a.range ")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"metric": Metric.NULLS, "columns": ("a",), "at_most": NONE}, 'IsComplete "a"'),
        (
            {"metric": Metric.NULLS, "columns": ("a",), "at_most": Exact(5), "unit": Unit.PERCENT},
            'Completeness "a" >= 0.95',
        ),
        (
            {"metric": Metric.NULLS, "columns": ("a",), "below": Exact("2.5"), "unit": Unit.PERCENT},
            'Completeness "a" > 0.975',
        ),
        (
            {"metric": Metric.NULLS, "columns": ("a",), "at_most": Exact(5)},
            'CustomSql "select count(*) from primary where `a` IS NULL" <= 5',
        ),
        (
            {"metric": Metric.INVALID, "columns": ("a",), "allowed": ("x",), "at_most": NONE},
            'ColumnValues "a" in ["x", NULL]',
        ),
        ({"metric": Metric.DUPLICATES, "columns": ("a",), "at_least": NONE, "at_most": NONE}, 'IsUnique "a"'),
        ({"metric": Metric.ROWS, "at_least": Exact(1)}, "RowCount >= 1"),
        ({"metric": Metric.ROWS, "at_least": Exact(7), "at_most": Exact(7)}, "RowCount = 7"),
        ({"metric": Metric.ROWS, "above": Exact(1), "not_equal": Exact(5)}, "(RowCount > 1) and (RowCount != 5)"),
        (
            {
                "metric": Metric.ROWS,
                "at_least": Exact(50),
                "at_most": Exact(200),
                "trailing_median": 7,
                "unit": Unit.PERCENT,
            },
            "(RowCount >= 0.5 * median(last(7))) and (RowCount <= 2 * median(last(7)))",
        ),
        (
            {"metric": Metric.SQL, "query": "SELECT MAX(a) FROM ${object}", "below": Exact(5)},
            'CustomSql "SELECT MAX(a) FROM primary" < 5',
        ),
    ],
)
def test_a_declared_check_is_said_with_its_bounds(check: dict[str, Any], said: str) -> None:
    assert rules(a(), checks=(Check(**check),)) == [said]


def test_the_key_of_several_columns_leaves_out_rows_with_nulls() -> None:
    check = Check(metric=Metric.DUPLICATES, columns=("a", "b"), at_most=NONE)

    (asked,) = rules(a(), Field(name="b", type=Text()), checks=(check,))

    assert asked == (
        'CustomSql "select count(*) from (select 1 from primary where `a` is not null and `b` is not null'
        ' group by `a`, `b` having count(*) > 1)" = 0'
    )


def test_a_share_of_the_rows_checked_is_a_remark() -> None:
    check = Check(metric=Metric.INVALID, columns=("a",), allowed=("x",), at_most=Exact(5), unit=Unit.PERCENT)

    (remark,) = rules(a(), checks=(check,))

    assert remark.startswith("# not expressible: a.allowed ")


def test_a_warning_is_called_one() -> None:
    check = Check(metric=Metric.ROWS, at_least=Exact(1), severity=Severity.WARNING)

    assert rules(a(), checks=(check,)) == ["# only a warning in the pipelines", "RowCount >= 1"]


@pytest.mark.parametrize(
    ("columns", "to_columns", "required", "said"),
    [
        (("a",), ("id",), True, 'ReferentialIntegrity "a" "customers.id" = 1.0'),
        (("a", "b"), ("x", "y"), True, 'ReferentialIntegrity "a,b" "customers.{x,y}" = 1.0'),
        (
            ("a",),
            ("id",),
            False,
            ANTI_JOIN,
        ),
    ],
)
def test_a_relationship_lets_nulls_be(
    columns: tuple[str, ...], to_columns: tuple[str, ...], required: bool, said: str  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    fields = [Field(name=name, type=Text(), required=required) for name in columns]
    relationship = Relationship(columns=columns, to_dataset="customers", to_columns=to_columns)

    assert rules(*fields, relationships=(relationship,))[-1] == said


def test_freshness_is_asked_of_the_newest_value() -> None:
    remark, asked = rules(a(Timestamp()), freshness=Freshness(column="a", at_most=timedelta(hours=36)))

    assert remark.startswith("# DataFreshness would ask it of every row")
    assert "max(`a`)" in asked
    assert asked.endswith(f"<= {36 * 3600 * 10**6}")


# `QUOTED_STRING: QUOTE (ESC | .)*? QUOTE` with `ESC: '\\"' | '\\\\'`, as the grammar in github.com/awslabs/dqdl has it.
QUOTED_STRING = re.compile(r'"(?:\\"|\\\\|[^"])*?"', re.DOTALL)
RULE = re.compile(
    r"    (?:IsComplete @|ColumnLength @ <= [0-9]+(?: where @)?|ColumnValues @ matches @(?: where @)?"
    r"|ColumnValues @ in \[(?:@|EMPTY|NULL)(?:, (?:@|EMPTY|NULL))*\]|CustomSql @ = 0),?"
)


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.text("ab\"\\'`\n |", min_size=1).map(re.escape),
    st.lists(st.text("ab\"\\'`\n 0123456789-", min_size=0), min_size=1, unique=True),
    st.booleans(),
)
def test_no_name_pattern_or_value_breaks_the_grammar(
    name: str, pattern: str, values: list[str], required: bool  # noqa: FBT001 -- drawn
) -> None:  # fmt: skip
    field = Field(
        name=name, type=Text(), required=required, max_length=9, pattern=portable(pattern), allowed=tuple(values)
    )

    body = dqdl(contract(field)).partition("Rules = [\n")[2].removesuffix("]\n")

    written = re.sub(r"^    #.*\n", "", QUOTED_STRING.sub("@", re.sub(r"^    # .*\n", "", body, flags=re.MULTILINE)))
    assert [line for line in written.splitlines() if RULE.fullmatch(line) is None] == []
