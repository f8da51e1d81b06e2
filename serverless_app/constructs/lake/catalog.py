"""What readers of a lake use: a Glue database, a table per contract, an Athena workgroup."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from etl.contracts import Contract
from etl.contracts.glue import glue_table

_GIGABYTE = 1024**3


class LakeCatalog(Construct):
    """Tables by their contracts; the pipeline that fills them registers their partitions."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        database: str,
        description: str,
        contracts: Sequence[Contract],
        lake: s3.IBucket,
    ) -> None:
        super().__init__(scope, id_)
        self.database = database
        self._tables = [glue_table(contract).name for contract in contracts]
        owner = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=database, description=description),
        )
        for contract in contracts:
            # CfnTable expects other spellings and would drop the contract's keys, which are CloudFormation's own.
            cdk.CfnResource(
                self,
                _logical(contract.table),
                type="AWS::Glue::Table",
                properties={
                    "CatalogId": cdk.Aws.ACCOUNT_ID,
                    "DatabaseName": database,
                    "TableInput": glue_table(contract).table_input(lake.s3_url_for_object(f"{contract.table}/")),
                },
            ).add_resource_dependency(owner)

    def grant(self, function: lambda_.IFunction, *actions: str) -> None:
        """Allow a function actions like `glue:BatchGetPartition` on the tables and their partitions."""
        function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=self.arns))

    @property
    def arns(self) -> list[str]:
        """The resources of a permission on the tables: Glue also checks their catalog and database."""
        stack = cdk.Stack.of(self)
        names = [("catalog", None), ("database", self.database)]
        names += [("table", f"{self.database}/{table}") for table in self._tables]
        return [stack.format_arn(service="glue", resource=kind, resource_name=name) for kind, name in names]


def _logical(table: str) -> str:
    return "".join(word.capitalize() for word in table.split("_"))


class LakeWorkgroup(Construct):
    """A workgroup with one encrypted place for results and a limit on what a query reads."""

    def __init__(self, scope: Construct, id_: str, *, name: str, results: str, scan_limit_gb: int, keep: bool) -> None:
        super().__init__(scope, id_)
        self.name = name
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=name,
            description="Queries over the lake",
            recursive_delete_option=not keep,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                bytes_scanned_cutoff_per_query=scan_limit_gb * _GIGABYTE,
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=results,
                    expected_bucket_owner=cdk.Aws.ACCOUNT_ID,
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )
