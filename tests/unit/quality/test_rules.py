import subprocess
import sys
from decimal import Decimal as Digits

import pytest

from etl.contracts import Contract, Field
from etl.contracts.model import Check, Dimension, Metric, Severity, Unit
from etl.contracts.types import Array, Date, Decimal, Float, Integer, Number, Struct, Text, Timestamp, Uuid
from etl.errors import ContractError
from etl.quality import Rule, rules_of
from etl.quality.measures import Bounds, Unbroken

FIELDS = (
    Field(name="id", type=Integer(64), key_position=1),
    Field(name="value", type=Decimal(9, 2), required=True, minimum=Digits(0), maximum=Digits(10)),
    Field(name="ratio", type=Float(64)),
    Field(name="name", type=Text()),
    Field(name="at", type=Timestamp()),
    Field(name="local", type=Timestamp(zoned=False)),
    Field(name="day", type=Date()),
    Field(name="any", type=Number()),
    Field(name="tags", type=Array(Field(name="element", type=Text()))),
    Field(name="small", type=Integer(32)),
    Field(name="key", type=Uuid()),
    Field(name="place", type=Struct((Field(name="city", type=Text(), required=True),))),
)


def contract(*checks: Check) -> Contract:
    return Contract(id="urn:test", version="1.0.0", dataset="things", fields=FIELDS, checks=checks)


def sql(query: str, **more: object) -> Check:
    bounds = {"at_most": Digits(0)} | more
    return Check(metric=Metric.SQL, query=query, **bounds)  # type: ignore[arg-type]  # a test's own mixture


def declared(check: Check) -> Rule:
    return rules_of(contract(check))[-1]


def row_rule(condition: str) -> Rule:
    return declared(sql(f"SELECT COUNT(*) FROM ${{object}} WHERE {condition}"))  # noqa: S608 -- what is tested


def test_rules_follow_from_fields_in_their_order_then_from_keys() -> None:
    assert [(rule.id, rule.dimension, rule.severity) for rule in rules_of(contract())] == [
        ("id.required", Dimension.COMPLETENESS, Severity.REJECT),
        ("value.required", Dimension.COMPLETENESS, Severity.REJECT),
        ("value.range", Dimension.VALIDITY, Severity.REJECT),
        ("ratio.type", Dimension.VALIDITY, Severity.REJECT),
        ("key.type", Dimension.VALIDITY, Severity.REJECT),
        ("place.city.required", Dimension.COMPLETENESS, Severity.REJECT),
        ("id.unique", Dimension.UNIQUENESS, Severity.ERROR),
    ]


@pytest.mark.parametrize(
    ("bounds", "severity"),
    [
        ({"at_most": Digits(0)}, Severity.REJECT),
        ({"below": Digits(1)}, Severity.REJECT),
        ({"at_most": Digits(0), "unit": Unit.PERCENT}, Severity.REJECT),
        ({"below": Digits(1), "unit": Unit.PERCENT}, Severity.ERROR),
        ({"at_most": Digits(1)}, Severity.ERROR),
        ({"at_most": Digits(0), "severity": Severity.WARNING}, Severity.WARNING),
    ],
)
def test_a_check_on_rows_that_allows_no_failure_rejects(bounds: dict[str, object], severity: Severity) -> None:
    assert declared(Check(metric=Metric.NULLS, columns=("name",), **bounds)).severity is severity  # type: ignore[arg-type]


def test_a_count_of_rows_that_meet_a_condition_is_a_rule_on_rows() -> None:
    rule = declared(sql("select count( * )\nfrom ${object} where value > 5 ;"))
    assert (rule.on_rows, rule.code, rule.dimension) == (True, "sql", Dimension.CONSISTENCY)
    assert isinstance(rule.measure, Unbroken)
    assert rule.measure.condition == "value > 5"


def test_what_is_declared_names_its_rule() -> None:
    rule = declared(sql("SELECT COUNT(*) FROM ${object} WHERE value > 5", name="dear", dimension=Dimension.ACCURACY))
    assert (rule.id, rule.dimension) == ("dear", Dimension.ACCURACY)


def test_rules_of_one_name_are_numbered() -> None:
    check = Check(metric=Metric.NULLS, columns=("name",), at_most=Digits(5))
    assert [rule.id for rule in rules_of(contract(check, check, check))][-3:] == [
        "name.required",
        "name.required.2",
        "name.required.3",
    ]


def test_a_rule_on_the_whole_dataset_cannot_reject() -> None:
    with pytest.raises(ContractError, match="its severity is error or warning"):
        rules_of(contract(Check(metric=Metric.ROWS, at_least=Digits(1), severity=Severity.REJECT)))


def test_a_check_on_no_field_is_refused() -> None:
    with pytest.raises(ContractError, match="is on nothing, which is no field"):
        rules_of(contract(Check(metric=Metric.NULLS, columns=("nothing",), at_most=Digits(0))))


