"""One contract with nearly everything in it, for the engines' golden texts and for real engines."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as Digits

from etl.contracts.model import Check, Contract, Field, Layout, Metric, Relationship, Severity
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
    Uuid,
)

_FIELDS = (
    Field(name="order_id", type=Uuid(), key_position=1, description="Who's order\nit is: \\o/"),
    Field(name="line", type=Integer(16), key_position=2, minimum=Digits(1)),
    Field(name="customer", type=Integer(32), required=True, description="Number of the customer"),
    Field(name="sequence", type=Integer(64), unique=True),
    Field(name="sku", type=Text(12), min_length=3, max_length=12, pattern=r"^[A-Z]{2}-[0-9]+\z", required=True),
    Field(name="state", type=Text(), allowed=("new", "it's paid", "sent")),
    Field(name="amount", type=Decimal(12, 2), minimum=Digits(0), exclusive_maximum=Digits("1E+9")),
    Field(name="weight", type=Float(64), exclusive_minimum=Digits(0), maximum=Digits("0.1")),
    Field(name="rating", type=Float(32)),
    Field(name="gift", type=Boolean(), business_name="Is it a gift?"),
    Field(name="ordered_at", type=Timestamp(), minimum=datetime(2018, 1, 1, tzinfo=UTC)),
    Field(name="delivered", type=Timestamp(zoned=False), maximum=datetime(2030, 1, 1, 12)),  # noqa: DTZ001
    Field(name="due", type=Date(), minimum=date(2018, 1, 1)),
    Field(name="extra", type=Json(), description="Whatever the shop sent"),
    Field(name="labels", type=Array(Field(name="element", type=Text(), required=True))),
    Field(
        name="address",
        type=Struct(
            (
                Field(name="city", type=Text(), required=True),
                Field(name="position", type=Struct((Field(name="lat", type=Float()), Field(name="lon", type=Float())))),
            )
        ),
    ),
    Field(
        name="payments",
        type=Array(
            Field(
                name="element",
                type=Struct((Field(name="paid", type=Decimal(38, 9)), Field(name="at", type=Timestamp()))),
            )
        ),
    ),
    Field(name="day", type=Date(), required=True, partition_position=1, computed="date(ordered_at)"),
    Field(name="region", type=Text(), required=True, partition_position=2, description="Where it was sold"),
)

ORDERS = Contract(
    id="urn:shop:orders",
    version="1.4.0",
    dataset="orders",
    table="order",
    description="Lines of orders, as the shop's system keeps them",
    fields=_FIELDS,
    relationships=(Relationship(columns=("customer",), to_dataset="customers", to_columns=("id",)),),
    checks=(
        Check(metric=Metric.DUPLICATES, columns=("customer", "ordered_at"), at_least=Digits(0), at_most=Digits(0)),
        Check(
            metric=Metric.INVALID,
            columns=("region",),
            pattern="^[a-z]+",
            at_least=Digits(0),
            at_most=Digits(0),
            name="regions are lower case",
        ),
        Check(
            metric=Metric.INVALID,
            columns=("region",),
            allowed=("north",),
            at_most=Digits(0),
            severity=Severity.WARNING,
        ),
    ),
    layout=Layout(
        compression="zstd",
        indexes=(("ordered_at",), ("customer", "due")),
        redshift_distribution="customer",
        redshift_sort_key=("ordered_at", "customer"),
    ),
)


def transformed(**transforms: str | None) -> Contract:
    """Return the contract partitioned by transforms of these fields, and by nothing else."""
    fields = tuple(
        replace(
            field,
            partition_position=[*transforms].index(field.name) + 1 if field.name in transforms else None,
            partition_transform=transforms.get(field.name),
        )
        for field in ORDERS.fields
    )
    return replace(ORDERS, fields=fields)
