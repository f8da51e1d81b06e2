"""Contracts for tests of the split."""

from etl.contracts.model import Contract, Field
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)

TYPES: dict[str, Type] = {
    "text": Text(),
    "uuid": Uuid(),
    "flag": Boolean(),
    "small": Integer(16),
    "whole": Integer(32),
    "big": Integer(64),
    "amount": Decimal(6, 2),
    "ratio": Float(64),
    "thin": Float(32),
    "day": Date(),
    "at": Timestamp(),
    "local": Timestamp(zoned=False),
}


def contract(*fields: Field) -> Contract:
    return Contract(id="things", version="1.0.0", dataset="things", fields=fields)


def of_types(*names: str) -> Contract:
    return contract(*(Field(name=name, type=TYPES[name]) for name in names))


PAIR = contract(Field(name="id", type=Integer(64), required=True), Field(name="name", type=Text()))
NESTED = contract(
    Field(name="id", type=Integer(64), required=True),
    Field(name="at", type=Timestamp()),
    Field(name="user", type=Struct((Field(name="name", type=Text()), Field(name="born", type=Date())))),
    Field(
        name="items",
        type=Array(
            Field(
                name="element",
                type=Struct((Field(name="sku", type=Text(), required=True), Field(name="price", type=Decimal(6, 2)))),
            )
        ),
    ),
)
DOCUMENT = contract(Field(name="id", type=Integer(64)), Field(name="extra", type=Json()))
