"""What CloudFormation has to say about a stack that failed."""

from collections.abc import Iterator
from typing import Any, Final

from localcloud.errors import LocalCloudError

CANCELLED: Final = "cancelled"
BEGINNINGS: Final = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}


def failure(formation: Any, stack: dict[str, Any]) -> LocalCloudError:
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
