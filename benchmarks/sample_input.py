"""Any number of records of the sample's shape, each with an id of its own."""

from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec

from etl.pipelines.etl_pipeline.transform import compute, normalise
from etl.values.dynamodb_json import to_item
from serverless_app.pipelines.etl_pipeline.sample import records as sample_records

SAMPLE = Path(__file__).parents[1] / "samples" / "earthquakes.json"

_encoder = msgspec.json.Encoder(decimal_format="number")


def items(count: int) -> Iterator[dict[str, Any]]:
    """Yield items as the source table holds them."""
    sample = [to_item(record) for record in sample_records(SAMPLE)]
    for number, item in enumerate(islice(cycle(sample), count)):
        yield item | {"id": {"S": f"{item['id']['S']}-{number}"}}


def records(count: int) -> Iterator[dict[str, Any]]:
    """Yield records as the transform stage writes them."""
    sample = [compute(normalise(record)) for record in sample_records(SAMPLE)]
    for number, record in enumerate(islice(cycle(sample), count)):
        yield record | {"id": f"{record['id']}-{number}"}


def write_lines(path: Path, things: Iterable[dict[str, Any]]) -> None:
    """Write a staging object, one thing per line."""
    with path.open("wb") as file:
        file.writelines(_encoder.encode(thing) + b"\n" for thing in things)
