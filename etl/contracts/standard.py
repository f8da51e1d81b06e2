"""The part of the Open Data Contract Standard v3.1 that this project reads, as strict structs.

A key of the standard that is not here is refused by name rather than ignored: a rule that nobody checks is worse
than none. That a file is valid against the whole standard is checked where contracts are written, by the tests,
with the standard's own library; importing its models would double the time that a function takes to start.
Source: https://bitol-io.github.io/open-data-contract-standard/
"""

from decimal import Decimal
from typing import Any, Literal

import msgspec

# A text, a number or a boolean; msgspec has no union of texts and decimals, so the reader looks at these itself.
Scalar = Any


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
    """`logicalTypeOptions` of a property."""

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    exclusive_minimum: int | Decimal | None = None
    exclusive_maximum: int | Decimal | None = None


class ValidValues(_Strict, frozen=True, rename="camel"):
    """`arguments` of the library metric `invalidValues`."""

    valid_values: list[Scalar]


class Quality(_Strict, frozen=True, rename="camel"):
    """`quality` of a property: so far the allowed values."""

    metric: Literal["invalidValues"]
    arguments: ValidValues
    must_be: Literal[0]
    type: Literal["library"] = "library"
    description: str = ""


class Property(_Strict, frozen=True, rename="camel"):
    """`properties` of a schema object: one field."""

    name: str
    logical_type: Literal["string", "number", "integer", "boolean", "timestamp", "date", "object", "array"]
    physical_type: str | None = None
    description: str = ""
    required: bool = False
    primary_key: bool = False
    primary_key_position: int | None = None
    logical_type_options: TypeOptions = TypeOptions()
    quality: list[Quality] = []
    transform_logic: str | None = None
    examples: list[Scalar] = []


class SchemaObject(_Strict, frozen=True, rename="camel"):
    """`schema`: one dataset."""

    name: str
    properties: list[Property]
    physical_name: str | None = None
    logical_type: Literal["object"] = "object"
    description: str = ""
    custom_properties: list[CustomProperty] = []


class DataContract(_Strict, frozen=True, rename="camel"):
    """The file."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    version: str
    status: str
    schema: list[SchemaObject]
    name: str = ""
    description: Description = Description()
