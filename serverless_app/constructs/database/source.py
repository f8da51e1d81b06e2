"""A PostgreSQL database to read: how functions get its credentials, and from where they reach it."""

from typing import Annotated

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from serverless_app.config import StackConfig
from serverless_app.constructs.database.aurora import Aurora, AuroraSource
from serverless_app.constructs.database.network import SourceNetwork

Name = Annotated[str, msgspec.Meta(min_length=1)]


class IamUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A database user that signs in with a token of the function's role in place of a password."""

    name: Name
    resource_id: Annotated[str, msgspec.Meta(pattern=r"^(cluster|db|prx)-[0-9A-Za-z]+$")] | None = None
    """RDS's id of the cluster, instance or proxy; not given for a cluster of this stack."""


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where functions run to reach the database; it needs routes to Secrets Manager, S3 and DynamoDB."""

    subnet_ids: Annotated[tuple[Annotated[str, msgspec.Meta(pattern="^subnet-")], ...], msgspec.Meta(min_length=1)]
    security_group_ids: Annotated[tuple[Annotated[str, msgspec.Meta(pattern="^sg-")], ...], msgspec.Meta(min_length=1)]


class SourceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which database is read, and how functions reach it."""

    secret_name: Name
    """The secret in Secrets Manager with host, port, dbname, username and password."""
    secret_key_arn: Annotated[str, msgspec.Meta(pattern=r"^arn:[^:]+:kms:")] | None = None
    """The key that encrypts the secret, unless it is Secrets Manager's own."""
    iam: IamUser | None = None
    network: Network | None = None
    aurora: Aurora | None = None
    """A database that the stack creates, with its network."""

    def __post_init__(self) -> None:
        """Refuse settings that contradict or lack another."""
        if self.aurora is not None and (self.network is not None or self.secret_key_arn is not None):
            raise ValueError("`aurora` makes network and secret itself: leave out `network` and `secret_key_arn`")
        if self.iam is not None and (self.iam.resource_id is None) != (self.aurora is not None):
            raise ValueError("`iam` names the `resource_id` of a database that exists, and none with `aurora`")


class PostgresSource(Construct):
    """A PostgreSQL database that functions connect to."""

    def __init__(self, scope: Construct, id_: str, *, source: SourceConfig, config: StackConfig) -> None:
        super().__init__(scope, id_)
        self._source = source
        self._aurora: AuroraSource | None = None
        self._network: SourceNetwork | None = None
        if source.aurora is not None:
            user = source.iam.name if source.iam else None
            self._aurora = AuroraSource(
                self, "Aurora", secret_name=source.secret_name, aurora=source.aurora, iam_user=user, config=config
            )
            self._network = self._aurora.network
        elif source.network is not None:
            self._network = SourceNetwork(source.network.subnet_ids, source.network.security_group_ids)

    def attach(self, function: lambda_.Function, *, name: str) -> None:
        """Let a function read the secret and connect, from the database's network when there is one."""
        if self._network is not None:
            self._network.attach(function, name=name)
        function.add_to_role_policy(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[self._secret_arn()])
        )
        if self._source.secret_key_arn is not None:
            function.add_to_role_policy(
                iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self._source.secret_key_arn])
            )
        if self._source.iam is not None:
            function.add_to_role_policy(
                iam.PolicyStatement(actions=["rds-db:connect"], resources=[self._user_arn(self._source.iam)])
            )

    def _secret_arn(self) -> str:
        if self._aurora is not None:
            return self._aurora.secret.secret_arn
        # Secrets Manager adds six characters to a name.
        return self._arn("secretsmanager", "secret", f"{self._source.secret_name}-??????")

    def _user_arn(self, user: IamUser) -> str:
        resource = user.resource_id or (self._aurora.cluster.cluster_resource_identifier if self._aurora else "")
        return self._arn("rds-db", "dbuser", f"{resource}/{user.name}")

    def _arn(self, service: str, resource: str, name: str) -> str:
        return cdk.Stack.of(self).format_arn(
            service=service, resource=resource, resource_name=name, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
        )
