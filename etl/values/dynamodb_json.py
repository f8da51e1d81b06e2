"""Between DynamoDB's typed JSON and plain JSON, without losing a digit, a type or an empty value.

=========================  ====================================  ==============================
DynamoDB                   plain JSON                            written back as
=========================  ====================================  ==============================
S, BOOL, NULL, L, M        string, true or false, null, array,   the same
                           object
N                          number with all its digits (38)       N
B                          `{"$binary": "<base64>"}`             B
SS, NS, BS                 `{"$set": [...]}`                     SS, NS, BS
M whose only key           `{"$map": {...}}`                     M: data that looks like one of
starts with `$`                                                  these forms stays data
=========================  ====================================  ==============================

Source of the typed form: the DynamoDB API reference, AttributeValue.
"""

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Plain = str | int | Decimal | bool | None | list["Plain"] | dict[str, "Plain"]


def to_plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Turn an item of typed attributes, `{"id": {"S": "a"}}`, into a record of plain values (see the table above).

    Binary is base64 text, as JSON carries it. ValueError for a type that DynamoDB does not have.
    """
    return {name: _plain(attribute) for name, attribute in item.items()}


def to_item(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Turn a record of plain values into an item for boto3's client, binary as bytes: the inverse of `to_plain`.

    An attribute that is null is left out. A null inside a list or an object stays, because leaving it out would change
    the value around it.
    """
    return {name: _attribute(value) for name, value in record.items() if value is not None}


def _plain(attribute: Mapping[str, Any]) -> Any:  # noqa: PLR0911 -- one return a type
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return Decimal(value)
        case "M":
            plain = {key: _plain(inner) for key, inner in value.items()}
            return {"$map": plain} if _looks_tagged(plain) else plain
        case "L":
            return [_plain(inner) for inner in value]
        case "NULL":
            return None
        case "B":
            return {"$binary": value}
        case "SS":
            return {"$set": value}
        case "NS":
            return {"$set": [Decimal(member) for member in value]}
        case "BS":
            return {"$set": [{"$binary": member} for member in value]}
    raise ValueError(f"{kind!r} is no type of DynamoDB")


def _attribute(value: Any) -> dict[str, Any]:  # noqa: PLR0911 -- one return a type
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, Decimal)):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [_attribute(inner) for inner in value]}
    if not _looks_tagged(value):
        return {"M": {key: _attribute(inner) for key, inner in value.items()}}
    ((tag, content),) = value.items()
    if tag == "$binary":
        return {"B": base64.b64decode(content)}
    if tag == "$set":
        return _set(content)
    return {"M": {key: _attribute(inner) for key, inner in content.items()}}


def _set(members: list[Any]) -> dict[str, Any]:
    if isinstance(members[0], str):
        return {"SS": members}
    if isinstance(members[0], dict):
        return {"BS": [base64.b64decode(member["$binary"]) for member in members]}
    return {"NS": [str(member) for member in members]}


def _looks_tagged(plain: Mapping[str, Any]) -> bool:
    return len(plain) == 1 and next(iter(plain)).startswith("$")
