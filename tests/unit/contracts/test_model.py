"""The contract's model: what follows from its fields."""

import pytest

from etl.contracts import Contract, Field
from etl.contracts.types import Array, Date, Integer, Struct, Text


def contract(*fields: Field) -> Contract:
    return Contract(id="c", version="1.0.0", dataset="d", fields=fields)


def test_the_primary_key_follows_the_positions_and_not_the_order_of_the_fields() -> None:
    fields = contract(
        Field(name="second", type=Text(), key_position=2),
        Field(name="none", type=Text()),
        Field(name="first", type=Text(), key_position=1),
    )

    assert fields.primary_key == ("first", "second")


def test_the_partition_columns_follow_their_positions_too() -> None:
    fields = contract(
        Field(name="day", type=Text(), partition_position=2),
        Field(name="none", type=Text()),
        Field(name="year", type=Text(), partition_position=1),
    )

    assert fields.partition_columns == ("year", "day")


def test_the_source_brings_all_but_the_computed_fields() -> None:
    brought = Field(name="brought", type=Text())

    assert contract(brought, Field(name="made", type=Date(), computed="from brought")).source_fields == (brought,)


def test_no_reject_is_tolerated_unless_the_contract_says_so() -> None:
    assert contract().tolerance == 0


def test_the_table_is_called_after_the_dataset_unless_it_has_a_name_of_its_own() -> None:
    assert contract().table == "d"
    assert Contract(id="c", version="1", dataset="d", table="t", fields=()).table == "t"


def test_a_walk_names_fields_inside_structs_by_their_path_and_leaves_out_items() -> None:
    inner = Field(name="zip", type=Text())
    listed = Field(name="tags", type=Array(Field(name="element", type=Struct((inner,)))))
    address = Field(name="address", type=Struct((Field(name="city", type=Struct((inner,))),)))

    assert [path for path, _ in contract(address, listed).walk()] == [
        "address",
        "address.city",
        "address.city.zip",
        "tags",
    ]


def test_a_field_is_found_by_its_name() -> None:
    a = Field(name="a", type=Text())

    assert contract(a).field("a") is a
    with pytest.raises(KeyError, match="b"):
        contract(a).field("b")


@pytest.mark.parametrize(("bits", "least", "most"), [(16, -32768, 32767), (64, -(2**63), 2**63 - 1)])
def test_an_integer_knows_its_range(bits: int, least: int, most: int) -> None:
    assert (Integer(bits).minimum, Integer(bits).maximum) == (least, most)
