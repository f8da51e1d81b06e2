"""Every kind of value that DynamoDB has goes from table to table as it is."""

from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.etl_pipeline.deployed import DeployedPipeline, Item, event

NOON = "2018-02-01T12:00:00Z"
DIGITS = "-0.12345678901234567890123456789012345678"
KINDS: Item = {
    "digits": {"N": DIGITS},
    "tiny": {"N": "1E-130"},
    "text": {"S": "Þingvellir 🌋 \u0000 \u2028"},
    "empty": {"S": ""},
    "flag": {"BOOL": False},
    "binary": {"B": b"\x00\xff"},
    "texts": {"SS": ["b", "a"]},
    "numbers": {"NS": ["2", "1.5"]},
    "binaries": {"BS": [b"\x01", b"\x02"]},
    "list": {"L": [{"L": []}, {"M": {}}, {"NULL": True}, {"N": "9007199254740993"}]},
    "map": {"M": {"$": {"M": {"deep": {"N": "1"}}}, "": {"S": "no name"}}},
}


def by_kind(attribute: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute so that sets are equal in any order, and numbers however they are written."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        return {kind: Decimal(value)}
    return {kind: sorted(value) if kind in {"SS", "NS", "BS"} else value}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_attribute_arrives_as_it_was(kinds: Item, name: str) -> None:
    assert by_kind(kinds[name]) == by_kind(KINDS[name])


@pytest.fixture(scope="module")
def kinds(deployment: DeployedPipeline) -> Item:
    """The item with every kind of attribute, as it stands in the destination."""
    deployment.empty()
    deployment.put([event("kinds", NOON) | KINDS])
    deployment.run({"date": "2018-02-01"})
    return deployment.loaded()["kinds"]


def test_the_computed_fields_are_added(kinds: Item) -> None:
    assert (kinds["event_date"], kinds["event_hour"]) == ({"S": "2018-02-01"}, {"N": "12"})


def test_a_null_attribute_is_skipped(pipeline: DeployedPipeline) -> None:
    pipeline.put([event("null", NOON) | {"nothing": {"NULL": True}}])
    pipeline.run({"date": "2018-02-01"})
    assert "nothing" not in pipeline.loaded()["null"]


def test_an_offset_is_placed_and_written_in_utc(pipeline: DeployedPipeline) -> None:
    pipeline.put([event("offset", "2018-02-02T01:30:00+02:00")])
    pipeline.run({"date": "2018-02-01"})
    assert pipeline.loaded()["offset"]["timestamp"] == {"S": "2018-02-01T23:30:00Z"}
