"""The private network in which functions reach a database."""

from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from serverless_app.constructs.acknowledged import acknowledge

# "Required IAM permissions" of "Giving Lambda functions access to resources in an Amazon VPC", and the statement
# of the same page that keeps them from the function's own code.
_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


@dataclass(frozen=True)
class SourceNetwork:
    """Subnets from which a database is reachable, and the security groups that it admits."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]

    def attach(self, function: lambda_.Function, *, name: str) -> None:
        """Run a function in these subnets; Lambda may create its network interfaces, its code may not."""
        resource = cast("lambda_.CfnFunction", function.node.default_child)
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(self.subnet_ids), security_group_ids=list(self.security_group_ids)
        )
        # From the name, as the function itself depends on this policy.
        arn = cdk.Stack.of(function).format_arn(
            service="lambda", resource="function", resource_name=name, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
        )
        function.add_to_role_policy(iam.PolicyStatement(actions=_INTERFACES, resources=["*"]))
        function.add_to_role_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=_INTERFACES,
                resources=["*"],
                conditions={"ArnEquals": {"lambda:SourceFunctionArn": arn}},
            )
        )
        if function.role is not None:
            reason = "The network interfaces have no names before Lambda creates them."
            acknowledge(function.role, reason, "IAM5[Resource::*]")
