"""Values and names on which engines differ when they are left to themselves: counted right by both.

What is expected follows from docs/quality.md; `failed` says how many of the written rows break the rule.
"""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from etl.contracts import Contract
from etl.contracts import Field as Declared
from etl.contracts.model import Check as Rule
from etl.contracts.model import Freshness, Metric, Relationship, Unit
from etl.contracts.patterns import portable
from etl.contracts.types import Boolean, Date, Float, Integer, Struct, Text, Timestamp, Type, Uuid
from etl.contracts.types import Decimal as Exact
from etl.quality.scorecard import Verdict
from tests.integration.quality.engines import Check, failed, result

E_COMBINED, E_COMPOSED, FACE = "e\u0301", "\u00e9", "\U0001f600"


def field(name: str = "x", type_: Type | None = None, **rules: Any) -> Declared:
    return Declared(name=name, type=type_ or Text(), **rules)


def contract(*fields: Declared, **more: Any) -> Contract:
    return Contract(id="urn:test", version="1.0.0", dataset="things", fields=fields, **more)


def sql(*conditions: str) -> tuple[Rule, ...]:
    """Return rules named after the conditions that break them."""
    return tuple(
        Rule(metric=Metric.SQL, name=one, query=f"SELECT COUNT(*) FROM ${{object}} WHERE {one}", at_most=Decimal(0))  # noqa: S608 -- what is tested
        for one in conditions
    )


def texts(*values: str | None) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.string())})


def decimals(type_: pa.DataType, *values: str | None) -> pa.Table:
    return pa.table({"x": pa.array([None if one is None else Decimal(one) for one in values], type_)})


def test_a_null_breaks_required_and_nothing_else(check: Check) -> None:
    card = check(
        texts(None, "a"), contract(field(required=True, min_length=1, pattern="^a", allowed=("a",), unique=True))
    )
    assert [(one.rule, one.checked, one.failed) for one in card.rules] == [
        ("x.required", 2, 1),
        ("x.length", 1, 0),
        ("x.pattern", 1, 0),
        ("x.allowed", 1, 0),
        ("x.unique", 1, 0),
    ]


def test_the_empty_text_is_there_and_has_no_characters(check: Check) -> None:
    card = check(texts("", "a"), contract(field(required=True, min_length=1)))
    assert (failed(card, "x.required"), failed(card, "x.length")) == (0, 1)


def test_lengths_count_code_points(check: Check) -> None:
    card = check(texts(FACE, E_COMBINED, E_COMPOSED, "\U0001f468\u200d\U0001f469"), contract(field(max_length=1)))
    assert failed(card, "x.length") == 2  # the combined letter has two, the family three


def test_texts_are_compared_by_code_points_and_not_by_language(check: Check) -> None:
    rules = sql("x < 'a'", "x > 'z'", "x = 'A'")
    card = check(texts("a", "A", "Z", "z", E_COMPOSED, FACE), contract(field(), checks=rules))
    assert [one.failed for one in card.rules] == [2, 2, 1]


def test_equal_looking_texts_of_other_code_points_are_two_keys(check: Check) -> None:
    card = check(texts(E_COMBINED, E_COMPOSED, "a", "A", "a "), contract(field(unique=True)))
    assert failed(card, "x.unique") == 0


def test_every_row_after_the_first_with_a_key_fails_and_null_is_no_key(check: Check) -> None:
    card = check(texts("b", "a", "a", "a", None, None), contract(field(unique=True)))
    unique = result(card, "x.unique")
    assert (unique.checked, unique.failed, unique.keys) == (4, 2, [["a"]])


def test_a_composite_key_with_a_null_in_it_is_not_compared(check: Check) -> None:
    table = pa.table({"a": pa.array([1, 1, 1, None, None], pa.int32()), "b": pa.array(["x", "x", "y", "x", "x"])})
    rule = Rule(metric=Metric.DUPLICATES, columns=("a", "b"), at_most=Decimal(0))
    card = check(table, contract(field("a", Integer(32)), field("b"), checks=(rule,)))
    assert (result(card, "a+b.unique").checked, failed(card, "a+b.unique")) == (3, 1)