def test_a_check_that_does_not_say_what_is_invalid_is_refused() -> None:
    with pytest.raises(ContractError, match="does not say what to measure"):
        rules_of(contract(Check(metric=Metric.INVALID, columns=("name",), at_most=Digits(0))))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("lower(name) = 'a'", r"LOWER\(name\)"),
        ("random() > 0.5", "RANDOM"),
        ("at > now()", "CURRENT_TIMESTAMP"),
        ("value / 2 > 1", "multiply instead"),
        ("name ILIKE 'a%'", "ILIKE"),
        ("name ~* 'a'", "~"),
        ("name ~ '(?=a)'", "rule sql: "),
        ("value BETWEEN SYMMETRIC 1 AND 2", "SYMMETRIC"),
        ("id IN (SELECT 1)", "write a relationship"),
        ("EXISTS (SELECT 1)", "EXISTS"),
        ("name = 1", "compares integer with text"),
        ("at > local", "has a zone with one that has none"),
        ("at > '2018-02-30'", "is no timestamp with a zone"),
        ("EXTRACT(HOUR FROM at) = 1", "EXTRACT takes"),
        ("at + INTERVAL '1 month' > at", "whole number of days"),
        ("CAST(name AS integer) = 1", "a cast makes"),
        ("TRY_CAST(name AS date) IS NULL", r"CAST\(name AS DATE\)"),
        ("id * id * id > 1", "may need"),
        ("value + name > 1", "nothing to calculate with"),
        ("value > 1e3", "without an exponent"),
        ("name", "not a condition"),
        ("nothing = 1", "is no field"),
        ("\"NAME\" = 'a'", "is no field"),
        ("tags IS NULL", "no portable operator"),
        ('"any" > 1', "no portable operator"),
        ("length(name, 'utf8') = 1", "LENGTH"),
        ("name LIKE name", "written pattern"),
        ("value > 1; DROP TABLE x", "not one SELECT"),
        ("value > 1 ORDER BY 1", "nothing but WHERE"),
        ("value > 1 UNION SELECT 1", "not one SELECT"),
        ("value >", "is no SQL"),
    ],
)
def test_what_engines_see_differently_is_refused_by_name(condition: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        row_rule(condition).failing("duckdb")


@pytest.mark.parametrize(
    ("condition", "athena"),
    [
        ("value > 5", '"value" > CAST(5 AS DECIMAL(9, 2))'),
        ("small <> 3", '"small" <> 3'),
        ("name NOT LIKE '%!_' ESCAPE '!'", "NOT (\"name\" LIKE '%!_' ESCAPE '!')"),
        ("name ~ '^\\d$'", "REGEXP_LIKE(\"name\", '^[0-9]\\z')"),
        ("day > '2018-02-01'", "\"day\" > CAST('2018-02-01' AS DATE)"),
        (
            "at >= '2018-02-01 02:00:00+02:00'",
            "\"at\" >= CAST('2018-02-01 00:00:00.000000+00:00' AS TIMESTAMP(6) WITH TIME ZONE)",
        ),
        ("at + INTERVAL '2 days' < at", '("at" + INTERVAL \'172800\' SECOND) < "at"'),
        ("place.city = 'x'", '"place"."city" = \'x\''),
        ("ABS(small) > 2", 'ABS(CAST("small" AS DECIMAL(10, 0))) > CAST(2 AS DECIMAL(10, 0))'),
    ],
)
def test_conditions_are_written_for_athena(condition: str, athena: str) -> None:
    assert row_rule(condition).failing("athena").removesuffix(", FALSE)").removeprefix("COALESCE(") == athena


def test_rules_of_fields_are_written_for_athena() -> None:
    texts = {rule.id: rule.failing("athena") for rule in rules_of(contract()) if rule.on_rows}
    assert texts["value.required"] == '"value" IS NULL'
    assert texts["value.range"] == (
        'NOT "value" IS NULL AND ("value" < CAST(\'0.00\' AS DECIMAL(9, 2))'
        " OR \"value\" > CAST('10.00' AS DECIMAL(9, 2)))"
    )
    assert texts["ratio.type"] == (
        'NOT "ratio" IS NULL AND NOT (NOT IS_NAN("ratio") AND "ratio" > CAST(\'-Infinity\' AS DOUBLE)'
        " AND \"ratio\" < CAST('Infinity' AS DOUBLE))"
    )
    assert texts["place.city.required"] == 'NOT "place" IS NULL AND "place"."city" IS NULL'


def test_times_keep_their_microseconds_in_athena() -> None:
    rule = row_rule("local > TIMESTAMP '2018-02-01 00:00:00.123456'")
    assert "CAST('2018-02-01 00:00:00.123456' AS TIMESTAMP(6))" in rule.failing("athena")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT SUM(ratio) FROM ${object}",
        "SELECT MAX(name) FROM ${object}",
        "SELECT COUNT(*), 1 FROM ${object}",
        "SELECT COUNT(*) FROM other",
        "SELECT COUNT(*) FROM ${object} GROUP BY name",
        "SELECT COUNT(*) FILTER (WHERE value > 1) FROM ${object}",
        "SELECT COUNT(*) FROM ${object} JOIN other ON TRUE",
        "SELECT STDDEV(value) FROM ${object}",
        "DELETE FROM ${object}",
        "SELECT SUM(value) / COUNT(*) FROM ${object}",
        "WITH x AS (SELECT 1) SELECT COUNT(*) FROM ${object}",
        "SELECT COUNT(DISTINCT name, value) FROM ${object}",
        "SELECT SUM(DISTINCT value) FROM ${object}",
    ],
)
def test_queries_other_than_one_portable_number_are_refused(query: str) -> None:
    from etl.quality.statements import row_pass  # noqa: PLC0415 -- the import is what another test measures

    with pytest.raises(ContractError):
        row_pass([declared(sql(query, at_most=Digits(5)))])


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (Bounds(at_most=Digits(0)), "<= 0"),
        (Bounds(at_least=Digits(1), at_most=Digits(1)), "= 1"),
        (Bounds(at_least=Digits("0.5"), below=Digits(5), unit=Unit.PERCENT), ">= 0.5 and < 5 %"),
        (Bounds(not_equal=Digits("1E+2")), "!= 100"),
    ],
)
def test_bounds_read_as_they_are_meant(bounds: Bounds, text: str) -> None:
    assert str(bounds) == text


def test_a_function_that_only_validates_loads_no_engine() -> None:
    script = "import sys, etl.contracts, etl.quality, etl.quality.scorecard\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"duckdb", "sqlglot", "pyspark", "pydantic", "pyarrow"} & set(loaded)
