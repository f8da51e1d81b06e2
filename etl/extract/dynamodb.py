"""Items of a DynamoDB table by parallel scan, a segment at a time, filtered by a window over their timestamps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etl.aws import translate_errors
from etl.windows import Window

Item = dict[str, dict[str, Any]]


@dataclass
class Scan:
    """One segment of a table's scan: iterate over its items; `scanned` counts the items that the table looked at."""

    dynamodb: Any
    table: str
    window: Window
    timestamp: str = "timestamp"
    segment: int = 0
    segments: int = 1
    scanned: int = 0

    def __iter__(self) -> Iterator[Item]:
        """Yield the items that the window claims (`Window.claims`), with a page in memory at a time.

        Binary is as the client gives it: bytes, or base64 text from `etl.aws.client`. EtlError when the table is
        missing, may not be read, or cannot be reached.
        """
        request = self._request()
        while True:
            with translate_errors(f"table {self.table}"):
                page = self.dynamodb.scan(**request)
            self.scanned += page["ScannedCount"]
            for item in page["Items"]:
                if self.window.claims(item.get(self.timestamp, {}).get("S")):
                    yield item
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _request(self) -> dict[str, Any]:
        low, high = self.window.text_bounds()
        return {
            "TableName": self.table,
            "Segment": self.segment,
            "TotalSegments": self.segments,
            # An eventually consistent scan may miss an item that was written just before the window closed,
            # and no later window looks there again.
            "ConsistentRead": True,
            # Coarse on purpose: `Window.claims` decides. Anything but a text that starts with a digit must pass.
            "FilterExpression": (
                "#t BETWEEN :low AND :high OR attribute_not_exists(#t)"
                " OR NOT attribute_type(#t, :string) OR #t < :zero OR #t >= :colon"
            ),
            "ExpressionAttributeNames": {"#t": self.timestamp},
            "ExpressionAttributeValues": {
                ":low": {"S": low},
                ":high": {"S": high},
                ":string": {"S": "S"},
                ":zero": {"S": "0"},
                ":colon": {"S": ":"},
            },
        }
