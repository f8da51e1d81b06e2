"""Accepted findings of cdk-nag, each with its reason."""

from typing import cast

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *findings: str) -> None:
    """Accept findings (like `SQS3`, `IAM5[Resource::*]`) on a construct and everything below it."""
    rules = [cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding in findings]
    cdk.Validations.of(construct).acknowledge(*rules)


def wildcard_below(construct: IConstruct, suffix: str) -> str:
    """Return the finding for a policy on a construct's ARN with a wildcard suffix, like `/extract/*`."""
    resource = cast("cdk.CfnElement", construct.node.default_child)
    return f"IAM5[Resource::<{cdk.Stack.of(construct).get_logical_id(resource)}.Arn>{suffix}]"
