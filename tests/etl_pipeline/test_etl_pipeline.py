"""The complete test of `etl_pipeline`, against the local cloud or an AWS account.

    python tests/etl_pipeline/test_etl_pipeline.py [--target local|aws]

Puts two items into the source table, starts the pipeline over their day by hand and by an event, waits for both
runs, and checks what stands in the staging bucket and in the destination table. pytest runs the same.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from localcloud import LocalCloudError
from serverless_app import executions
from serverless_app.executions import Execution
from serverless_app.pipelines import find_pipeline
from serverless_app.target import LOCAL_HOME, LocalTarget, Target, TargetError, TargetName, open_target

DAY = "2024-01-15"
WINDOW = "20240115T000000Z-20240116T000000Z"
ITEMS = {
    "item-001": {"name": "Test Item 1", "value": "100", "timestamp": f"{DAY}T10:00:00Z"},
    "item-002": {"name": "Test Item 2", "value": "200", "timestamp": f"{DAY}T11:00:00Z"},
}


def check_pipeline(target: Target, say: Callable[[str], None]) -> None:
    """Populate, trigger in both ways, wait and verify; AssertionError says what is not as it should be."""
    outputs = target.outputs(find_pipeline("etl_pipeline"))
    say(f"the stack is deployed: {json.dumps(outputs)}")
    _populate(target.client("dynamodb"), outputs["SourceTableName"])
    say(f"{len(ITEMS)} items stand in {outputs['SourceTableName']}")
    for how, execution in _runs(target, outputs["StateMachineArn"]):
        assert execution.status == executions.SUCCEEDED, f"{execution.error}: {execution.cause}"
        loaded = execution.output["loaded"]
        say(f"run {execution.run}, started {how}: loaded {loaded} in {execution.seconds:.1f} s")
        assert loaded >= len(ITEMS), f"only {loaded} items were loaded"
        assert execution.output["keys"]["transform"] == f"transform/{WINDOW}/data.json"
        _check_staging(target.client("s3"), outputs["StagingBucketName"], execution.output["keys"], say)
        _check_destination(target.client("dynamodb"), outputs["DestinationTableName"], say)


def _populate(dynamodb: Any, table: str) -> None:
    for id_, fields in ITEMS.items():
        item = {"id": {"S": id_}, "name": {"S": fields["name"]}, "value": {"N": fields["value"]}}
        dynamodb.put_item(TableName=table, Item=item | {"timestamp": {"S": fields["timestamp"]}})


def _runs(target: Target, machine: str) -> Iterator[tuple[str, Execution]]:
    """Yield a run that is started directly, then one that the manual trigger event starts."""
    states, every = target.client("stepfunctions"), target.poll_seconds
    arn = executions.start(states, machine, {"date": DAY})
    yield "by hand", executions.follow(states, arn, every=every)
    arn = executions.started_by(states, machine, lambda: _send(target.client("events")), every=every)
    yield "by an event", executions.follow(states, arn, every=every)


def _send(events: Any) -> None:
    entry = {
        "Source": "manual.trigger",
        "DetailType": "ETL Pipeline Trigger",
        "Detail": json.dumps({"action": "start", "date": DAY}),
    }
    answer = events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, f"the event was refused: {answer['Entries']}"


def _check_staging(s3: Any, bucket: str, keys: dict[str, Any], say: Callable[[str], None]) -> None:
    for key in (*keys["extract"], keys["transform"]):
        lines = s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
        say(f"s3://{bucket}/{key} holds {len(lines)} records")
        assert len(lines) >= len(ITEMS), f"{key} lacks some of {', '.join(ITEMS)}"


def _check_destination(dynamodb: Any, table: str, say: Callable[[str], None]) -> None:
    for id_, fields in ITEMS.items():
        key = {"id": {"S": id_}, "timestamp": {"S": fields["timestamp"]}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        assert item is not None, f"{id_} is not in {table}"
        assert item["name"] == {"S": fields["name"]}
        assert item["value"] == {"N": fields["value"]}
        assert item["event_date"] == {"S": DAY}
        say(f"{id_} stands in {table}")


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalTarget]:
    monkeypatch.setenv(LOCAL_HOME, str(tmp_path))
    target = LocalTarget()
    yield target
    target.cloud.stop()


def test_two_items_arrive_by_hand_and_by_an_event(target: LocalTarget) -> None:
    said: list[str] = []
    check_pipeline(target, said.append)
    assert [line for line in said if "stands in etl-destination-data" in line] == [
        f"{id_} stands in etl-destination-data" for id_ in (*ITEMS, *ITEMS)
    ]


def main() -> int:
    """Return the exit code: 0 when all is as it should be."""
    parser = argparse.ArgumentParser(description="Test etl_pipeline whole: populate, trigger, wait, verify.")
    parser.add_argument("--target", type=TargetName, choices=list(TargetName), default=TargetName.LOCAL)
    try:
        check_pipeline(open_target(parser.parse_args().target), _say)
    except (AssertionError, BotoCoreError, ClientError, LocalCloudError, TargetError, TimeoutError) as error:
        sys.stderr.write(f"FAILED  {error}\n")
        return 1
    sys.stdout.write("The pipeline works.\n")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"ok  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
