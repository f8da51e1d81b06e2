"""The part of the Open Data Contract Standard v3.1 that this project reads, as strict structs.

A key of the standard that is not here is refused by name rather than ignored: a rule that nobody checks is worse
than none. The standard's own library cannot do that, as its models pass over keys that they do not know and read
exact numbers as floats; it checks contracts where they are written (`etl contract check`, the tests), and importing
it would double the time that a function takes to start.
Source: https://bitol-io.github.io/open-data-contract-standard/v3.1.0/
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

# A text, a number or a boolean; msgspec has no union of texts and decimals, so the reader looks at these itself.
Scalar = Any
LogicalType = Literal["string", "number", "integer", "boolean", "timestamp", "date", "object", "array"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Refuses what it does not declare."""


class CustomProperty(_Strict, frozen=True):
    """`customProperties`: a name and a value of our own."""

    property: str
    value: Scalar
    description: str = ""


class Description(_Strict, frozen=True):
    """`description` of the whole contract."""

    purpose: str = ""
    usage: str = ""
    limitations: str = ""


class TypeOptions(_Strict, frozen=True, rename="camel"):
    """`logicalTypeOptions` of a property: numbers, or the texts of days and times."""

    format: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: Scalar = None
    maximum: Scalar = None
    exclusive_minimum: Scalar = None
    exclusive_maximum: Scalar = None
    timezone: bool | None = None


class Arguments(_Strict, frozen=True, rename="camel"):
    """`arguments` of a metric; which go with which is the reader's to say."""

    valid_values: list[Scalar] | None = None
    pattern: str | None = None
    missing_values: list[Scalar] | None = None
    properties: list[str] | None = None
    trailing_median: int | None = None


class Quality(_Strict, frozen=True, rename="camel"):
    """`quality`: a metric of the library, or a query, and one operator."""

    metric: Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"] | None = None
    query: str | None = None
    type: Literal["library", "sql"] | None = None
    arguments: Arguments = Arguments()
    must_be: int | Decimal | None = None
    must_not_be: int | Decimal | None = None
    must_be_greater_than: int | Decimal | None = None
    must_be_greater_or_equal_to: int | Decimal | None = None
    must_be_less_than: int | Decimal | None = None
    must_be_less_or_equal_to: int | Decimal | None = None
    must_be_between: list[int | Decimal] | None = None
    unit: Literal["rows", "percent"] = "rows"
    name: str = ""
    description: str = ""
    dimension: Literal["accuracy", "completeness", "conformity", "consistency", "timeliness", "uniqueness"] | None = (
        None
    )
    severity: Literal["warning", "reject", "error"] | None = None


class Relationship(_Strict, frozen=True, rename={"from_": "from"}):
    """`relationships`: from columns of this dataset to those of another, `dataset.column`."""

    to: str | list[str]
    from_: str | list[str] | None = None
    type: Literal["foreignKey"] = "foreignKey"


class Property(_Strict, frozen=True, rename="camel"):
    """`properties` of a schema object: one field."""

    name: str
    logical_type: LogicalType
    physical_type: str | None = None
    description: str = ""
    business_name: str = ""
    classification: str = ""
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int | None = None
    partitioned: bool = False
    partition_key_position: int | None = None
    logical_type_options: TypeOptions = TypeOptions()
    quality: list[Quality] = []
    relationships: list[Relationship] = []
    properties: list[Property] = []
    items: Item | None = None
    transform_logic: str | None = None
    examples: list[Scalar] = []
    custom_properties: list[CustomProperty] = []


class Item(_Strict, frozen=True, rename="camel"):
    """`items` of an array: a property without a name, and without rules of its own."""

    logical_type: LogicalType
    name: str = "element"
    physical_type: str | None = None
    description: str = ""
    required: bool = False
    logical_type_options: TypeOptions = TypeOptions()
    properties: list[Property] = []
    items: Item | None = None


class SchemaObject(_Strict, frozen=True, rename="camel"):
    """`schema`: one dataset."""

    name: str
    properties: list[Property]
    physical_name: str = ""
    logical_type: Literal["object"] = "object"
    description: str = ""
    quality: list[Quality] = []
    relationships: list[Relationship] = []
    custom_properties: list[CustomProperty] = []


class ServiceLevel(_Strict, frozen=True):
    """`slaProperties`: so far the freshness."""

    property: Literal["freshness"]
    value: int
    unit: Literal["m", "min", "h", "d"]
    element: str
    description: str = ""


class DataContract(_Strict, frozen=True, rename="camel"):
    """The file."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    version: str
    status: str
    schema: list[SchemaObject]
    name: str = ""
    domain: str = ""
    description: Description = Description()
    sla_properties: list[ServiceLevel] = []