def test_keys_do_not_run_into_each_other(check: Check) -> None:
    table = pa.table({"a": ["1", "11"], "b": ["11", "1"]})
    rule = Rule(metric=Metric.DUPLICATES, columns=("a", "b"), at_most=Decimal(0))
    assert failed(check(table, contract(field("a"), field("b"), checks=(rule,))), "a+b.unique") == 0


@pytest.mark.parametrize("bits", [32, 64])
def test_no_number_is_of_the_wrong_type_and_measured_by_no_other_rule(check: Check, bits: int) -> None:
    values = [math.nan, math.inf, -math.inf, -0.0, 0.0, 1.0, None]
    table = pa.table({"x": pa.array(values, pa.float32() if bits == 32 else pa.float64())})
    rules = sql("x > 0.5", "x IS NULL")
    card = check(table, contract(field("x", Float(bits), minimum=Decimal(0), maximum=Decimal(1)), checks=rules))
    assert (result(card, "x.type").checked, failed(card, "x.type")) == (6, 3)
    assert (result(card, "x.range").checked, failed(card, "x.range")) == (3, 0)
    assert (failed(card, "x > 0.5"), failed(card, "x IS NULL")) == (1, 4)


def test_minus_zero_is_zero_also_as_a_key(check: Check) -> None:
    table = pa.table({"x": pa.array([-0.0, 0.0], pa.float64())})
    card = check(table, contract(field("x", Float(64), unique=True, minimum=Decimal(0), allowed=(0,))))
    assert (failed(card, "x.unique"), failed(card, "x.range"), failed(card, "x.allowed")) == (1, 0, 0)


def test_a_bound_of_a_float_is_the_float_nearest_to_it(check: Check) -> None:
    for bits, type_ in ((32, pa.float32()), (64, pa.float64())):
        table = pa.table({"x": pa.array([0.1, 0.3], type_)})
        bounds = {"minimum": Decimal("0.1"), "maximum": Decimal("0.3")}
        assert failed(check(table, contract(field("x", Float(bits), **bounds))), "x.range") == 0


def test_decimals_of_38_digits_are_compared_to_the_last(check: Check) -> None:
    most = "9" * 28 + "." + "9" * 10
    table = decimals(pa.decimal128(38, 10), most, "-" + most, "0.0000000001", "0")
    rules = {"minimum": Decimal("1e-10"), "exclusive_maximum": Decimal(most)}
    assert failed(check(table, contract(field("x", Exact(38, 10), **rules))), "x.range") == 3


def test_a_bound_finer_than_the_type_is_not_rounded(check: Check) -> None:
    table = decimals(pa.decimal128(5, 2), "0.01", "0.02", "-0.01")
    rules = {"minimum": Decimal("0.011"), "maximum": Decimal("0.029")}
    assert failed(check(table, contract(field("x", Exact(5, 2), **rules))), "x.range") == 2


def test_a_bound_beyond_the_type_holds_for_all_or_for_none(check: Check) -> None:
    table = pa.table({"x": pa.array([-(2**63), 2**63 - 1], pa.int64()), "y": pa.array([1, 2], pa.int16())})
    fields = (field("x", Integer(64), minimum=-(10**30)), field("y", Integer(16), minimum=10**30))
    card = check(table, contract(*fields))
    assert (failed(card, "x.range"), failed(card, "y.range")) == (0, 2)


def test_the_smallest_integer_can_be_listed(check: Check) -> None:
    table = pa.table({"x": pa.array([-(2**63), 2**63 - 1, 0], pa.int64())})
    assert failed(check(table, contract(field("x", Integer(64), allowed=(-(2**63), 2**63 - 1)))), "x.allowed") == 1


def test_integers_do_not_overflow_in_a_condition(check: Check) -> None:
    table = pa.table({"x": pa.array([2**63 - 1, -(2**63), 1], pa.int64())})
    rules = sql("x * x > 10", "x + 1 > x", "-x > 0", "ABS(x) = 9223372036854775808")
    card = check(table, contract(field("x", Integer(64)), checks=rules))
    assert [one.failed for one in card.rules] == [2, 3, 1, 1]


