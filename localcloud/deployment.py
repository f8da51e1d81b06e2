"""Deploy a cloud assembly without the CDK CLI: publish its assets, then create or update its stacks."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from localcloud.assembly import FileAsset, Place, StackArtifact, read_stacks
from localcloud.errors import LocalCloudError

POLL_SECONDS: Final = 0.05
NO_CHANGE: Final = "No updates are to be performed"
DEPLOY_SECONDS: Final = 600.0
CANCELLED: Final = "cancelled"
BEGINNINGS: Final = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}
# Stacks that never came to be, or half went: CloudFormation takes no update for them.
STUCK: Final = {
    "REVIEW_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "DELETE_FAILED",
}
# The part of `cdk bootstrap` a deploy needs, under its own name and logical ids and the oldest version a
# template accepts: the real command then finds its stack and upgrades it.
BOOTSTRAP: Final[dict[str, Any]] = {
    "Resources": {
        "StagingBucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}},
        },
        "CdkBootstrapVersion": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": "/cdk-bootstrap/hnb659fds/version", "Value": "6"},
        },
    },
    "Outputs": {
        "BucketName": {"Value": {"Ref": "StagingBucket"}},
        "BucketDomainName": {"Value": {"Fn::GetAtt": ["StagingBucket", "RegionalDomainName"]}},
        "BootstrapVersion": {"Value": {"Fn::GetAtt": ["CdkBootstrapVersion", "Value"]}},
    },
}


def deploy(client: Callable[[str], Any], place: Place, assembly: Path) -> dict[str, dict[str, str]]:
    """Create or update every stack of the assembly and return the outputs of each."""
    stacks = list(read_stacks(assembly, place))
    formation, storage = client("cloudformation"), client("s3")
    if _describe(formation, "CDKToolkit") is None:
        _apply(formation, "CDKToolkit", {"TemplateBody": json.dumps(BOOTSTRAP)})
    outputs = {}
    for stack in stacks:
        for asset in stack.assets:
            _publish(storage, asset)
        outputs[stack.name] = _apply(formation, stack.name, _options(stack))
    return outputs


def _options(stack: StackArtifact) -> dict[str, Any]:
    return {
        "TemplateURL": f"https://s3.amazonaws.com/{stack.template.bucket}/{stack.template.key}",
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }


def _publish(storage: Any, asset: FileAsset) -> None:
    try:
        storage.head_object(Bucket=asset.bucket, Key=asset.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:  # noqa: PLR2004 - Not Found
            raise
        body = zip_directory(asset.source) if asset.zipped else asset.source.read_bytes()
        storage.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)


def zip_directory(directory: Path) -> bytes:
    """Return an archive that depends on nothing but names, contents and modes of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(path for path in directory.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(directory).as_posix())
            entry.external_attr = file.stat().st_mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def _apply(formation: Any, name: str, options: dict[str, Any]) -> dict[str, str]:
    """Create or update one stack and return its outputs."""
    present = _describe(formation, name)
    if present is not None and present["StackStatus"] in STUCK:
        formation.delete_stack(StackName=name)
        present = _settled(formation, present["StackId"])
        if present["StackStatus"] != "DELETE_COMPLETE":
            raise _failure(formation, present)
        present = None
    action = formation.create_stack if present is None else formation.update_stack
    capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
    try:
        identifier = action(StackName=name, Capabilities=capabilities, **options)["StackId"]
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if present is None or NO_CHANGE not in message:
            raise LocalCloudError(f"stack {name} was refused: {message}") from error
        return _outputs(present)
    result = _settled(formation, identifier)
    if result["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise _failure(formation, result)
    return _outputs(result)


def _describe(formation: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = formation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return stack


def _settled(formation: Any, identifier: str) -> dict[str, Any]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        stack: dict[str, Any] = formation.describe_stacks(StackName=identifier)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            return stack
        time.sleep(POLL_SECONDS)


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


def _failure(formation: Any, stack: dict[str, Any]) -> LocalCloudError:
    """Return what went wrong first in the last operation on the stack."""
    reason = stack.get("StackStatusReason", "no reason given")
    for event in (*_refused_resources(formation, stack), *_failed_resources(formation, stack)):
        why = event.get("ValidationStatusReason") or event.get("ResourceStatusReason")
        reason = f"{event['LogicalResourceId']} ({event['ResourceType']}): {why}"
    return LocalCloudError(f"stack {stack['StackName']} is in {stack['StackStatus']}: {reason}")


def _failed_resources(formation: Any, stack: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the failures of the last operation, the first of them last, without those they entailed."""
    pages = formation.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
    for event in (event for page in pages for event in page["StackEvents"]):
        if event["PhysicalResourceId"] == stack["StackId"]:
            if event["ResourceStatus"] in BEGINNINGS:
                return
        elif event["ResourceStatus"].endswith("_FAILED") and CANCELLED not in event["ResourceStatusReason"]:
            yield event


def _refused_resources(formation: Any, stack: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what CloudFormation found wrong before it touched any resource."""
    events = formation.describe_events(StackName=stack["StackId"], Filters={"FailedEvents": True})
    return (event for event in events["OperationEvents"] if event["EventType"] == "VALIDATION_ERROR")
