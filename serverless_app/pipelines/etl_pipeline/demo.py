"""A week of earthquakes into the source table, and the seven daily runs that carry them to the destination."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from etl.errors import InputError
from etl.load.dynamodb import put_records
from serverless_app.executions import Execution
from serverless_app.pipelines.demos import fire
from serverless_app.pipelines.etl_pipeline.sample import records
from serverless_app.target import ROOT, LocalTarget, Target

SAMPLE = "earthquakes.json"
COUNTS = ("extracted", "rejected", "loaded")
RULE = "etl-daily-schedule"

# The sample spans 2018-01-31 01:49:59 to 2018-02-07 01:26:13 UTC: seven days that end at 02:00, but for the
# ten minutes before the first.
SCHEDULED = tuple(datetime(2018, 2, day, 2, tzinfo=UTC) for day in range(1, 8))


def load_sample(
    target: Target,
    outputs: dict[str, str],
    *,
    file: Path | None = None,
    rows: int | None = None,
    replace: bool = False,
) -> int:
    """Put the sample into the source table and return how many items it has; a second time changes nothing."""
    if rows is not None or replace:
        raise InputError("the sample of etl_pipeline is a file, put over what is there: leave --rows and --replace out")
    path = file or ROOT / "samples" / SAMPLE
    return put_records(target.client("dynamodb"), outputs["SourceTableName"], records(path), key=("id",)).loaded


def play(target: LocalTarget, outputs: dict[str, str]) -> Iterator[Execution]:
    """Let the schedule fire for every day of the sample, one run after another."""
    for at in SCHEDULED:
        yield fire(target, outputs, RULE, at)


def standing(target: Target, outputs: dict[str, str]) -> int:
    """Return how many items stand in the source table."""
    scan = target.client("dynamodb").get_paginator("scan")
    return sum(page["Count"] for page in scan.paginate(TableName=outputs["SourceTableName"], Select="COUNT"))


def arrived(target: Target, outputs: dict[str, str]) -> dict[str, Any]:
    """Say what stands in the destination: its number of items, and a hash over all that they hold."""
    pages = target.client("dynamodb").get_paginator("scan").paginate(TableName=outputs["DestinationTableName"])
    items = sorted(json.dumps(item, sort_keys=True, default=repr) for page in pages for item in page["Items"])
    return {
        "where": f"table {outputs['DestinationTableName']}",
        "records": len(items),
        "sha256": hashlib.sha256("\n".join(items).encode()).hexdigest(),
    }


def question(outputs: dict[str, str]) -> None:
    """Ask nothing: no SQL reads a DynamoDB table here."""
    del outputs