def test_decimals_are_calculated_exactly(check: Check) -> None:
    table = pa.table({
        "x": pa.array([Decimal("0.10"), Decimal("99999.99")], pa.decimal128(7, 2)),
        "y": pa.array([Decimal("0.200"), Decimal("0.001")], pa.decimal128(4, 3)),
    })  # fmt: skip
    rules = sql("x + y = 0.3", "x * y = 0.02", "x * y = 99.99999", "x - y = 99999.989")
    card = check(table, contract(field("x", Exact(7, 2)), field("y", Exact(4, 3)), checks=rules))
    assert [one.failed for one in card.rules] == [1, 1, 1, 1]


def test_a_division_by_zero_is_null(check: Check) -> None:
    table = pa.table({"x": pa.array([1.0, 0.0, 7.0], pa.float64()), "y": pa.array([0, 0, 2], pa.int32())})
    rules = sql("x / y > 0", "x / y IS NULL", "x / y = 3.5")
    card = check(table, contract(field("x", Float(64)), field("y", Integer(32)), checks=rules))
    assert [one.failed for one in card.rules] == [0, 1, 2, 1]


def test_dates_of_the_first_and_the_last_year_are_dates(check: Check) -> None:
    days = [date(1, 1, 1), date(1582, 10, 10), date(9999, 12, 31), date(2018, 1, 1)]
    rules = {"minimum": date(1, 1, 1), "exclusive_maximum": date(9999, 12, 31)}
    card = check(pa.table({"x": pa.array(days)}), contract(field("x", Date(), key_position=1, **rules)))
    assert result(card, "x.range").keys == [["9999-12-31"]]
    card = check(pa.table({"x": pa.array(days)}), contract(field("x", Date(), key_position=1, minimum=date(1, 1, 2))))
    assert result(card, "x.range").keys == [["0001-01-01"]]


def test_instants_are_compared_in_utc_when_a_clock_is_set_back(check: Check) -> None:
    # 01:30 comes twice on this day in New York, where the Spark session of the tests is.
    first, second = datetime(2018, 11, 4, 5, 30, tzinfo=UTC), datetime(2018, 11, 4, 6, 30, tzinfo=UTC)
    table = pa.table({"x": pa.array([first, second, first], pa.timestamp("us", "UTC"))})
    rules = sql("x > TIMESTAMPTZ '2018-11-04 01:30:00-04:00'", "x + INTERVAL '1 day' > '2018-11-05T05:30:00Z'")
    card = check(table, contract(field("x", Timestamp(), unique=True, minimum=second), checks=rules))
    assert [one.failed for one in card.rules] == [2, 1, 1, 1]
    assert result(card, "x.unique").keys == [["2018-11-04T05:30:00Z"]]


def test_a_wall_clock_time_that_no_clock_shows_is_kept(check: Check) -> None:
    # 02:30 is left out on this day in New York.
    times = [datetime(2018, 3, 11, 2, 30), datetime(2018, 3, 11, 3, 30)]  # noqa: DTZ001 -- has no zone
    table = pa.table({"x": pa.array(times, pa.timestamp("us"))})
    rules = sql("x < TIMESTAMP '2018-03-11 03:00:00'", "EXTRACT(DAY FROM x) = 11", "x = '2018-03-11T02:30:00'")
    card = check(table, contract(field("x", Timestamp(zoned=False), key_position=1), checks=rules))
    assert [one.failed for one in card.rules if one.rule[0] == "x" or one.rule[0] == "E"][-3:] == [1, 2, 1]
    assert result(card, "x = '2018-03-11T02:30:00'").keys == [["2018-03-11T02:30:00"]]


def test_microseconds_count(check: Check) -> None:
    moment = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    table = pa.table({"x": pa.array([moment, moment - timedelta(microseconds=1)], pa.timestamp("us", "UTC"))})
    card = check(table, contract(field("x", Timestamp(), key_position=1, exclusive_maximum=moment)))
    assert result(card, "x.range").keys == [["9999-12-31T23:59:59.999999Z"]]


