"""Whatever happens to whichever AWS call of `lake_export`: readers see the old day or the new one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from serverless_app import executions
from serverless_app.target import local_cloud
from tests.e2e.lake_export.deployed import DAY, KEY, DeployedExport, deployed
from tests.faults.exploration import Exploration, Ran, harm, writing
from tests.faults.injection import environment, journal_of
from tests.faults.plan import Fault, Reach
from tests.faults.snapshots import Snapshot, objects

# Of a record what differs from run to run, and what nobody reads who looks for data.
_OF_A_RUN = ("status", "run", "seconds", "version", "etag", "attempts", "owner", "lease_until", "cause")
CALLS = writing("PutItem", "PutObject", "BatchCreatePartition")
_RUN = re.compile(rb'"run": ?"[^"]+"')


@dataclass
class Subject:
    """The deployed pipeline, as an exploration drives it over one day that was published before and has changed."""

    export: DeployedExport
    old: bytes = b""
    known: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> None:
        """Publish the day as it was, and change it."""
        self.export.measure(1, 40, 1.5)
        assert self.export.run().status == executions.SUCCEEDED
        self.old = self.export.s3.get_object(Bucket=self.export.lake, Key=KEY)["Body"].read()
        key = {"pk": {"S": "lake_export#agent_metrics"}, "sk": {"S": f"chunk#{DAY}"}}
        self.known = self.export.dynamodb.get_item(TableName=self.export.ledger_table, Key=key)["Item"]
        self.export.measure(21, 80, 2.5)

    def run(self) -> Ran:
        self._let_time_pass()
        execution = self.export.run()
        said = execution.output if execution.output and "failed" in execution.output else {"failed": "all"}
        return Ran(
            succeeded=execution.status == executions.SUCCEEDED,
            # A chunk that an attempt has published, unheard, is unchanged to the next.
            output={"failed": said["failed"], "chunks": said.get("published", 0) + said.get("unchanged", 0)},
            retries=sum(len(state.failures) for state in execution.states),
            cause=execution.cause,
        )

    def snapshot(self) -> Snapshot:
        export = self.export
        found = objects(export.s3, export.lake) | objects(export.s3, export.staging)
        nameless = {key: _RUN.sub(b'"run":""', body) for key, body in found.items() if isinstance(body, bytes)}
        record = msgspec.to_builtins(export.record())
        settled = {name: value for name, value in (record or {}).items() if name not in _OF_A_RUN}
        return nameless | {"ledger": json.dumps(settled, sort_keys=True), "partitions": json.dumps(export.partitions())}

    def reset(self) -> None:
        export = self.export
        export.forget()
        stored = export.s3.put_object(Bucket=export.lake, Key=KEY, Body=self.old)
        item = self.known | {"etag": {"S": stored["ETag"]}}
        export.dynamodb.put_item(TableName=export.ledger_table, Item=item)

    def _let_time_pass(self) -> None:
        """Let every lease expire, and every connection be a new one: so that each run makes the same calls."""
        self.export.drop_connections()
        record = self.export.record()
        if record is not None and record.lease_until is not None:
            self.export.dynamodb.update_item(
                TableName=self.export.ledger_table,
                Key={"pk": {"S": "lake_export#agent_metrics"}, "sk": {"S": f"chunk#{DAY}"}},
                UpdateExpression="SET lease_until = :past",
                ExpressionAttributeValues={":past": {"N": "0"}},
            )


@pytest.fixture(scope="module")
def explored(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exploration]:
    home = tmp_path_factory.mktemp("faults")
    cloud = local_cloud(home / "cloud", wait_scale=0, env=environment(home, parameters={}))
    with cloud, deployed(cloud, dev_assembly) as export:
        subject = Subject(export)
        subject.prepare()
        yield Exploration(journal_of(home), subject.run, subject.snapshot, subject.reset)


def test_the_explored_run_makes_every_kind_of_call(explored: Exploration) -> None:
    assert [str(call) for call in explored.undisturbed.calls] == [
        "lake-plan: secrets-manager GetSecretValue",
        "lake-plan: dynamodb Query",
        "lake-export: dynamodb GetItem",
        "lake-export: dynamodb PutItem",
        "lake-export: secrets-manager GetSecretValue",
        "lake-export: s3 HeadObject",
        "lake-export: s3 PutObject",
        "lake-export: s3 PutObject",
        "lake-export: dynamodb PutItem",
        "lake-export: s3 PutObject",
        "lake-export: dynamodb PutItem",
        "lake-catalog: dynamodb Query",
        "lake-catalog: glue BatchGetPartition",
        "lake-catalog: glue GetPartition",
        "lake-catalog: glue GetTable",
        "lake-catalog: glue BatchCreatePartition",
        "lake-validate: glue BatchGetPartition",
        "lake-validate: s3 GetObject",
        "lake-validate: s3 ListObjectsV2",
    ]


@pytest.mark.parametrize(("fault", "operations"), [(Fault.THROTTLE, CALLS), (Fault.TIME_OUT_AFTER, None)])
def test_a_fault_of_one_attempt_is_absorbed(
    explored: Exploration, fault: Fault, operations: frozenset[str] | None
) -> None:
    assert harm(list(explored.explore(fault, operations=operations))) == []


def test_a_function_that_dies_after_a_call_is_run_again(explored: Exploration) -> None:
    assert harm(list(explored.explore(Fault.KILL_AFTER, operations=CALLS))) == []


def test_a_function_that_dies_before_it_writes_to_s3_is_run_again(explored: Exploration) -> None:
    assert harm(list(explored.explore(Fault.KILL_BEFORE, operations={"PutObject"}))) == []


def test_a_call_whose_answers_never_come_leaves_whole_days_and_the_next_run_mends_it(explored: Exploration) -> None:
    assert harm(list(explored.explore(Fault.TIME_OUT_AFTER, Reach.RUN, operations=CALLS))) == []


def test_a_run_that_hangs_and_the_one_that_took_its_chunk_over_are_one_result(explored: Exploration) -> None:
    assert harm(list(explored.overtake(operations=CALLS))) == []
