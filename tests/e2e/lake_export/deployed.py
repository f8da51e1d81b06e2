"""The deployed export over a source of a few rows: runs are started, and what readers see is looked at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from etl.pipelines.lake_export.datasets import PIPELINE
from etl.runs.ledger import ChunkRecord, Ledger
from localcloud import LocalCloud
from serverless_app import executions

POLL_SECONDS = 0.02
TABLE = """
CREATE TABLE IF NOT EXISTS agent_metrics (
    id bigint PRIMARY KEY, agent_id text, metric_name text, metric_value double precision, unit text, labels jsonb,
    recorded_at timestamptz
)
"""
DAY = "2024-12-22"
KEY = "agent_metrics/year=2024/month=12/day=22/data.parquet"


@dataclass(frozen=True)
class DeployedExport:
    """One deployment of the stacks on a running local cloud, and one table of its PostgreSQL."""

    cloud: LocalCloud
    outputs: dict[str, str]
    ledger_table: str

    @cached_property
    def s3(self) -> Any:
        return self.cloud.client("s3")

    @cached_property
    def glue(self) -> Any:
        return self.cloud.client("glue")

    @cached_property
    def dynamodb(self) -> Any:
        return self.cloud.client("dynamodb")

    @cached_property
    def states(self) -> Any:
        return self.cloud.client("stepfunctions")

    @cached_property
    def database(self) -> psycopg.Connection:
        return psycopg.connect(self.cloud.postgres().conninfo, autocommit=True)

    @property
    def lake(self) -> str:
        return self.outputs["LakeBucketName"]

    @property
    def staging(self) -> str:
        return self.outputs["StagingBucketName"]

    def measure(self, first: int, last: int, value: float) -> None:
        """Let the day have the measurements from `first` to `last`, all of one value, and no others."""
        with self.database.transaction():
            self.database.execute("DELETE FROM agent_metrics")
            self.database.execute(
                "INSERT INTO agent_metrics SELECT n, 'akira', 'latency_ms', %s, 'ms', '{}', %s::timestamptz"
                " + n * interval '1 second' FROM generate_series(%s::int, %s::int) n",
                (value, f"{DAY}T00:00:00Z", first, last),
            )

    def run(self, **request: Any) -> executions.Execution:
        """Export the day and return the execution once it is over."""
        machine = self.outputs["StateMachineArn"]
        arn = executions.start(self.states, machine, {"date": DAY, "datasets": ["agent_metrics"], **request})
        while self.states.describe_execution(executionArn=arn)["status"] == executions.RUNNING:
            time.sleep(POLL_SECONDS)
        return executions.read(self.states, arn)

    def record(self) -> ChunkRecord | None:
        """Return what the ledger knows of the day."""
        return Ledger(self.dynamodb, self.ledger_table).chunks(PIPELINE, "agent_metrics").get(DAY)

    def partitions(self) -> list[str]:
        """Return the places of the table's partitions."""
        table = {"DatabaseName": self.outputs["DatabaseName"], "TableName": "agent_metrics"}
        return [one["StorageDescriptor"]["Location"] for one in self.glue.get_partitions(**table)["Partitions"]]

    def keys(self, bucket: str) -> list[str]:
        """Return the keys of a bucket's objects."""
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def forget(self) -> None:
        """Remove what runs have left."""
        for bucket in (self.lake, self.staging):
            for key in self.keys(bucket):
                self.s3.delete_object(Bucket=bucket, Key=key)
        for item in self.dynamodb.scan(TableName=self.ledger_table)["Items"]:
            self.dynamodb.delete_item(TableName=self.ledger_table, Key={key: item[key] for key in ("pk", "sk")})
        table = {"DatabaseName": self.outputs["DatabaseName"], "TableName": "agent_metrics"}
        for one in self.glue.get_partitions(**table)["Partitions"]:
            self.glue.delete_partition(**table, PartitionValues=one["Values"])

    def drop_connections(self) -> None:
        """End every connection of the functions: their next one is a new one, as in a new process."""
        self.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type ="
            " 'client backend'"
        )


@contextmanager
def deployed(cloud: LocalCloud, assembly: Path) -> Iterator[DeployedExport]:
    """Deploy the stacks on a running cloud, with a table in its PostgreSQL; both are gone afterwards."""
    outputs = cloud.deploy(assembly)
    exported = DeployedExport(cloud, outputs["LakeExportStack"], outputs["PlatformStack"]["LedgerTableName"])
    exported.database.execute(TABLE)
    try:
        yield exported
    finally:
        exported.database.close()
        # By root, the database lies elsewhere than the cloud's home.
        cloud.reset()
