"""The sample as records of the source table: a week of earthquakes (USGS, public domain)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from etl.timestamps import format_timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the earthquakes of a GeoJSON file as plain records (`etl.values.dynamodb_json`)."""
    for feature in _decoder.decode(path.read_bytes())["features"]:
        rest = dict(feature["properties"])
        yield {
            "id": feature["id"],
            "name": rest.pop("place"),
            "value": rest.pop("mag"),
            "timestamp": format_timestamp(_EPOCH + timedelta(milliseconds=rest.pop("time"))),
            "properties": rest,
            "geometry": feature["geometry"],
        }