def test_a_null_in_the_list_breaks_nothing(check: Check) -> None:
    card = check(texts("a", "b", None), contract(field(), checks=sql("x NOT IN ('a', NULL)", "NOT (x IN ('a', NULL))")))
    assert [one.failed for one in card.rules] == [0, 0]


def test_unknown_breaks_nothing_on_either_side_of_a_not(check: Check) -> None:
    rules = sql(
        "x > 'a'",
        "NOT x > 'a'",
        "x IS DISTINCT FROM 'a'",
        "(x = 'a') IS TRUE",
        "NOT ((x = 'a') IS TRUE)",
        "x IS NOT NULL",
    )
    card = check(texts("a", None), contract(field(), checks=rules))
    assert [one.failed for one in card.rules] == [0, 1, 1, 1, 1, 1]


def test_like_takes_what_is_escaped_as_it_is(check: Check) -> None:
    values = ("10%", "10x", "a_b", "a!b", "a\\b", "axb", "a'b")
    rules = sql(
        r"x LIKE '10\%'", "x LIKE '10#%' ESCAPE '#'", r"x LIKE 'a\_b'", "x LIKE 'a!b'", r"x LIKE 'a\\b'",
        "x LIKE 'a_b'", "x LIKE 'a''b'", "x NOT LIKE 'a%'", r"x LIKE '%!_%' ESCAPE '!'",
    )  # fmt: skip
    card = check(texts(*values), contract(field(), checks=rules))
    assert [one.failed for one in card.rules] == [1, 1, 1, 1, 1, 5, 1, 2, 1]


def test_patterns_match_alike(check: Check) -> None:
    values = [
        "12", "\u0661", "a", "a\n", FACE, E_COMBINED, E_COMPOSED, "a.b", "axb", "\\", "'", "a b", "a\tb", "a\nb", ""
    ]  # fmt: skip
    matching = {
        r"^\d+$": {"12"},
        r"^.$": {"a", "\u0661", FACE, E_COMPOSED, "'", "\\"},
        r"^a\.b$": {"a.b"},
        r"\\": {"\\"},
        "'": {"'"},
        r"^\w\s\w$": {"a b", "a\tb", "a\nb"},
        "^$": {""},
        "a$": {"a"},
    }
    fields = [field(f"x{place}", pattern=portable(pattern)) for place, pattern in enumerate(matching)]
    card = check(pa.table({one.name: values for one in fields}), contract(*fields))
    assert [one.failed for one in card.rules] == [len(values) - len(texts) for texts in matching.values()]


def test_literals_of_every_kind_of_text_are_found(check: Check) -> None:
    values = ["a'b", 'a"b', "a\\b", "a\\'b", "a\nb", "a\tb", "\\n", "\\\\", "%", "{0}", "$x", FACE, E_COMBINED, ""]
    assert failed(check(texts(*values, "other"), contract(field(allowed=tuple(values)))), "x.allowed") == 1


def test_columns_have_any_name(check: Check) -> None:
    names = [
        "a b", 'a"b', "a`b", "select", "a.b", "größe", "Mixed", "a'b", "1", "a\\b", "n0", "k0", "rule", "a%b", "{a}"
    ]  # fmt: skip
    table = pa.table(dict.fromkeys(names, pa.array(["x", "x", None])))
    rules = sql(*(f'"{name.replace(chr(34), chr(34) * 2)}" IS NULL' for name in names))
    fields = [field(name, key_position=place + 1, allowed=("y",)) for place, name in enumerate(names)]
    card = check(table, contract(*fields, checks=rules))
    assert [one.failed for one in card.rules] == [1, 2] * len(names) + [1] + [1] * len(names)


def test_a_name_in_a_condition_is_read_as_postgresql_reads_it(check: Check) -> None:
    table = pa.table({"Mixed": ["a", "b"], "a b": ["b", "b"]})
    rules = sql("mixed = 'a'", '"Mixed" = "a b"')
    card = check(table, contract(field("Mixed"), field("a b"), checks=rules))
    assert [one.failed for one in card.rules] == [1, 1]


