"""Contract files: all that they say arrives in the model, and an error names the file, the line and the fix."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as Exact
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from etl.contracts import Contract, Field, read_contract
from etl.contracts.model import Check, Dimension, Freshness, Layout, Metric, Relationship, Severity, Unit
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
from tests.unit.contracts.conftest import Write, document

ID = {"name": "id", "logicalType": "string"}
VALUE = {"name": "value", "logicalType": "number"}
DAY = {"name": "day", "logicalType": "date"}


def schema(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": "events", "properties": [ID]} | changes]


def custom(**values: object) -> list[dict[str, Any]]:
    return schema(customProperties=[{"property": name, "value": value} for name, value in values.items()])


def options(**values: object) -> dict[str, Any]:
    return {"logicalTypeOptions": values}


def valid_values(*values: object) -> dict[str, Any]:
    return {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": list(values)}}


def refusal(path: Path) -> str:
    """The message, without the file and the line that it starts with."""
    return refusal_at(path)[1]


def refusal_at(path: Path) -> tuple[int, str]:
    with pytest.raises(ContractError) as error:
        read_contract(path)
    message = str(error.value)
    assert message.startswith(f"{path}:")
    line, _, text = message.removeprefix(f"{path}:").partition(": ")
    return int(line), text


def test_reads_who_the_contract_is(write: Write) -> None:
    said: dict[str, Any] = {"purpose": "why", "usage": "how", "limitations": "but"}
    datasets = schema(physicalName="raw_events", description="what")

    assert read_contract(write(name="Events", domain="nature", description=said, schema=datasets)) == Contract(
        id="a-contract",
        version="1.2.3",
        name="Events",
        domain="nature",
        dataset="events",
        table="raw_events",
        description="what",
        fields=(Field(name="id", type=Text()),),
        **said,
    )


@pytest.mark.parametrize(
    ("declared", "type_"),
    [
        ({"logicalType": "string"}, Text()),
        ({"logicalType": "string"} | options(maxLength=9), Text(9)),
        ({"logicalType": "string"} | options(format="uuid"), Uuid()),
        ({"logicalType": "string", "physicalType": "json"}, Json()),
        ({"logicalType": "boolean"}, Boolean()),
        ({"logicalType": "integer"}, Integer(64)),
        ({"logicalType": "integer"} | options(format="i16"), Integer(16)),
        ({"logicalType": "number"}, Number()),
        ({"logicalType": "number", "physicalType": "decimal(12, 2)"}, Decimal(12, 2)),
        ({"logicalType": "number", "physicalType": "decimal(38,38)"}, Decimal(38, 38)),
        ({"logicalType": "number"} | options(format="f64"), Float(64)),
        ({"logicalType": "number"} | options(format="f32"), Float(32)),
        ({"logicalType": "date"}, Date()),
        ({"logicalType": "timestamp"}, Timestamp()),
        ({"logicalType": "timestamp"} | options(timezone=False), Timestamp(zoned=False)),
        ({"logicalType": "object"}, Json(only_objects=True)),
        ({"logicalType": "object", "properties": [ID]}, Struct((Field(name="id", type=Text()),))),
        (
            {"logicalType": "array", "items": {"logicalType": "integer", "required": True}},
            Array(Field(name="element", type=Integer(), required=True)),
        ),
    ],
)
def test_reads_every_type(write: Write, declared: dict[str, Any], type_: Type) -> None:
    (read,) = read_contract(write({"name": "a"} | declared)).fields

    assert read.type == type_


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ({"required": True}, {"required": True}),
        ({"unique": True}, {"unique": True}),
        ({"description": "what it is"}, {"description": "what it is"}),
        (
            {"businessName": "The id", "classification": "public"},
            {"business_name": "The id", "classification": "public"},
        ),
        ({"transformLogic": "from another"}, {"computed": "from another"}),
        ({"primaryKey": True, "primaryKeyPosition": 2}, {"required": True, "key_position": 2}),
        ({"partitioned": True, "partitionKeyPosition": 1}, {"partition_position": 1}),
        (
            {
                "partitioned": True,
                "partitionKeyPosition": 1,
                "customProperties": [{"property": "icebergTransform", "value": "truncate(4)"}],
            },
            {"partition_position": 1, "partition_transform": "truncate(4)"},
        ),
        (options(minLength=1), {"min_length": 1}),
        (options(pattern=r"^\d+$"), {"pattern": r"^[0-9]+\z"}),
        ({"quality": [valid_values("a", "b")]}, {"allowed": ("a", "b")}),
        ({"examples": ["a", 1, 2.5, True]}, {"examples": ("a", 1, Exact("2.5"), True)}),
    ],
)
def test_reads_every_rule_on_a_text(write: Write, declared: dict[str, Any], field: dict[str, Any]) -> None:
    (read,) = read_contract(write(ID | declared)).fields

    assert read == Field(name="id", type=Text(), **field)


@pytest.mark.parametrize(
    ("declared", "bounds"),
    [
        (VALUE | options(minimum=1, maximum=9.5), (1, Exact("9.5"))),
        ({"name": "n", "logicalType": "integer"} | options(minimum=1, maximum=9), (1, 9)),
        (DAY | options(minimum="2018-02-01", maximum="2018-02-28"), (date(2018, 2, 1), date(2018, 2, 28))),
        (
            {"name": "t", "logicalType": "timestamp"} | options(minimum="2018-02-01", maximum="2018-02-01T02:00+02:00"),
            (datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 2, 1, tzinfo=UTC)),
        ),
        (
            {"name": "t", "logicalType": "timestamp"}
            | options(minimum="2018-02-01", maximum="2018-02-01T10:00:00.5", timezone=False),
            (datetime(2018, 2, 1), datetime(2018, 2, 1, 10, 0, 0, 500_000)),  # noqa: DTZ001 -- it has no zone
        ),
    ],
)
def test_bounds_are_of_the_fields_type(write: Write, declared: dict[str, Any], bounds: tuple[object, object]) -> None:
    (field,) = read_contract(write(declared)).fields

    assert (field.minimum, field.maximum) == bounds


def test_bounds_may_be_exclusive(write: Write) -> None:
    (field,) = read_contract(write(VALUE | options(exclusiveMinimum=0, exclusiveMaximum=10))).fields

    assert (field.exclusive_minimum, field.exclusive_maximum) == (0, 10)


ZERO: dict[str, Any] = {"at_least": Exact(0), "at_most": Exact(0)}


@pytest.mark.parametrize(
    ("declared", "check"),
    [
        ({"metric": "nullValues", "mustBe": 0}, Check(metric=Metric.NULLS, columns=("id",), **ZERO)),
        (
            {"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent", "dimension": "completeness"},
            Check(
                metric=Metric.NULLS,
                columns=("id",),
                below=Exact(5),
                unit=Unit.PERCENT,
                dimension=Dimension.COMPLETENESS,
            ),
        ),
        (
            {"metric": "missingValues", "mustBe": 0, "arguments": {"missingValues": [None, "N/A"]}},
            Check(metric=Metric.MISSING, columns=("id",), missing=(None, "N/A"), **ZERO),
        ),
        (
            valid_values("a") | {"severity": "warning", "name": "known", "description": "why"},
            Check(
                metric=Metric.INVALID,
                columns=("id",),
                allowed=("a",),
                severity=Severity.WARNING,
                name="known",
                description="why",
                **ZERO,
            ),
        ),
        (
            {"metric": "invalidValues", "mustBeLessOrEqualTo": 3, "arguments": {"pattern": "^a$"}},
            Check(metric=Metric.INVALID, columns=("id",), pattern=r"^a\z", at_most=Exact(3)),
        ),
        (
            {"metric": "duplicateValues", "mustBeBetween": [0, 2.5], "dimension": "conformity"},
            Check(
                metric=Metric.DUPLICATES,
                columns=("id",),
                at_least=Exact(0),
                at_most=Exact("2.5"),
                dimension=Dimension.VALIDITY,
            ),
        ),
        (
            {"type": "sql", "query": "SELECT max(id) FROM ${object}", "mustNotBe": 7, "severity": "error"},
            Check(
                metric=Metric.SQL,
                columns=("id",),
                query="SELECT max(id) FROM ${object}",
                not_equal=Exact(7),
                severity=Severity.ERROR,
            ),
        ),
    ],
)
def test_reads_every_rule_of_a_property(write: Write, declared: dict[str, Any], check: Check) -> None:
    assert read_contract(write(ID | {"quality": [declared]})).checks == (check,)


@pytest.mark.parametrize(
    ("declared", "check"),
    [
        ({"metric": "rowCount", "mustBeGreaterThan": 9}, Check(metric=Metric.ROWS, above=Exact(9))),
        (
            {
                "metric": "rowCount",
                "mustBeGreaterOrEqualTo": 50,
                "unit": "percent",
                "arguments": {"trailingMedian": 7},
            },
            Check(metric=Metric.ROWS, at_least=Exact(50), unit=Unit.PERCENT, trailing_median=7),
        ),
        (
            {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["id"]}},
            Check(metric=Metric.DUPLICATES, columns=("id",), **ZERO),
        ),
        (
            {"type": "sql", "query": "SELECT 1", "mustBe": 1},
            Check(metric=Metric.SQL, query="SELECT 1", at_least=Exact(1), at_most=Exact(1)),
        ),
    ],
)
def test_reads_every_rule_of_the_dataset(write: Write, declared: dict[str, Any], check: Check) -> None:
    assert read_contract(write(schema=schema(quality=[declared]))).checks == (check,)


def test_reads_relationships_of_properties_and_of_the_dataset(write: Write) -> None:
    of_property = ID | {"relationships": [{"to": "people.id"}]}
    composite = {"from": ["events.id", "events.day"], "to": ["plan.id", "plan.date"]}

    assert read_contract(
        write(schema=schema(properties=[of_property, DAY], relationships=[composite]))
    ).relationships == (
        Relationship(columns=("id",), to_dataset="people", to_columns=("id",)),
        Relationship(columns=("id", "day"), to_dataset="plan", to_columns=("id", "date")),
    )


@pytest.mark.parametrize(
    ("unit", "span"), [("min", timedelta(minutes=2)), ("h", timedelta(hours=2)), ("d", timedelta(2))]
)
def test_reads_how_fresh_a_dataset_has_to_be(write: Write, unit: str, span: timedelta) -> None:
    level = {"property": "freshness", "value": 2, "unit": unit, "element": "events.day"}

    assert read_contract(write(DAY, slaProperties=[level])).freshness == Freshness(column="day", at_most=span)


def test_reads_the_settings_of_the_dataset(write: Write) -> None:
    contract = read_contract(
        write(
            schema=custom(
                rejectTolerance=0.05,
                thresholds={"completeness": 0.5, "conformity": 1},
                parquetCompression="zstd",
                sortColumns=["id"],
                postgresIndexes=[["id"]],
                redshiftDistribution="id",
                redshiftSortKey=["id"],
            )
        )
    )

    assert contract.tolerance == Exact("0.05")
    assert contract.thresholds == {
        Dimension.COMPLETENESS: Exact("0.5"),
        Dimension.ACCURACY: Exact("0.98"),
        Dimension.CONSISTENCY: Exact("0.99"),
        Dimension.VALIDITY: Exact(1),
    }
    assert contract.layout == Layout(
        compression="zstd",
        sort_columns=("id",),
        indexes=(("id",),),
        redshift_distribution="id",
        redshift_sort_key=("id",),
    )


def test_reads_the_column_that_places_rows_in_windows(write: Write) -> None:
    placing = {"property": "windowColumn", "value": "day"}
    schema_ = schema(properties=[DAY | {"required": True}], customProperties=[placing])

    assert read_contract(write(schema=schema_)).window_column == "day"


def test_a_dataset_without_such_a_column_is_taken_whole(write: Write) -> None:
    assert read_contract(write(ID)).window_column is None


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    bound = "0.12345678901234567890123456789012345678"
    path.write_text(yaml.safe_dump(document(VALUE | options(minimum="BOUND"))).replace("BOUND", bound))

    assert read_contract(path).fields[0].minimum == Exact(bound)


def test_a_name_that_looks_like_a_timestamp_stays_a_text(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(document(ID)) + "name: 2018-02-01T00:00:00Z\n")

    assert read_contract(path).name == "2018-02-01T00:00:00Z"


@pytest.mark.parametrize("share", [0, 1, 0.5])
def test_a_tolerance_is_a_share_from_0_to_1(write: Write, share: float) -> None:
    assert read_contract(write(schema=custom(rejectTolerance=share))).tolerance == Exact(str(share))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"apiVersion": "v2.0.0"}, "apiVersion: Invalid enum value 'v2.0.0'; write v3.1.0"),
        ({"kind": "Table"}, "kind: Invalid enum value 'Table'; write DataContract"),
        ({"id": None}, "Object missing required field `id`"),
        ({"version": 1}, "version: Expected `str`, got `int`"),
        ({"schema": schema(properties="id")}, "schema[1].properties: Expected `array`, got `str`"),
        ({"schema": schema(logicalType="array")}, "schema[1].logicalType: Invalid enum value 'array'; write object"),
        (
            {"schema": schema(properties=[ID | {"logicalType": "map"}])},
            (
                "schema[1].properties[1].logicalType: Invalid enum value 'map'; write string or number or integer or"
                " boolean or timestamp or date or object or array"
            ),
        ),
        (
            {"schema": schema(quality=[{"metric": "freshness"}])},
            (
                "schema[1].quality[1].metric: Invalid enum value 'freshness'; write nullValues or missingValues or"
                " invalidValues or duplicateValues or rowCount"
            ),
        ),
    ],
)
def test_names_the_place_of_what_is_wrong_with_the_file(write: Write, changes: dict[str, Any], place: str) -> None:
    assert refusal(write(ID, **changes)) == f"{place}. docs/contracts.md lists what a contract may say"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"team": {}}, "nothing here reads `team`, so nobody would keep it; remove it. Read are: apiVersion, "),
        ({"description": {"aim": ""}}, "description: nothing here reads `aim`"),
        ({"schema": schema(properties=[ID | {"requird": True}])}, "did you mean `required`?"),
        ({"schema": schema(properties=[VALUE | options(multipleOf=2)])}, "nothing here reads `multipleOf`"),
        ({"schema": schema(properties=[ID | {"quality": [valid_values("a") | {"rule": "x"}]}])}, "reads `rule`"),
    ],
)
def test_what_the_standard_has_and_nobody_reads_is_refused_by_name(
    write: Write, changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(write(ID, **changes))


@pytest.mark.parametrize(
    ("wrong", "line", "start"),
    [
        ("requird: true", 12, "schema[1].properties[2]: nothing here reads `requird`"),
        ("required: sure", 12, "schema[1].properties[2].required: Expected `bool`"),
        ("unique: [", 13, "not YAML: "),
        ("name: again", 12, "not YAML: key 'name' is there twice; remove one"),
        ("physicalType: money", 12, "property value: physicalType 'money' is no decimal"),
        ("logicalTypeOptions:\n          minimum: much", 13, "minimum is 'much'; give a number"),
        ("primaryKey: true", 10, "property value: primaryKey and primaryKeyPosition go together"),
        ("quality:\n          - {metric: nullValues}", 13, "quality of value: there are 0 operators"),
    ],
)
def test_an_error_names_its_line(tmp_path: Path, wrong: str, line: int, start: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(
        f"""apiVersion: v3.1.0
