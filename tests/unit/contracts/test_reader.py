"""Contract files: all that they say arrives in the model, and an error names the file, the place and the fix."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from etl.contracts import Contract, Field, read_contract
from etl.contracts.model import LogicalType
from etl.errors import ContractError
from tests.unit.contracts.conftest import Write, document

ID = {"name": "id", "logicalType": "string"}
VALUE = {"name": "value", "logicalType": "number"}


def schema(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": "events", "properties": [ID]} | changes]


def tolerance(value: object, name: str = "rejectTolerance") -> list[dict[str, Any]]:
    return schema(customProperties=[{"property": name, "value": value}])


def valid_values(*values: object) -> dict[str, Any]:
    return {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": list(values)}}


def refusal(path: Path) -> str:
    with pytest.raises(ContractError) as error:
        read_contract(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_reads_who_the_contract_is(write: Write) -> None:
    contract = read_contract(write(ID, schema=tolerance(0.05)))

    assert contract == Contract(
        id="a-contract",
        version="1.2.3",
        dataset="events",
        fields=(Field(name="id", type=LogicalType.STRING),),
        tolerance=Decimal("0.05"),
    )


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ({"required": True}, {"required": True}),
        ({"description": "what it is"}, {"description": "what it is"}),
        ({"transformLogic": "from another"}, {"computed": "from another"}),
        ({"primaryKey": True, "primaryKeyPosition": 2}, {"required": True, "key_position": 2}),
        ({"logicalTypeOptions": {"minLength": 1, "maxLength": 9}}, {"min_length": 1, "max_length": 9}),
        ({"logicalTypeOptions": {"pattern": "^a+$"}}, {"pattern": "^a+$"}),
        ({"quality": [valid_values("a", "b")]}, {"allowed": ("a", "b")}),
        ({"examples": ["a", 1, 2.5, True], "physicalType": "S"}, {}),
    ],
)
def test_reads_every_rule_on_a_text(write: Write, declared: dict[str, Any], field: dict[str, Any]) -> None:
    (read,) = read_contract(write(ID | declared)).fields

    assert read == Field(name="id", type=LogicalType.STRING, **field)


@pytest.mark.parametrize("type_", ["number", "integer"])
def test_reads_every_rule_on_a_number(write: Write, type_: str) -> None:
    options = {"minimum": 1, "maximum": 9.5, "exclusiveMinimum": 0, "exclusiveMaximum": 10}

    (read,) = read_contract(write({"name": "n", "logicalType": type_, "logicalTypeOptions": options})).fields

    assert read == Field(
        name="n",
        type=LogicalType(type_),
        minimum=Decimal(1),
        maximum=Decimal("9.5"),
        exclusive_minimum=Decimal(0),
        exclusive_maximum=Decimal(10),
    )


@pytest.mark.parametrize("type_", list(LogicalType))
def test_reads_every_type(write: Write, type_: str) -> None:
    (read,) = read_contract(write({"name": "a", "logicalType": str(type_)})).fields

    assert read.type is type_


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    bound = "0.12345678901234567890123456789012345678"
    options = {"logicalTypeOptions": {"minimum": "BOUND"}}
    path.write_text(yaml.safe_dump(document(VALUE | options)).replace("BOUND", bound))

    assert read_contract(path).fields[0].minimum == Decimal(bound)


def test_an_example_that_looks_like_a_timestamp_stays_a_text(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(document(ID)) + "name: 2018-02-01T00:00:00Z\n")

    assert read_contract(path).id == "a-contract"


@pytest.mark.parametrize("share", [0, 1, 0.5])
def test_a_tolerance_is_a_share_from_0_to_1(write: Write, share: float) -> None:
    assert read_contract(write(schema=tolerance(share))).tolerance == Decimal(str(share))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"apiVersion": "v2.0.0"}, "Invalid enum value 'v2.0.0' - at `$.apiVersion`"),
        ({"kind": "Table"}, "Invalid enum value 'Table' - at `$.kind`"),
        ({"id": None}, "Object missing required field `id`"),
        ({"version": 1}, "Expected `str`, got `int` - at `$.version`"),
        ({"team": {}}, "Object contains unknown field `team`"),
        ({"description": {"aim": ""}}, "Object contains unknown field `aim` - at `$.description`"),
        ({"schema": schema(properties="id")}, "Expected `array`, got `str` - at `$.schema[0].properties`"),
        ({"schema": schema(logicalType="array")}, "Invalid enum value 'array' - at `$.schema[0].logicalType`"),
    ],
)
def test_names_the_place_of_what_is_wrong_with_the_file(write: Write, changes: dict[str, Any], place: str) -> None:
    assert refusal(write(ID, **changes)) == f"{place}. docs/contracts.md lists what a contract may say"


@pytest.mark.parametrize(
    ("declared", "place"),
    [
        ({"unique": True}, "Object contains unknown field `unique` - at `$.schema[0].properties[1]`"),
        ({"required": "yes"}, "Expected `bool`, got `str` - at `$.schema[0].properties[1].required`"),
        ({"logicalType": "map"}, "Invalid enum value 'map' - at `$.schema[0].properties[1].logicalType`"),
        (
            {"logicalTypeOptions": {"multipleOf": 2}},
            "Object contains unknown field `multipleOf` - at `$.schema[0].properties[1].logicalTypeOptions`",
        ),
        (
            {"quality": [{"metric": "nullValues", "mustBe": 0}]},
            "Invalid enum value 'nullValues' - at `$.schema[0].properties[1].quality[0].metric`",
        ),
    ],
)
def test_names_the_place_of_what_is_wrong_with_a_property(write: Write, declared: dict[str, Any], place: str) -> None:
    assert refusal(write(ID, VALUE | declared)) == f"{place}. docs/contracts.md lists what a contract may say"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (ID | {"primaryKey": True}, "property id: primaryKey and primaryKeyPosition go together"),
        (ID | {"primaryKeyPosition": 1}, "property id: primaryKey and primaryKeyPosition go together"),
        (ID | {"logicalTypeOptions": {"pattern": "("}}, "property id: pattern '(': "),
        (ID | {"logicalTypeOptions": {"minimum": 1}}, "property id: minimum is no rule for type string; remove it"),
        (VALUE | {"logicalTypeOptions": {"pattern": "1"}}, "property value: pattern is no rule for type number"),
        (
            {"name": "flags", "logicalType": "array", "logicalTypeOptions": {"maxLength": 1}},
            "property flags: maxLength is no rule for type array; remove it",
        ),
        (
            {"name": "flags", "logicalType": "array", "quality": [valid_values("a")]},
            "property flags: invalidValues is no rule for array",
        ),
        (
            ID | {"quality": [valid_values("a"), valid_values("b")]},
            "property id: invalidValues twice; give one list of valid values",
        ),
        (ID | {"quality": [valid_values("yes", True)]}, "property id: True is no text or number; quote it"),
        (ID | {"quality": [valid_values(None)]}, "property id: None is no text or number; quote it"),
    ],
)
def test_a_rule_that_cannot_be_checked_is_refused(write: Write, declared: dict[str, Any], message: str) -> None:
    assert refusal(write(declared)).startswith(message)


@pytest.mark.parametrize("share", [-0.01, 1.01, "0.05", True, None, [0]])
def test_a_tolerance_that_is_no_share_is_refused(write: Write, share: object) -> None:
    assert "give a share from 0 to 1" in refusal(write(schema=tolerance(share)))


def test_an_unknown_custom_property_is_refused_by_name(write: Write) -> None:
    assert refusal(write(schema=tolerance(0, "tolerance"))) == (
        "custom property 'tolerance' is unknown; there is rejectTolerance"
    )


@pytest.mark.parametrize("datasets", [0, 2])
def test_a_file_is_about_one_dataset(write: Write, datasets: int) -> None:
    assert refusal(write(schema=schema() * datasets)) == (
        f"schema has {datasets} objects; give each dataset a file of its own"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent.yaml") == "cannot be read (No such file or directory); check the path"


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
    {"name": st.just("a") | _values, "logicalType": st.sampled_from([*map(str, LogicalType), "map"])},
    optional={
        "required": st.booleans() | _values,
        "primaryKey": st.booleans(),
        "primaryKeyPosition": st.integers(-1, 3) | _values,
        "logicalTypeOptions": st.dictionaries(
            st.sampled_from(["minLength", "pattern", "minimum", "exclusiveMaximum", "format"]), _values
        ),
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
        assert str(error).startswith(f"{scratch}: ")  # noqa: PT017 -- either way is right


def test_refuses_a_field_that_is_declared_twice(write: Write) -> None:
    assert refusal(write(ID, VALUE, ID)) == "property 'id' is there twice; remove one"


def test_refuses_a_key_position_that_is_taken_twice(write: Write) -> None:
    key = {"primaryKey": True, "primaryKeyPosition": 1}

    assert refusal(write(ID | key, VALUE | key)) == "primaryKeyPosition 1 is there twice; remove one"


def test_refuses_a_second_tolerance(write: Write) -> None:
    twice = schema(customProperties=[{"property": "rejectTolerance", "value": value} for value in (0.1, 0.2)])

    assert refusal(write(ID, schema=twice)) == "custom property 'rejectTolerance' is there twice; remove one"


def test_refuses_a_key_that_stands_twice_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("id: a\nversion: 1.0.0\nid: b\n")

    message = refusal(path)

    assert "key 'id' is there twice" in message
    assert "line 1" in message


@pytest.mark.parametrize("number", [".inf", "!!float nan"])
def test_refuses_a_number_that_nothing_compares_with(tmp_path: Path, number: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(f"id: {number}\n")

    assert "does not fit its notation" in refusal(path)
