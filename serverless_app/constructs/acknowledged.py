"""Findings of cdk-nag that are meant to be there, each with its reason."""

from typing import cast

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *findings: str) -> None:
    """Accept findings (like `SQS3`, `IAM5[Resource::*]`) on a construct and all below it, for one reason."""
    rules = [cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding in findings]
    cdk.Validations.of(construct).acknowledge(*rules)


def wildcard_below(construct: IConstruct, suffix: str) -> str:
    """Return the finding's name for a policy on what lies below a construct's ARN, like `/extract/*`."""
    resource = cast("cdk.CfnElement", construct.node.default_child)
    return f"IAM5[Resource::<{cdk.Stack.of(construct).get_logical_id(resource)}.Arn>{suffix}]"
