"""A database that the stack creates: Aurora PostgreSQL Serverless v2 in a network of its own."""

from typing import Annotated, cast

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from serverless_app.config import StackConfig
from serverless_app.constructs.acknowledged import acknowledge
from serverless_app.constructs.database.network import SourceNetwork
from serverless_app.constructs.storage.retention import retained_logs

Capacity = Annotated[float, msgspec.Meta(ge=0, le=256, multiple_of=0.5)]

_ADMIN = "postgres"
_HTTPS = ec2.Port.tcp(443)


class Aurora(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a database that the stack creates."""

    database: str
    min_acu: Capacity
    max_acu: Capacity

    def __post_init__(self) -> None:
        """Refuse a maximum below the minimum or below 1."""
        if self.max_acu < max(self.min_acu, 1):
            raise ValueError(f"`max_acu` is {self.max_acu:g}: it is at least 1, and at least `min_acu`")


class AuroraSource(Construct):
    """An encrypted cluster without Internet access, which admits the functions and the rotation of its password.

    The secret `secret_name` says how to connect: as the owner with a rotated password or, with `iam_user`, as that
    user with a token. In the second case the owner's secret is called `<secret_name>-admin`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        secret_name: str,
        aurora: Aurora,
        iam_user: str | None,
        config: StackConfig,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._vpc = self._private_network()
        self._functions = ec2.SecurityGroup(
            self, "Functions", vpc=self._vpc, description="Functions that read the database", allow_all_outbound=False
        )
        # The subnets reach nothing but the endpoints. Gateway endpoints have no security group to name here.
        self._functions.add_egress_rule(ec2.Peer.any_ipv4(), _HTTPS, "Endpoints of S3, DynamoDB, Secrets Manager")
        secrets = self._endpoints()
        admin_secret = secret_name if iam_user is None else f"{secret_name}-admin"
        self.cluster = self._cluster(aurora, admin_secret)
        self.cluster.connections.allow_default_port_from(self._functions, "Functions")
        self.cluster.add_rotation_single_user(
            automatically_after=cdk.Duration.days(30), endpoint=secrets, security_group=self._functions
        )
        if iam_user is None:
            self.secret = cast("secretsmanager.ISecret", self.cluster.secret)
        else:
            self.secret = self._connection_without_password(secret_name, aurora, iam_user)
        self.network = SourceNetwork(
            subnet_ids=tuple(subnet.subnet_id for subnet in self._vpc.isolated_subnets),
            security_group_ids=(self._functions.security_group_id,),
        )

    def _private_network(self) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Network",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
            ],
        )
        logs = retained_logs(self, "Flows", name=f"/aws/vpc/{cdk.Stack.of(self).stack_name}", config=self._config)
        vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(logs))
        return vpc

    def _endpoints(self) -> ec2.InterfaceVpcEndpoint:
        for name in ("S3", "DYNAMODB"):
            self._vpc.add_gateway_endpoint(name.title(), service=getattr(ec2.GatewayVpcEndpointAwsService, name))
        endpoint = self._vpc.add_interface_endpoint(
            "SecretsManager", service=ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, open=False
        )
        endpoint.connections.allow_from(self._functions, _HTTPS, "Functions")
        return endpoint

    def _cluster(self, aurora: Aurora, secret_name: str) -> rds.DatabaseCluster:
        keep = self._config.retain_data
        engine = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_17_7)
        cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=engine,
            writer=rds.ClusterInstance.serverless_v2("Writer", auto_minor_version_upgrade=True),
            serverless_v2_min_capacity=aurora.min_acu,
            serverless_v2_max_capacity=aurora.max_acu,
            vpc=self._vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            default_database_name=aurora.database,
            credentials=rds.Credentials.from_generated_secret(_ADMIN, secret_name=secret_name),
            iam_authentication=True,
            storage_encrypted=True,
            parameters={"rds.force_ssl": "1"},
            backup=rds.BackupProps(retention=cdk.Duration.days(35 if keep else 1)),
            cloudwatch_logs_exports=["postgresql"],
            deletion_protection=keep,
            removal_policy=cdk.RemovalPolicy.SNAPSHOT if keep else cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(cluster, "Clients read the port from the secret, and one security group is admitted.", "RDS11")
        if not keep:
            acknowledge(cluster, "This environment keeps no data.", "RDS10")
        return cluster

    def _connection_without_password(self, name: str, aurora: Aurora, user: str) -> secretsmanager.ISecret:
        endpoint = self.cluster.cluster_endpoint
        connection = {
            "host": endpoint.hostname,
            "port": endpoint.port,
            "dbname": aurora.database,
            "username": user,
            "iam": True,
        }
        secret = secretsmanager.CfnSecret(
            self, "Connection", name=name, secret_string=cdk.Stack.of(self).to_json_string(connection)
        )
        acknowledge(secret, "It holds no password: functions sign in with a token of their role.", "SMG4")
        return secretsmanager.Secret.from_secret_complete_arn(self, "ConnectionSecret", secret.ref)
