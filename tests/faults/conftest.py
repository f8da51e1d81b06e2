"""A local cloud whose functions suffer faults, with the toys deployed on it."""

from collections.abc import Callable, Iterator

import pytest

from localcloud import LocalCloud
from serverless_app import executions
from tests.e2e.localcloud.assemblies import function, invoke, machine, role, write_assembly
from tests.faults.exploration import Exploration, Ran
from tests.faults.injection import environment, journal_of
from tests.faults.snapshots import Snapshot, items, objects
from tests.faults.toys import CODE

INVOKE = invoke("toy", Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}])
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
RESOURCES = {
    "Role": role(),
    "Function": function("toy", CODE),
    "Table": TABLE,
    "Bucket": {"Type": "AWS::S3::Bucket"},
    "Machine": machine({"Run": INVOKE}),
}


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Exploration]]:
    """Return the exploration of a toy by its name."""
    home = tmp_path_factory.mktemp("toys")
    with LocalCloud(home / "cloud", wait_scale=0, env=environment(home, parameters={})) as cloud:
        found = cloud.deploy(write_assembly(home / "cdk.out", "toys", RESOURCES, CODE))["toys"]
        table, bucket = found["Table"], found["Bucket"]
        dynamodb, s3, states = (cloud.client(service) for service in ("dynamodb", "s3", "stepfunctions"))

        def run(name: str) -> Ran:
            request = {"toy": name, "table": table, "bucket": bucket}
            arn = executions.start(states, found["Machine"], request)
            ended = executions.follow(states, arn, every=0.01)
            retries = sum(len(state.failures) for state in ended.states)
            return Ran(ended.status == executions.SUCCEEDED, ended.output, retries, ended.cause)

        def snapshot() -> Snapshot:
            return objects(s3, bucket) | items(dynamodb, table, key=("id",))

        def reset() -> None:
            for item in dynamodb.scan(TableName=table)["Items"]:
                dynamodb.delete_item(TableName=table, Key={"id": item["id"]})
            for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
                s3.delete_object(Bucket=bucket, Key=one["Key"])
            s3.put_object(Bucket=bucket, Key="old", Body=b"old")

        yield lambda name: Exploration(journal_of(home), lambda: run(name), snapshot, reset)
