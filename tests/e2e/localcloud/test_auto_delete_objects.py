"""A bucket goes with its stack only when it is empty, or when the stack empties it."""

from typing import Any

import pytest
from botocore.exceptions import WaiterError

from localcloud import LocalCloud
from tests.e2e.localcloud.assemblies import Template
from tests.e2e.localcloud.conftest import Deploy

BUCKET: Template = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
}
EMPTY_IT: Template = {
    "Type": "Custom::S3AutoDeleteObjects",
    "Properties": {"ServiceToken": "not called here", "BucketName": {"Ref": "Bucket"}},
}


def fill(storage: Any, bucket: str) -> None:
    for body in (b"first", b"second"):
        storage.put_object(Bucket=bucket, Key="some/key", Body=body)
    storage.put_object(Bucket=bucket, Key="gone", Body=b"")
    storage.delete_object(Bucket=bucket, Key="gone")


def delete_stack(cloud: LocalCloud, name: str) -> None:
    formation = cloud.client("cloudformation")
    identifier = formation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    formation.delete_stack(StackName=name)
    waiter = formation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=identifier, WaiterConfig={"Delay": 0, "MaxAttempts": 1000})


def test_a_versioned_bucket_is_emptied_and_deleted(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> None:
    bucket = deploy({"Bucket": BUCKET, "Empty": EMPTY_IT})["Bucket"]
    storage = cloud.client("s3")
    fill(storage, bucket)
    delete_stack(cloud, stack_name)
    storage.create_bucket(Bucket=bucket)
    found = storage.list_object_versions(Bucket=bucket)
    storage.delete_bucket(Bucket=bucket)
    assert "Versions" not in found
    assert "DeleteMarkers" not in found


def test_a_full_bucket_fails_the_deletion(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> None:
    bucket = deploy({"Bucket": BUCKET})["Bucket"]
    fill(cloud.client("s3"), bucket)
    with pytest.raises(WaiterError, match="DELETE_FAILED"):
        delete_stack(cloud, stack_name)
    assert cloud.client("s3").get_object(Bucket=bucket, Key="some/key")["Body"].read() == b"second"


def test_a_stack_whose_deletion_failed_is_made_anew(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> None:
    storage = cloud.client("s3")
    bucket = deploy({"Bucket": BUCKET})["Bucket"]
    fill(storage, bucket)
    with pytest.raises(WaiterError):
        delete_stack(cloud, stack_name)
    for version in storage.list_object_versions(Bucket=bucket)["Versions"]:
        storage.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    for marker in storage.list_object_versions(Bucket=bucket)["DeleteMarkers"]:
        storage.delete_object(Bucket=bucket, Key=marker["Key"], VersionId=marker["VersionId"])
    deploy({"Topic": {"Type": "AWS::SNS::Topic"}})
    assert cloud.status().stacks[stack_name] == "CREATE_COMPLETE"
