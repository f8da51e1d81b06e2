"""A crawler over a lake: the catalog then shows folders that the pipeline did not write."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serverless_app.constructs.acknowledged import acknowledge, wildcard_below
from serverless_app.constructs.lake.catalog import LakeCatalog

# Partitions inherit the table's format, and the table keeps the columns of its contract.
_CONFIGURATION = {
    "Version": 1.0,
    "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
}


class LakeCrawler(Construct):
    """A crawler that visits only new folders, and changes no table."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, catalog: LakeCatalog, lake: s3.Bucket, tables: Sequence[str]
    ) -> None:
        super().__init__(scope, id_)
        self.name = name
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        self._grant(catalog, lake, tables)
        crawler = glue.CfnCrawler(
            self,
            "Crawler",
            name=name,
            role=self._role.role_arn,
            database_name=catalog.database,
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[
                    glue.CfnCrawler.S3TargetProperty(path=lake.s3_url_for_object(f"{table}/")) for table in tables
                ]
            ),
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(recrawl_behavior="CRAWL_NEW_FOLDERS_ONLY"),
            # CRAWL_NEW_FOLDERS_ONLY accepts no other policy.
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="LOG", delete_behavior="LOG"
            ),
            configuration=cdk.Stack.of(self).to_json_string(_CONFIGURATION),
        )
        crawler.node.add_dependency(self._role)
        acknowledge(crawler, "Its log names tables and folders, and holds no rows.", "GL1")

    @property
    def arn(self) -> str:
        """The crawler's ARN."""
        return cdk.Stack.of(self).format_arn(service="glue", resource="crawler", resource_name=self.name)

    def _grant(self, catalog: LakeCatalog, lake: s3.Bucket, tables: Sequence[str]) -> None:
        stack = cdk.Stack.of(self)
        self._role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "glue:BatchCreatePartition",
                    "glue:BatchGetPartition",
                    "glue:CreatePartition",
                    "glue:GetDatabase",
                    "glue:GetPartition",
                    "glue:GetPartitions",
                    "glue:GetTable",
                    "glue:GetTables",
                    "glue:UpdatePartition",
                ],
                resources=catalog.arns,
            )
        )
        objects = [lake.arn_for_objects(f"{table}/*") for table in tables]
        self._role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=objects))
        self._role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[lake.bucket_arn]))
        logs = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws-glue/crawlers*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        self._role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[logs]))
        acknowledge(
            self._role,
            "The keys below a table follow from its partitions; all crawlers share one log group.",
            *(wildcard_below(lake, f"/{table}/*") for table in tables),
            "IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws-glue/crawlers*]",
        )