kind: DataContract
id: a
version: 1.0.0
status: active
schema:
  - name: d
    properties:
      - {{name: id, logicalType: string}}
      - name: value
        logicalType: number
        {wrong}
"""
    )

    found, message = refusal_at(path)

    assert message.startswith(start)
    assert found == line


KEY = {"primaryKey": True, "primaryKeyPosition": 1}
LEVEL = {"property": "freshness", "value": 2, "unit": "h", "element": "events.day"}


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (ID | {"primaryKey": True}, "property id: primaryKey and primaryKeyPosition go together"),
        (ID | {"primaryKeyPosition": 1}, "property id: primaryKey and primaryKeyPosition go together"),
        (ID | {"partitioned": True}, "property id: partitioned and partitionKeyPosition go together"),
        (ID | options(pattern="("), "pattern '(': a group is not closed"),
        (ID | options(pattern="(?i)a"), "pattern '(?i)a': '(?i)' is not portable"),
        (ID | options(minimum=1), "property id: minimum is no option for type string; remove it"),
        (ID | options(format="email"), "property id: format 'email' is not checked here"),
        (ID | options(format="uuid", maxLength=36), "property id: a uuid has no lengths and patterns"),
        (ID | options(minLength=-1), "minLength is -1; give a count from 0"),
        (ID | {"physicalType": "varchar(9)"}, "property id: physicalType 'varchar(9)' is nothing for a string"),
        (ID | {"items": {"logicalType": "string"}}, "property id: items are for type array"),
        (ID | {"properties": [VALUE]}, "property id: properties are for type object"),
        (VALUE | options(pattern="1"), "property value: pattern is no option for type number"),
        (VALUE | options(format="i32"), "property value: format 'i32' is for floating-point numbers"),
        (VALUE | options(minimum="1"), "minimum is '1'; give a number"),
        (VALUE | {"physicalType": "decimal(39,0)"}, "property value: physicalType 'decimal(39,0)' is no decimal"),
        (VALUE | {"physicalType": "decimal(5,6)"}, "property value: physicalType 'decimal(5,6)' is no decimal"),
        ({"name": "n", "logicalType": "integer"} | options(format="u8"), "property n: format 'u8' is no integer"),
        ({"name": "n", "logicalType": "integer", "physicalType": "int"}, "property n: physicalType says nothing"),
        (DAY | options(minimum="1 May"), "minimum is '1 May'; give a day, such as 2018-02-01"),
        (
            {"name": "t", "logicalType": "timestamp"} | options(maximum="2018-02-01T00:00Z", timezone=False),
            "maximum is '2018-02-01T00:00Z', but the timestamp has no zone",
        ),
        ({"name": "", "logicalType": "string"}, "a property has no name"),
        ({"name": "flags", "logicalType": "array"}, "property flags: an array needs items"),
        (
            {"name": "flags", "logicalType": "array", "items": {"logicalType": "string"} | options(maxLength=1)},
            "items of flags: maxLength is not checked on items",
        ),
        (
            {
                "name": "flags",
                "logicalType": "array",
                "items": {"logicalType": "object", "properties": [ID | options(minLength=1)]},
            },
            "items of flags: rules on id are not checked on items",
        ),
        (
            {"name": "o", "logicalType": "object", "properties": [ID | KEY]},
            "property id: primaryKey is for columns",
        ),
        (
            {
                "name": "o",
                "logicalType": "object",
                "properties": [ID | {"quality": [{"metric": "nullValues", "mustBe": 0}]}],
            },
            "property id: inside an object only",
        ),
        (DAY | {"quality": [valid_values("a")]}, "property day: validValues is no rule for date"),
        (ID | {"quality": [valid_values("a"), valid_values("b")]}, "property id: invalidValues twice"),
        (ID | {"quality": [valid_values("yes", True)]}, "property id: True is no text or number; quote it"),
        (ID | {"quality": [valid_values("1", 2)]}, "property id: valid value 2 has to be a text: quote it"),
        (VALUE | {"quality": [valid_values("1")]}, "property value: valid value '1' has to be a number"),
        (
            ID | {"customProperties": [{"property": "icebergTransform", "value": "day"}]},
            "property id: icebergTransform needs partitioned: true",
        ),
        (
            ID
            | {
                "partitioned": True,
                "partitionKeyPosition": 1,
                "customProperties": [{"property": "icebergTransform", "value": "week"}],
            },
            "property id: icebergTransform is 'week'",
        ),
    ],
)
def test_a_property_that_cannot_be_is_refused(write: Write, declared: dict[str, Any], message: str) -> None:
    assert refusal(write(declared)).startswith(message)


@pytest.mark.parametrize(
    ("quality", "message"),
    [
        ({"mustBe": 0}, "a quality rule has either a metric or a query"),
        ({"metric": "nullValues", "query": "SELECT 1", "mustBe": 0}, "a quality rule has either a metric or a query"),
        ({"query": "SELECT 1", "mustBe": 0}, "a query needs type: sql"),
        ({"metric": "nullValues", "type": "sql", "mustBe": 0}, "type sql does not go with what the rule has"),
        ({"metric": "nullValues", "mustBe": 0, "mustBeLessThan": 1}, "quality of id: there are 2 operators"),
        ({"metric": "nullValues", "mustBeBetween": [2, 1]}, "quality of id: mustBeBetween is [2, 1]"),
        (
            {"metric": "nullValues", "mustBe": 0, "arguments": {"pattern": "a"}},
            "quality of id: nullValues has no argument",
        ),
        ({"metric": "invalidValues", "mustBe": 0}, "quality of id: invalidValues needs one argument"),
        ({"metric": "rowCount", "mustBe": 0}, "quality of id: rowCount is a rule of the dataset"),
        (
            {"metric": "nullValues", "mustBeLessThan": 5, "severity": "reject"},
            "quality of id: only a rule on rows that must be 0 can reject rows",
        ),
        (
            {"metric": "duplicateValues", "mustBe": 0, "severity": "reject"},
            "quality of id: only a rule on rows that must be 0 can reject rows",
        ),
        (
            {"type": "sql", "query": "SELECT 1", "mustBe": 0, "unit": "percent"},
            "quality of id: the number of a query has no percent",
        ),
    ],
)
def test_a_rule_that_cannot_be_measured_is_refused(write: Write, quality: dict[str, Any], message: str) -> None:
    assert refusal(write(ID | {"quality": [quality]})).startswith(message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"quality": [{"metric": "nullValues", "mustBe": 0}]},
            "quality of the dataset: nullValues is a rule of a property",
        ),
        (
            {"quality": [{"metric": "rowCount", "mustBe": 50, "unit": "percent"}]},
            "quality of the dataset: percent of rowCount and the argument trailingMedian go together",
        ),
        (
            {"quality": [{"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["gone"]}}]},
            "quality of the dataset: properties ['gone'] are not some of id",
        ),
        ({"relationships": [{"to": "b.c"}]}, "`from` belongs to relationships of the dataset"),
        ({"relationships": [{"from": "events.gone", "to": "b.c"}]}, "`from` names 'events.gone'"),
        ({"relationships": [{"from": "events.id", "to": "c"}]}, "`to` is 'c'; write dataset.column"),
        ({"relationships": [{"from": "events.id", "to": ["b.c", "b.d"]}]}, "1 columns refer to 2; give as many"),
    ],
)
def test_a_dataset_that_cannot_be_is_refused(write: Write, changes: dict[str, Any], message: str) -> None:
    assert refusal(write(schema=schema(**changes))).startswith(message)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([LEVEL, LEVEL], "freshness is there twice; remove one"),
        ([LEVEL | {"element": "events.id"}], "element 'events.id' is no time of this dataset; there is events.day"),
        ([LEVEL | {"value": 0}], "freshness is 0; give a span from 1"),
    ],
)
def test_a_freshness_that_cannot_be_is_refused(write: Write, levels: list[object], message: str) -> None:
    assert refusal(write(ID, DAY, slaProperties=levels)) == message


@pytest.mark.parametrize("share", [-0.01, 1.01, "0.05", True, None, [0]])
def test_a_tolerance_that_is_no_share_is_refused(write: Write, share: object) -> None:
    assert "give a share from 0 to 1" in refusal(write(schema=custom(rejectTolerance=share)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tolerance": 0}, "custom property 'tolerance' is unknown; there are rejectTolerance, thresholds, "),
        ({"thresholds": 0.9}, "thresholds is Decimal('0.9'); give dimensions with their thresholds"),
        ({"thresholds": {"beauty": 0.9}}, "'beauty' is no dimension; there are completeness, "),
        ({"parquetCompression": "lz4"}, "parquetCompression is 'lz4'; write one of snappy, zstd, gzip, none"),
        ({"sortColumns": ["gone"]}, "sortColumns is ['gone']; give a list of columns; there are id"),
        ({"postgresIndexes": ["id"]}, "postgresIndexes is ['id']; give a list"),
        ({"windowColumn": "id"}, "windowColumn is 'id'; name a required date or timestamp column of the source"),
        ({"redshiftDistribution": "key"}, "redshiftDistribution is 'key'; write one of auto, even, all, id"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(write: Write, settings: dict[str, object], message: str) -> None:
    assert message in refusal(write(schema=custom(**settings)))


def test_a_column_that_may_be_null_places_no_row(write: Write) -> None:
    placing = {"property": "windowColumn", "value": "day"}

    assert refusal(write(schema=schema(properties=[DAY], customProperties=[placing]))).endswith("; there is none")


@pytest.mark.parametrize("datasets", [0, 2])
def test_a_file_is_about_one_dataset(write: Write, datasets: int) -> None:
    assert refusal(write(schema=schema() * datasets)) == (
        f"schema has {datasets} objects; give each dataset a file of its own"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=r"absent\.yaml: cannot be read \(No such file or directory\); check the path"
    ):
        read_contract(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    "content",
    [
        b"a: [",
        b"\xff\xfe\xfd",
        b"\x00",
        b"a: &b *c",
        b"? [a]\n: b",
        b"a: .nan",
        b"a: 190:20:30.15",
        b"a: 0b_",
        b"!!int abc",
        b"!!bool abc",
        b"!!python/name:os.system x",
        b"a: 1" + b"0" * 5000,
    ],
)
def test_what_is_no_yaml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "contract.yaml"
    path.write_bytes(content)

    assert refusal(path).startswith("not YAML: ")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.touch()

    assert refusal(path).startswith("Expected `object`, got `null`")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contracts") / "contract.yaml"


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=2),
    max_leaves=4,
)
_properties = st.fixed_dictionaries(
    {
        "name": st.just("a") | _values,
        "logicalType": st.sampled_from(
            ["string", "number", "integer", "boolean", "timestamp", "date", "object", "array", "map"]
        ),
    },
    optional={
        "required": st.booleans() | _values,
        "primaryKey": st.booleans(),
        "primaryKeyPosition": st.integers(-1, 3) | _values,
        "unique": st.booleans() | _values,
        "physicalType": st.sampled_from(["json", "decimal(9,2)"]) | _values,
        "logicalTypeOptions": st.dictionaries(
            st.sampled_from(["minLength", "pattern", "minimum", "exclusiveMaximum", "format", "timezone"]), _values
        ),
        "items": st.fixed_dictionaries({"logicalType": st.sampled_from(["string", "object"])}) | _values,
        "properties": st.lists(
            st.fixed_dictionaries({"name": st.just("b"), "logicalType": st.just("date")}), max_size=2
        ),
        "customProperties": st.lists(
            st.fixed_dictionaries({"property": st.just("icebergTransform"), "value": _values}), max_size=2
        ),
        "relationships": st.lists(st.fixed_dictionaries({"to": _values | st.just("a.b")}), max_size=2),
        "quality": st.lists(_values.map(lambda value: valid_values(value, "a")) | _values, max_size=2),
        "transformLogic": _values,
        "examples": _values,
    },
)
_documents = st.builds(
    document,
    _properties,
    schema=st.none() | _values | st.lists(_properties, max_size=3).map(lambda listed: schema(properties=listed)),
    description=st.none() | _values,
) | st.builds(document, _properties)


@given(_documents.map(yaml.safe_dump) | st.text() | st.text("-[]{}&*!?|>:,#'\"% \nab01.~_=", max_size=40))
@example("&a [*a]")
@example("!!timestamp {}")
@example("!!set {a}")
@example("a: !!binary =")
@example("5: 1")
def test_whatever_is_in_the_file_gives_a_contract_or_a_contract_error(scratch: Path, text: str) -> None:
    scratch.write_text(text, "utf-8")

    try:
        assert isinstance(read_contract(scratch), Contract)
    except ContractError as error:
        assert str(error).startswith(f"{scratch}:")  # noqa: PT017 -- either way is right


def test_refuses_a_field_that_is_declared_twice(write: Write) -> None:
    assert refusal(write(ID, VALUE, ID | {"name": "ID"})).startswith("property 'id' is there twice")


def test_refuses_a_key_position_that_is_taken_twice(write: Write) -> None:
    assert refusal(write(ID | KEY, VALUE | KEY)).startswith("primaryKeyPosition 1 is there twice")


def test_refuses_a_second_tolerance(write: Write) -> None:
    twice = schema(customProperties=[{"property": "rejectTolerance", "value": value} for value in (0.1, 0.2)])

    assert refusal(write(ID, schema=twice)) == "custom property 'rejectTolerance' is there twice; remove one"


@pytest.mark.parametrize("number", [".inf", "!!float nan"])
def test_refuses_a_number_that_nothing_compares_with(tmp_path: Path, number: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(f"id: {number}\n")

    assert "does not fit its notation" in refusal(path)


def test_json_is_yaml_too(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(document(ID)))

    assert read_contract(path).dataset == "events"
