"""The contract's model: what follows from its fields."""

from etl.contracts import Contract, Field
from etl.contracts.model import LogicalType


def contract(*fields: Field) -> Contract:
    return Contract(id="c", version="1.0.0", dataset="d", fields=fields)


def test_the_primary_key_follows_the_positions_and_not_the_order_of_the_fields() -> None:
    fields = contract(
        Field(name="second", type=LogicalType.STRING, key_position=2),
        Field(name="none", type=LogicalType.STRING),
        Field(name="first", type=LogicalType.STRING, key_position=1),
    )

    assert fields.primary_key == ("first", "second")


def test_the_source_brings_all_but_the_computed_fields() -> None:
    brought = Field(name="brought", type=LogicalType.STRING)

    assert contract(brought, Field(name="made", type=LogicalType.DATE, computed="from brought")).source_fields == (
        brought,
    )


def test_no_reject_is_tolerated_unless_the_contract_says_so() -> None:
    assert contract().tolerance == 0
