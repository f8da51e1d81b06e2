"""What outlives a stack, and how long logs are kept."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from serverless_app.config import StackConfig


def removal_policy(config: StackConfig) -> cdk.RemovalPolicy:
    """Return RETAIN where the environment keeps its data, DESTROY elsewhere."""
    return cdk.RemovalPolicy.RETAIN if config.retain_data else cdk.RemovalPolicy.DESTROY


def retained_logs(scope: Construct, id_: str, *, name: str, config: StackConfig) -> logs.LogGroup:
    """Return a log group whose entries expire after `log_retention_days`."""
    group = logs.LogGroup(scope, id_, log_group_name=name, removal_policy=removal_policy(config))
    resource = cast("logs.CfnLogGroup", group.node.default_child)
    # The L2 construct takes an enumeration in place of the number.
    resource.retention_in_days = config.log_retention_days
    return group
