"""Items of a DynamoDB table by parallel scan, one segment at a time, filtered by a window over their timestamps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etl.aws import translate_errors
from etl.windows import Window

Item = dict[str, dict[str, Any]]


@dataclass
class Scan:
    """One segment of a table's scan: iterate over it for the items, then read how many the table looked at."""

    dynamodb: Any
    table: str
    window: Window
    timestamp: str = "timestamp"
    segment: int = 0
    segments: int = 1
    scanned: int = 0

    def __iter__(self) -> Iterator[Item]:
        """Yield the segment's items that the window claims (`Window.claims`), a page in memory at a time.

        Yields
        ------
        dict
            Attribute names to typed values, binary as the client gives it: bytes, or base64 text from
            `etl.aws.client`. As JSON both are the same.

        Raises
        ------
        EtlError
            The table is missing, may not be read, or cannot be reached.
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
            # An eventually consistent scan may miss what was written just before the window closed, and no
            # later window would look there again.
            "ConsistentRead": True,
            # Coarse on purpose: `Window.claims` decides. Whatever is no digit-led text has to come through.
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