def test_fields_of_a_struct_are_checked_where_the_struct_is_there(check: Check) -> None:
    inner = (field("city", required=True, min_length=1), field("zip", Integer(32), minimum=1))
    rows = [{"city": "x", "zip": 1}, {"city": None, "zip": 0}, {"city": "", "zip": None}, None]
    table = pa.table({"address": pa.array(rows, pa.struct([("city", pa.string()), ("zip", pa.int32())]))})
    rules = sql("(address).city = 'x' AND address.zip = 1")
    card = check(table, contract(field("address", Struct(inner)), checks=rules))
    assert [(one.rule, one.checked, one.failed) for one in card.rules[:-1]] == [
        ("address.city.required", 3, 1),
        ("address.city.length", 2, 1),
        ("address.zip.range", 2, 1),
    ]
    assert card.rules[-1].failed == 1


def test_uuids_are_one_value_in_any_case(check: Check) -> None:
    value = "0123abcd-0123-4567-89ab-0123456789ab"
    wrong = ["{" + value + "}", value.replace("-", ""), value + "\n", "x"]
    card = check(
        texts(value, value.upper(), *wrong), contract(field("x", Uuid(), unique=True, allowed=(value.upper(),)))
    )
    assert (failed(card, "x.type"), failed(card, "x.unique"), failed(card, "x.allowed")) == (4, 1, 4)


def test_uuids_in_lower_case_are_keys_as_they_are(check: Check) -> None:
    values = [f"0123abcd-0123-4567-89ab-0123456789{end}" for end in ("ab", "ac", "ad", "ab", "ab")]
    card = check(texts(*values, None), contract(field("x", Uuid(), unique=True, required=True)))
    assert [(one.rule, one.checked, one.failed) for one in card.rules] == [
        ("x.required", 6, 1), ("x.type", 5, 0), ("x.unique", 5, 2)
    ]  # fmt: skip
    assert (result(card, "x.unique").keys, card.rejected) == ([[values[0]]], 1)


def test_what_is_no_uuid_is_counted_though_its_composite_key_is_not_compared(check: Check) -> None:
    table = pa.table({"x": ["wrong", "0123abcd-0123-4567-89ab-0123456789ab"], "y": pa.array([None, 1], pa.int32())})
    rule = Rule(metric=Metric.DUPLICATES, columns=("x", "y"), at_most=Decimal(0))
    card = check(table, contract(field("x", Uuid()), field("y", Integer(32)), checks=(rule,)))
    assert (failed(card, "x.type"), result(card, "x+y.unique").checked) == (1, 1)


def test_booleans_are_conditions(check: Check) -> None:
    table = pa.table({"x": pa.array([True, False, None])})
    card = check(table, contract(field("x", Boolean()), checks=sql("x", "NOT x", "x IS NOT TRUE", "x = FALSE")))
    assert [one.failed for one in card.rules] == [1, 1, 2, 1]


def test_missing_values_are_those_that_are_named(check: Check) -> None:
    rules = [
        Rule(metric=Metric.MISSING, name=name, columns=("x",), missing=values, at_most=Decimal(0))
        for name, values in {"all": (None, "", "N/A"), "texts": ("", "N/A"), "null": (None,)}.items()
    ]
    card = check(texts("a", "", "N/A", None, "n/a"), contract(field(), checks=tuple(rules)))
    assert [(one.checked, one.failed) for one in card.rules] == [(5, 3), (5, 2), (5, 1)]


def test_references_are_looked_up_by_value(check: Check) -> None:
    to = Relationship(columns=("x",), to_dataset="others", to_columns=("id",))
    others = pa.table({"id": pa.array(["a", "a", None])})
    card = check(texts("a", "b", "b", None), contract(field(), relationships=(to,)), references={"others": others})
    reference = result(card, "x.reference")
    assert (reference.checked, reference.failed, reference.keys) == (3, 2, [["b"]])


def test_a_dataset_can_refer_to_itself(check: Check) -> None:
    table = pa.table({"id": pa.array([1, 2], pa.int32()), "boss": pa.array([1, 3], pa.int32())})
    to = Relationship(columns=("boss",), to_dataset="things", to_columns=("id",))
    fields = (field("id", Integer(32), key_position=1), field("boss", Integer(32)))
    assert result(check(table, contract(*fields, relationships=(to,))), "boss.reference").keys == [["3"]]


