"""The bucket that every other one is made of: encrypted, private, reached by TLS alone."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge
from serverless_app.constructs.storage.retention import removal_policy


def private_bucket(
    scope: Construct,
    *,
    prefix: str,
    config: PipelineConfig,
    without_access_logs: str,
    versioned: bool = False,
    lifecycle: s3.LifecycleRule,
) -> s3.Bucket:
    """Make the bucket of a construct.

    `without_access_logs`: why S3's own access logs are not needed.
    """
    stack = cdk.Stack.of(scope)
    bucket = s3.Bucket(
        scope,
        "Bucket",
        bucket_name=f"{prefix}-{stack.account}-{stack.region}",
        versioned=versioned or None,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[lifecycle],
        removal_policy=removal_policy(config),
        auto_delete_objects=not config.retain_data,
    )
    acknowledge(bucket, without_access_logs, "S1")
    _acknowledge_emptying(stack)
    return bucket


def _acknowledge_emptying(stack: cdk.Stack) -> None:
    """Accept the findings on the CDK's own function, which empties buckets before CloudFormation deletes them."""
    provider = stack.node.try_find_child("Custom::S3AutoDeleteObjectsCustomResourceProvider")
    if provider is not None:
        acknowledge(
            provider,
            "Made by the CDK, which chooses its runtime and its policy.",
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
            "IAM4[Policy::arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
            "L1",
        )
