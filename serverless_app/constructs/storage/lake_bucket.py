"""The bucket of a lake: the tables that readers see, with the replaced versions of their objects."""

from collections.abc import Sequence
from typing import Annotated, Literal

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge, wildcard_below
from serverless_app.constructs.storage.private_bucket import private_bucket

Days = Annotated[int, msgspec.Meta(ge=1)]


class Transition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A storage class for current objects after a number of days."""

    storage_class: Literal["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]
    """One of the classes that Athena reads without a restore."""
    after_days: Days


class LakeBucket(Construct):
    """An encrypted, private, TLS-only bucket that keeps the replaced versions of its objects for a number of days."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        prefix: str,
        tables: Sequence[str],
        noncurrent_expiration_days: int,
        transitions: Sequence[Transition],
        config: PipelineConfig,
    ) -> None:
        super().__init__(scope, id_)
        self._tables = tables
        self.bucket = private_bucket(
            self,
            prefix=prefix,
            config=config,
            without_access_logs="Athena's history says who queried what; CloudTrail data events say more than"
            " access logs.",
            versioned=True,
            lifecycle=s3.LifecycleRule(
                noncurrent_version_expiration=cdk.Duration.days(noncurrent_expiration_days),
                expired_object_delete_marker=True,
                # An export publishes by completing its upload: what stays incomplete was never visible.
                abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                transitions=[
                    s3.Transition(
                        storage_class=s3.StorageClass(transition.storage_class),
                        transition_after=cdk.Duration.days(transition.after_days),
                    )
                    for transition in transitions
                ]
                or None,
            ),
        )

    def grant_read(self, function: lambda_.IFunction) -> None:
        """Let a function read the tables' objects, and tell a missing one from a forbidden one."""
        self._grant(function, "s3:GetObject")

    def grant_publish(self, function: lambda_.IFunction) -> None:
        """Let a function read, replace and remove the tables' objects; what was there before stays as a version."""
        self._grant(function, "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject")

    def _grant(self, function: lambda_.IFunction, *actions: str) -> None:
        objects = [self.bucket.arn_for_objects(f"{table}/*") for table in self._tables]
        function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=objects))
        # Without it S3 answers 403 for a missing object.
        function.add_to_role_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]))
        if function.role is not None:
            acknowledge(
                function.role,
                "The keys below a table follow from its partitions.",
                *(wildcard_below(self.bucket, f"/{table}/*") for table in self._tables),
            )
