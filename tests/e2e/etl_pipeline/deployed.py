"""The deployed pipeline as a user has it: items go in, runs are started, and what arrived is looked at."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from etl.runs.ledger import Ledger
from localcloud import LocalCloud
from serverless_app import executions

STACK = "EtlPipelineStack"
SAMPLE = Path(__file__).parents[3] / "samples" / "earthquakes.json"
POLL_SECONDS = 0.02
BATCH_ITEMS = 25

Item = dict[str, dict[str, Any]]

_RUN = re.compile(rb'"run": ?"[^"]+"')


@dataclass(frozen=True)
class DeployedPipeline:
    """One deployment of the stack on a running local cloud."""

    cloud: LocalCloud
    outputs: dict[str, str] = field(default_factory=dict)
    ledger_table: str = ""

    @cached_property
    def dynamodb(self) -> Any:
        return self.cloud.client("dynamodb")

    @cached_property
    def s3(self) -> Any:
        return self.cloud.client("s3")

    @cached_property
    def states(self) -> Any:
        return self.cloud.client("stepfunctions")

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.dynamodb, self.ledger_table)

    @property
    def source(self) -> str:
        return self.outputs["SourceTableName"]

    @property
    def destination(self) -> str:
        return self.outputs["DestinationTableName"]

    @property
    def bucket(self) -> str:
        return self.outputs["StagingBucketName"]

    @property
    def machine(self) -> str:
        return self.outputs["StateMachineArn"]

    def put(self, items: Iterable[Item]) -> None:
        """Put items into the source table, as they are."""
        pending = [{"PutRequest": {"Item": item}} for item in items]
        for first in range(0, len(pending), BATCH_ITEMS):
            batch = {self.source: pending[first : first + BATCH_ITEMS]}
            assert not self.dynamodb.batch_write_item(RequestItems=batch)["UnprocessedItems"]

    def run(self, request: dict[str, Any], machine: str | None = None) -> executions.Execution:
        """Run the state machine over an input and return the execution once it is over."""
        return self.follow(executions.start(self.states, machine or self.machine, request))

    def follow(self, arn: str) -> executions.Execution:
        """Return the execution once it is over."""
        # Without its history, which costs the cloud more to tell than all the rest.
        while self.states.describe_execution(executionArn=arn)["status"] == executions.RUNNING:
            time.sleep(POLL_SECONDS)
        return executions.read(self.states, arn)

    def fire(self, at: datetime) -> executions.Execution:
        """Tell the daily rule that it is `at` and return the execution that it started, once it is over."""
        return self.started_by(partial(self.cloud.fire, "etl-daily-schedule", at))

    def send(self, detail: dict[str, Any]) -> executions.Execution:
        """Send the manual trigger event and return the execution that it started, once it is over."""
        entry = {
            "Source": "manual.trigger",
            "DetailType": "ETL Pipeline Trigger",
            "Detail": json.dumps(detail),
        }
        return self.started_by(lambda: self.cloud.client("events").put_events(Entries=[entry]))

    def started_by(self, action: Callable[[], object]) -> executions.Execution:
        """Do something that starts an execution and return that, once it is over."""
        arn = executions.started_by(self.states, self.machine, lambda: _ignore(action()), every=POLL_SECONDS)
        return self.follow(arn)

    def items(self, table: str) -> dict[str, Item]:
        """Return a table's items by their id."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

    def loaded(self) -> dict[str, Item]:
        """Return the items of the destination table by their id."""
        return self.items(self.destination)

    def objects(self) -> dict[str, bytes]:
        """Return every staging object by its key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def lines(self, key: str) -> list[Any]:
        """Return the records of a staging object."""
        return [json.loads(line) for line in self.objects()[key].splitlines()]

    def empty(self) -> None:
        """Remove what earlier tests left in the tables, the ledger and the bucket."""
        for item in self.dynamodb.scan(TableName=self.ledger_table)["Items"]:
            self.dynamodb.delete_item(TableName=self.ledger_table, Key={key: item[key] for key in ("pk", "sk")})
        for table, keys in ((self.source, ("id",)), (self.destination, ("id", "timestamp"))):
            for item in self.items(table).values():
                self.dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})
        for key in self.objects():
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    @contextmanager
    def without_table(self, name: str) -> Iterator[None]:
        """Take a table away for a while."""
        table = self.dynamodb.describe_table(TableName=name)["Table"]
        self.dynamodb.delete_table(TableName=name)
        try:
            yield
        finally:
            kept = {key: table[key] for key in ("TableName", "KeySchema", "AttributeDefinitions")}
            self.dynamodb.create_table(**kept, BillingMode="PAY_PER_REQUEST")

    def log(self, stage: str, run: str) -> list[dict[str, Any]]:
        """Return the structured lines that a stage logged for a run."""
        group = f"/aws/lambda/etl-{stage}"
        pages = self.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        messages = [event["message"] for page in pages for event in page["events"]]
        lines = [json.loads(message) for message in messages if message.startswith("{")]
        return [line for line in lines if line.get("run") == run]


def event(id_: str, timestamp: str, value: str = "1") -> Item:
    """Return an item of the source table that keeps its contract."""
    return {"id": {"S": id_}, "timestamp": {"S": timestamp}, "name": {"S": id_}, "value": {"N": value}}


def without_run(content: bytes) -> bytes:
    """Return what a run wrote without its name, which rejects, marks and scorecards carry."""
    return _RUN.sub(b'"run":"a run"', content)


def deploy(cloud: LocalCloud, assembly: Path) -> DeployedPipeline:
    """Deploy the stack on a running cloud."""
    outputs = cloud.deploy(assembly)
    return DeployedPipeline(cloud, outputs[STACK], outputs["PlatformStack"]["LedgerTableName"])


def _ignore(_: object) -> None:
    return None