def test_a_reference_of_several_columns_matches_all_of_them(check: Check) -> None:
    table = pa.table({"a": ["x", "x", None], "b": pa.array([1, 2, 9], pa.int32())})
    others = pa.table({"k": ["x", "y"], "n": pa.array([1, 2], pa.int32())})
    to = Relationship(columns=("a", "b"), to_dataset="others", to_columns=("k", "n"))
    card = check(
        table, contract(field("a"), field("b", Integer(32)), relationships=(to,)), references={"others": others}
    )
    assert (result(card, "a+b.reference").checked, failed(card, "a+b.reference")) == (2, 1)


def test_numbers_of_the_whole_dataset_are_exact(check: Check) -> None:
    table = decimals(pa.decimal128(20, 2), "0.10", "0.20", "99999999999999999.99", None)
    queries = {
        "SELECT SUM(x) FROM ${object}": "100000000000000000.29",
        "SELECT AVG(x) FROM ${object} WHERE x < 1": "0.15",
        "SELECT COUNT(*) FROM ${object}": "4",
        "SELECT COUNT(x) FROM ${object} WHERE x < 1": "2",
        "SELECT COUNT(DISTINCT x) FROM ${object}": "3",
        "SELECT MAX(x) FROM ${object}": "99999999999999999.99",
        "SELECT MIN(x) FROM ${object} WHERE x > 100 AND x < 100": None,
    }
    rules = tuple(Rule(metric=Metric.SQL, name=one, query=one, at_least=Decimal(0)) for one in queries)
    card = check(table, contract(field("x", Exact(20, 2)), checks=rules))
    assert {one.rule: one.measured for one in card.rules} == queries


def test_the_newest_value_is_measured_against_the_end_of_the_window(check: Check) -> None:
    end = datetime(2018, 2, 2, tzinfo=UTC)
    table = pa.table({"x": pa.array([datetime(2018, 2, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC"))})
    for hours, verdict in ((24, Verdict.PASSED), (23, Verdict.FAILED)):
        asked = contract(field("x", Timestamp()), freshness=Freshness(column="x", at_most=timedelta(hours=hours)))
        assert result(check(table, asked, window_end=end), "x.freshness").verdict is verdict


def test_no_rows_break_nothing_but_a_number_of_rows(check: Check) -> None:
    rules = (Rule(metric=Metric.ROWS, at_least=Decimal(1)), *sql("x = 'a'"))
    card = check(texts(), contract(field(required=True, unique=True, min_length=1), checks=rules))
    assert {one.rule: one.verdict for one in card.rules if one.failed} == {"rows": Verdict.FAILED}


def test_percents_are_of_the_rows_checked(check: Check) -> None:
    rules = tuple(
        Rule(metric=Metric.NULLS, columns=("x",), name=f"{most}", at_most=Decimal(most), unit=Unit.PERCENT)
        for most in ("33.3", "33.4")
    )
    card = check(texts("a", None, "b"), contract(field(), checks=rules))
    assert [one.verdict for one in card.rules] == [Verdict.FAILED, Verdict.PASSED]


def test_samples_are_the_smallest_keys_in_the_order_of_their_columns(check: Check) -> None:
    table = pa.table({
        "a": pa.array([2, 10, 1, 1, 3, 4, 5, None], pa.int32()),
        "b": ["z", "y", "b", "a", "x", "w", "v", "u"],
        "x": pa.array([None] * 8, pa.string()),
    })  # fmt: skip
    fields = (field("a", Integer(32), key_position=1), field("b", key_position=2), field("x", required=True))
    keys = result(check(table, contract(*fields)), "x.required").keys
    assert keys == [["1", "a"], ["1", "b"], ["2", "z"], ["3", "x"], ["4", "w"]]


def test_rows_that_break_several_rules_are_rejected_once(check: Check) -> None:
    table = texts("", "bbb", "a", None)
    card = check(
        table, contract(field(required=True, min_length=1, allowed=("a",), max_length=2), tolerance=Decimal("0.75"))
    )
    assert (card.rejected, card.verdict) == (3, Verdict.FAILED)  # the dimensions' thresholds are missed
