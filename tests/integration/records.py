"""Items of the sample's shape: nested, a few a day, some of them broken."""

from typing import Any


def event(number: int, timestamp: str, **attributes: dict[str, Any]) -> dict[str, Any]:
    """A good item, with every type that DynamoDB has."""
    return {
        "id": {"S": f"event-{number:03}"},
        "timestamp": {"S": timestamp},
        "name": {"S": f" {number} km SSW of Ñuñoa 😀 "},
        "value": {"N": f"{number}.1234567890123456789012345678"},
        "properties": {
            "M": {
                "felt": {"NULL": True},
                "sources": {"SS": [",us,", ",ci,"]},
                "depths": {"NS": ["1.5", "-2"]},
                "waves": {"BS": [b"\x00", b"\xff"]},
                "digest": {"B": b"\x00\x01"},
                "empty": {"M": {}},
                "$tagged": {"M": {"$set": {"L": [{"BOOL": True}, {"S": ""}]}}},
            }
        },
        "geometry": {"M": {"coordinates": {"L": [{"N": "-118.6693333"}, {"N": "34.5026667"}, {"N": "12.82"}]}}},
    } | attributes


def three_days() -> list[dict[str, Any]]:
    """Twenty-five events on each of the first three days of February 2018, one of the second day's broken."""
    items = [
        event(number, f"2018-02-{1 + number // 25:02}T{number % 24:02}:30:00{['Z', '+00:00', ''][number % 3]}")
        for number in range(75)
    ]
    items[30]["value"] = {"S": "unknown"}
    return items
