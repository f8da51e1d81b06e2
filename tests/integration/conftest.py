"""The three handlers with their environment on moto, and a PostgreSQL server for a worker's tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
import pytest

from etl.runs.kept_rejects import RunRejects, read_rejects
from etl.runs.ledger import Ledger
from etl.runs.replays import Replayed, stage_replay
from etl.windows import Window
from lambdas.etl_pipeline.extract import handler as extract
from lambdas.etl_pipeline.load import handler as load
from lambdas.etl_pipeline.transform import handler as transform
from tests.postgres import running_postgres

STARTED = "2018-02-03T02:00:00Z"


@dataclass(frozen=True)
class Cloud:
    """The tables and the bucket, and one way in: run the pipeline."""

    dynamodb: Any
    s3: Any
    context: Any

    def put(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            self.dynamodb.put_item(TableName="source", Item=item)

    def extract(self, segment: int = 0, segments: int = 1, **input_: Any) -> dict[str, Any]:
        event = {"run": "a-run", "started": STARTED, "input": input_, "segment": segment, "segments": segments}
        return extract(event, self.context)

    def transform(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        objects = [{name: part[name] for name in ("key", "records", "bytes")} for part in parts]
        return transform({"run": "a-run", "window": parts[0]["window"], "objects": objects}, self.context)

    def load(self, window: dict[str, str], part: dict[str, Any], *, run: str = "a-run") -> dict[str, Any]:
        reference = {name: part[name] for name in ("key", "records", "bytes")}
        outcomes = part.get("outcomes", [])
        return load({"run": run, "window": window, **reference, "outcomes": outcomes}, self.context)

    def run(self, *, segments: int = 1, **input_: Any) -> dict[str, Any]:
        parts = [self.extract(segment, segments, **input_) for segment in range(segments)]
        transformed = self.transform(parts)
        loaded = self.load(parts[0]["window"], transformed)
        return {"scanned": sum(part["scanned"] for part in parts)} | transformed | loaded

    def rejects(self) -> RunRejects:
        """The rejects of the only run that has some."""
        (found,) = read_rejects(self.s3, "staging")
        return found

    def replay(self, records: list[Replayed]) -> dict[str, Any]:
        """Transform a replay of the only run that has rejects; `load` ends it."""
        window = self.rejects().window
        staged = stage_replay(self.s3, "staging", Window.from_dict(window), records)
        event = {"run": "replay", "window": window, "objects": [msgspec.structs.asdict(staged)], "replay": True}
        return transform(event, self.context)

    def objects(self) -> dict[str, bytes]:
        """Every staging object by key."""
        listed = self.s3.list_objects_v2(Bucket="staging").get("Contents", [])
        return {found["Key"]: self.s3.get_object(Bucket="staging", Key=found["Key"])["Body"].read() for found in listed}

    def destination(self) -> dict[str, dict[str, Any]]:
        """Every item of the destination by id."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName="destination")
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stack configures for the functions."""
    monkeypatch.setenv("SOURCE_TABLE", "source")
    monkeypatch.setenv("DESTINATION_TABLE", "destination")
    monkeypatch.setenv("STAGING_BUCKET", "staging")
    monkeypatch.setenv("LEDGER_TABLE", "etl-runs")


@pytest.fixture
def empty_cloud(environment: None, dynamodb: Any, s3: Any, context: Any) -> Cloud:  # noqa: ARG001 -- only has to stand
    """The handlers without a table or a bucket."""
    return Cloud(dynamodb, s3, context)


@pytest.fixture
def cloud(empty_cloud: Cloud, source_table: str, destination_table: str, bucket: str, ledger: Ledger) -> Cloud:  # noqa: ARG001 -- only has to stand
    assert (source_table, destination_table, bucket) == ("source", "destination", "staging")
    return empty_cloud


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """How to reach the server."""
    with running_postgres() as address:
        yield address


@pytest.fixture
def connection(postgres: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose work is rolled back."""
    with psycopg.connect(postgres) as open_connection:
        yield open_connection
        open_connection.rollback()
