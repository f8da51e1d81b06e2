"""DynamoDB's typed JSON to plain JSON and back: nothing is lost on the way through the staging objects."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given

from etl.staging import JsonLinesWriter, read_lines
from etl.values.dynamodb_json import to_item, to_plain
from tests.unit.fakes import MemoryS3
from tests.unit.strategies import by_value, items

DIGITS_38 = "12345678901234567890123456789012345678"


def through_a_line(record: object, decode: Callable[[bytes], Any]) -> Any:
    s3 = MemoryS3()
    with JsonLinesWriter(s3, "staging", "key") as writer:
        writer.write(record)
    (line,) = read_lines(s3, "staging", writer.staged)
    return decode(line)


def through_the_pipeline(item: dict[str, Any]) -> dict[str, Any]:
    extracted = through_a_line(item, msgspec.json.Decoder(dict[str, dict[str, Any]]).decode)
    transformed = through_a_line(to_plain(extracted), msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode)
    return to_item(transformed)


@given(items)
@example({"a": {"M": {"$map": {"M": {"$map": {"L": [{"NULL": True}]}}}}}})
@example({"a": {"M": {"$set": {"L": [{"S": "looks like a set"}]}}}})
@example({"a": {"M": {"$binary": {"S": "AAE="}}}, "b": {"B": b"\x00\x01"}})
@example({"a": {"M": {"$set": {"L": []}, "$binary": {"S": ""}}}})
@example({"$set": {"SS": [""]}, "$map": {"M": {}}, "$binary": {"B": b""}})
@example({"a": {"N": DIGITS_38}, "b": {"N": f"-0.{DIGITS_38}"}, "c": {"N": "9.9E+125"}, "d": {"N": "1E-130"}})
@example({"a": {"NS": ["9" * 38 + "0" * 88, "1E-130"]}, "b": {"BS": [b"", b"\xff"]}})
@example({"a": {"S": ""}, "b": {"L": []}, "c": {"M": {}}, "d": {"M": {"": {"S": "\x00"}}}})
@example({"a": {"S": 'line\nfeed\r\u2028 😀 \x00 "\\'}})
def test_every_item_survives_the_staging_objects(item: dict[str, Any]) -> None:
    expected = {name: by_value(attribute) for name, attribute in item.items() if "NULL" not in attribute}

    assert {name: by_value(attribute) for name, attribute in through_the_pipeline(item).items()} == expected


@pytest.mark.parametrize(
    ("attribute", "plain"),
    [
        ({"S": "é"}, b'"\xc3\xa9"'),
        ({"N": DIGITS_38}, DIGITS_38.encode()),
        ({"N": "-0.00000000000000000000000001"}, b"-1E-26"),
        ({"BOOL": False}, b"false"),
        ({"NULL": True}, b"null"),
        ({"L": [{"N": "1"}, {"S": "1"}]}, b'[1,"1"]'),
        ({"M": {"b": {"N": "1"}, "a": {"NULL": True}}}, b'{"b":1,"a":null}'),
        ({"B": "AAE="}, b'{"$binary":"AAE="}'),
        ({"SS": ["b", "a"]}, b'{"$set":["b","a"]}'),
        ({"NS": ["2.5", "1"]}, b'{"$set":[2.5,1]}'),
        ({"BS": ["AAE="]}, b'{"$set":[{"$binary":"AAE="}]}'),
        ({"M": {"$set": {"S": "x"}}}, b'{"$map":{"$set":"x"}}'),
        ({"M": {"$other": {"S": "x"}}}, b'{"$map":{"$other":"x"}}'),
        ({"M": {"$set": {"S": "x"}, "a": {"S": "y"}}}, b'{"$set":"x","a":"y"}'),
    ],
)
def test_is_written_as_the_table_says(attribute: dict[str, Any], plain: bytes) -> None:
    encoder = msgspec.json.Encoder(decimal_format="number")

    assert encoder.encode(to_plain({"x": attribute})["x"]) == plain


def test_leaves_out_a_null_attribute_but_not_a_null_inside() -> None:
    assert to_item({"gone": None, "list": [None], "map": {"a": None}}) == {
        "list": {"L": [{"NULL": True}]},
        "map": {"M": {"a": {"NULL": True}}},
    }


@pytest.mark.parametrize("number", [7, Decimal(7)])
def test_takes_a_number_as_int_or_decimal(number: int | Decimal) -> None:
    assert to_item({"value": number}) == {"value": {"N": "7"}}


def test_a_boolean_is_no_number() -> None:
    assert to_item({"flag": True}) == {"flag": {"BOOL": True}}


def test_a_type_that_dynamodb_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'X' is no type of DynamoDB"):
        to_plain({"a": {"X": 1}})
