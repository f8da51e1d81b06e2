"""The database goes away in the middle of a chunk: the chunk is exported again, and whole."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serverless_app import executions
from serverless_app.target import local_cloud
from tests.e2e.lake_export.deployed import KEY, DeployedExport, deployed

ROWS = 100
# Ten milliseconds a row: long enough to be caught while its rows are streamed.
SLOW = """
ALTER TABLE agent_metrics RENAME TO measured;
CREATE VIEW agent_metrics AS
    SELECT id, agent_id, metric_name, CASE WHEN pg_sleep(0.01) IS NULL THEN 0 ELSE metric_value END AS metric_value,
        unit, labels, recorded_at
    FROM measured;
"""
STREAMING = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%ORDER BY%' AND query LIKE '%agent_metrics%'
"""


@pytest.fixture(scope="module")
def export(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedExport]:
    cloud = local_cloud(tmp_path_factory.mktemp("gone"), wait_scale=0)
    with cloud, deployed(cloud, dev_assembly) as export:
        yield export


class Enemy(threading.Thread):
    """Ends the connection that reads the table, once."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(daemon=True)
        self._conninfo = conninfo
        self.ended = 0

    def run(self) -> None:
        deadline = time.monotonic() + 60
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            while not self.ended and time.monotonic() < deadline:
                self.ended = len(connection.execute(STREAMING).fetchall())
                time.sleep(0.02)


def test_a_chunk_whose_connection_breaks_is_exported_again_and_whole(export: DeployedExport) -> None:
    export.measure(1, ROWS, 2.5)
    export.database.execute(SLOW)
    enemy = Enemy(export.cloud.postgres().conninfo)
    enemy.start()
    execution = export.run()
    enemy.join()

    assert enemy.ended == 1
    failures = [failure for state in execution.states for failure in state.failures]
    assert any("TransientError" in failure and "agent_metrics" in failure for failure in failures)
    assert execution.status == executions.SUCCEEDED
    body = export.s3.get_object(Bucket=export.lake, Key=KEY)["Body"].read()
    assert sorted(pq.read_table(pa.BufferReader(body)).column("id").to_pylist()) == list(range(1, ROWS + 1))
