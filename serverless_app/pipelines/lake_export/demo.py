"""Days of a workflow system in PostgreSQL, and the daily runs that bring them to the lake, late rows with them."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import InputError
from etl.pipelines.lake_export.datasets import datasets
from etl.postgres.credentials import secret_credentials
from serverless_app.cli.query import ask
from serverless_app.executions import Execution
from serverless_app.pipelines.demos import Question, fire
from serverless_app.pipelines.lake_export import sample
from serverless_app.source_database import SECRET, open_database
from serverless_app.target import LocalTarget, Target

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

SAMPLE = "five PostgreSQL tables"
COUNTS = ("published", "unchanged", "rows", "rejected", "bytes")
RULE = "lake-export-daily-schedule"

# Each exports the day before it; some tasks of the last day go on into the next.
SCHEDULED = tuple(datetime(2024, 12, day, 2, tzinfo=UTC) for day in range(16, 25))
# Rows that come when their day is exported already: the look-back of the next run finds them.
LATE_DAY = date(2024, 12, 17)
LATE_AFTER = SCHEDULED[-2]
LATE_ROWS = 25


def load_sample(
    target: Target,
    outputs: dict[str, str],
    *,
    file: Path | None = None,
    rows: int | None = None,
    replace: bool = False,
) -> int:
    """Make and fill the tables and return how many rows stand in them; a second time changes nothing."""
    del outputs
    if file is not None:
        raise InputError("the sample of lake_export comes from no file: leave --file out; --rows says how many")
    with _database(target) as connection:
        return sample.load(connection, rows or sample.ROWS, replace=replace)


def late_rows(target: Target, day: date, rows: int) -> int:
    """Add rows to a day and return how many are new."""
    with _database(target) as connection:
        return sample.late_rows(connection, day, rows)


def play(target: LocalTarget, outputs: dict[str, str]) -> Iterator[Execution]:
    """Let the schedule fire for every day of the sample, with some rows late."""
    for at in SCHEDULED:
        yield fire(target, outputs, RULE, at)
        if at == LATE_AFTER:
            late_rows(target, LATE_DAY, LATE_ROWS)


def standing(target: Target, outputs: dict[str, str]) -> int:
    """Return how many rows stand in the tables."""
    del outputs
    with _database(target) as connection, closing(connection.cursor()) as cursor:
        return sample.standing(cursor)


def arrived(target: Target, outputs: dict[str, str]) -> dict[str, Any]:
    """Say what stands in the lake: the rows that Athena counts, and a hash over its files."""
    counts = " UNION ALL ".join(f"SELECT count(*) AS n FROM {contract.table}" for contract in datasets().values())  # noqa: S608
    answer = ask(
        target,
        f"SELECT sum(n) FROM ({counts})",  # noqa: S608 -- tables of ours
        database=outputs["DatabaseName"],
        workgroup=outputs["WorkgroupName"],
        location=None,
    )
    pages = target.client("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs["LakeBucketName"])
    files = sorted(f"{one['Key']} {one['ETag']}" for page in pages for one in page.get("Contents", []))
    return {
        "where": f"{len(files)} files of s3://{outputs['LakeBucketName']}",
        "records": int(answer.rows[0][0] or 0),
        "sha256": hashlib.sha256("\n".join(files).encode()).hexdigest(),
    }


def question(outputs: dict[str, str]) -> Question:
    """Ask what a day of workflows took."""
    sql = (
        "SELECT year, month, day, count(*) AS workflows, sum(total_tokens) AS tokens, sum(total_cost_usd) AS usd"
        " FROM workflows GROUP BY year, month, day ORDER BY year, month, day"
    )
    return Question(sql, outputs["DatabaseName"], outputs["WorkgroupName"])


def _database(target: Target) -> "AbstractContextManager[Connection]":
    if isinstance(target, LocalTarget):
        target.cloud.postgres()
    return open_database(target, secret_credentials(SECRET, target.client))
