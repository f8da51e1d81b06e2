"""Small contracts, built in one line."""

from typing import Any

from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Struct, Type


def contract(*fields: Field, **changes: Any) -> Contract:
    """Return a contract of the dataset `events` with these fields."""
    return Contract(id="a-contract", version="1.2.3", fields=fields, **{"dataset": "events", **changes})


def one(type_: Type, name: str = "value", **rules: Any) -> Contract:
    """Return a contract with one field."""
    return contract(Field(name=name, type=type_, **rules))


def array(type_: Type) -> Array:
    """Return an array of plain items."""
    return Array(Field(name="element", type=type_))


def struct(**types: Type) -> Struct:
    """Return a struct of optional fields."""
    return Struct(tuple(Field(name=name, type=type_) for name, type_ in types.items()))
