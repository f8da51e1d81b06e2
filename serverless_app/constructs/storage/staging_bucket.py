"""The bucket of what stages hand on, and of rejects and scorecards."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge, wildcard_below
from serverless_app.constructs.storage.private_bucket import private_bucket


class StagingBucket(Construct):
    """An encrypted, private, TLS-only bucket whose objects expire."""

    def __init__(
        self, scope: Construct, id_: str, *, prefix: str, used_by: str, expiration_days: int, config: PipelineConfig
    ) -> None:
        """Make the bucket; `used_by` is a sentence about who reaches it, for the audit."""
        super().__init__(scope, id_)
        self.bucket = private_bucket(
            self,
            prefix=prefix,
            config=config,
            without_access_logs=f"{used_by} CloudTrail data events say more than access logs.",
            lifecycle=s3.LifecycleRule(
                expiration=cdk.Duration.days(expiration_days),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
            ),
        )

    def grant_read(self, function: lambda_.IFunction, prefix: str) -> None:
        """Let a function read the objects below a prefix."""
        self._grant(function, prefix, "s3:GetObject")

    def grant_write(self, function: lambda_.IFunction, prefix: str) -> None:
        """Let a function put objects below a prefix, whole or in parts."""
        self._grant(function, prefix, "s3:PutObject", "s3:AbortMultipartUpload")

    def _grant(self, function: lambda_.IFunction, prefix: str, *actions: str) -> None:
        objects = self.bucket.arn_for_objects(f"{prefix}/*")
        function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=[objects]))
        if function.role is not None:
            reason = f"Runs choose the keys below {prefix}/."
            acknowledge(function.role, reason, wildcard_below(self.bucket, f"/{prefix}/*"))
