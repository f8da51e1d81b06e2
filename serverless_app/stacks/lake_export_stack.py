"""`lake_export`: tables of a PostgreSQL database, every day, as Parquet on S3 that Athena reads."""

from pathlib import Path
from typing import Annotated, Literal

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from etl.pipelines.lake_export.datasets import datasets
from serverless_app.config import PipelineConfig, Positive
from serverless_app.constructs.compute.dependency_layer import DependencyLayer
from serverless_app.constructs.compute.python_function import PythonFunction
from serverless_app.constructs.database.source import LakeSource, SourceConfig
from serverless_app.constructs.lake.catalog import LakeCatalog, LakeWorkgroup
from serverless_app.constructs.lake.crawler import LakeCrawler
from serverless_app.constructs.storage.lake_bucket import LakeBucket, Transition
from serverless_app.constructs.storage.staging_bucket import StagingBucket
from serverless_app.constructs.watch.chunk_alarms import LakeAlarms
from serverless_app.constructs.watch.dashboard import LakeDashboard
from serverless_app.constructs.workflow.chunked_workflow import MOST_CHUNKS
from serverless_app.constructs.workflow.pipeline_state_machine import PipelineStateMachine
from serverless_app.constructs.workflow.pipeline_triggers import PipelineTriggers
from serverless_app.pipelines.lake_export.workflow import LakeExportWorkflow
from serverless_app.stacks.platform_stack import Platform

_REQUIREMENTS = Path(__file__).parents[2] / "lambdas" / "lake_export" / "requirements.txt"
_PIPELINE = "lake_export"
_NAME = "lake-export"
_RESULTS = "athena"


class LakeExportConfig(PipelineConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What this pipeline is configured with."""

    source: SourceConfig
    max_connections: Annotated[int, msgspec.Meta(ge=1, le=40)]
    """Of the database, at a time; a Map state runs 40 at most."""
    export_memory_mb: Annotated[int, msgspec.Meta(ge=128, le=10_240)]
    """Of the function that exports; `memory_mb` is that of the others."""
    scratch_mb: Annotated[int, msgspec.Meta(ge=512, le=10_240)]
    """Of `/tmp`, where the Parquet file of a chunk waits for its audit."""
    batch_size: Positive
    retention_days: Annotated[int, msgspec.Meta(ge=0)]
    """How many days back a scheduled run looks for rows that came late or changed."""
    empty_days: Literal["remove", "write"]
    run_timeout_minutes: Positive
    longest_run_minutes: Positive
    """A run that takes longer raises an alarm."""
    least_rows: dict[str, Positive]
    """Datasets with so many rows a day at least; fewer raise an alarm."""
    staging_expiration_days: Positive
    noncurrent_expiration_days: Positive
    """For how long a replaced version of a day can be brought back."""
    transitions: tuple[Transition, ...]
    database: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,255}$")]
    scan_limit_gb: Positive
    """Of one query."""
    crawler: bool

    def __post_init__(self) -> None:
        """Refuse what no run could do, and names of datasets that there are not."""
        super().__post_init__()
        known = datasets()
        if unknown := sorted(set(self.least_rows) - set(known)):
            raise ValueError(f"`least_rows` names {unknown[0]!r}: there are {', '.join(known)}")
        if (self.retention_days + 1) * len(known) > MOST_CHUNKS:
            most = MOST_CHUNKS // len(known) - 1
            raise ValueError(
                f"`retention_days` is {self.retention_days}: {len(known)} datasets of so many days are more than the"
                f" {MOST_CHUNKS} chunks of one run; take {most} at most"
            )


class LakeExportStack(cdk.Stack):
    """The lake with its catalog and workgroup, the four functions, the state machine, and what watches it."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeExportConfig, platform: Platform) -> None:
        super().__init__(scope, id_, description="Daily export: PostgreSQL to Parquet on S3, read by Athena")
        self._config = config
        self._platform = platform
        self._contracts = datasets()
        self._tables = [contract.table for contract in self._contracts.values()]
        self._staging = StagingBucket(
            self,
            "Staging",
            prefix="lake-staging",
            expiration_days=config.staging_expiration_days,
            config=config,
        )
        self._lake = LakeBucket(
            self,
            "Lake",
            prefix="lake-data",
            tables=self._tables,
            noncurrent_expiration_days=config.noncurrent_expiration_days,
            transitions=config.transitions,
            config=config,
        )
        self._catalog = LakeCatalog(
            self,
            "Catalog",
            database=config.database,
            contracts=list(self._contracts.values()),
            lake=self._lake.bucket,
        )
        workgroup = LakeWorkgroup(
            self,
            "Queries",
            name=_NAME,
            results=self._staging.bucket.s3_url_for_object(f"{_RESULTS}/"),
            scan_limit_gb=config.scan_limit_gb,
            keep=config.retain_data,
        )
        self._source = LakeSource(self, "Source", source=config.source, config=config)
        self._layer = DependencyLayer(
            self, "Dependencies", requirements=_REQUIREMENTS, runtime=config.python_runtime
        ).version

        machine = self._state_machine()
        PipelineTriggers(
            self,
            "Triggers",
            prefix=_NAME,
            schedule=config.schedule,
            manual_detail_type="Lake Export Trigger",
            machine=machine,
            topic=platform.topic,
        )
        self._watch(machine)

        cdk.CfnOutput(self, "LakeBucketName", value=self._lake.bucket.bucket_name)
        cdk.CfnOutput(self, "StagingBucketName", value=self._staging.bucket.bucket_name)
        cdk.CfnOutput(self, "DatabaseName", value=config.database)
        cdk.CfnOutput(self, "WorkgroupName", value=workgroup.name)
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)

    def _plan(self) -> lambda_.Function:
        plan = self._function(
            "plan",
            DB_SECRET_ID=self._config.source.secret_name,
            LEDGER_TABLE=self._platform.ledger.table.table_name,
            ETL_RETENTION_DAYS=str(self._config.retention_days),
        )
        self._source.attach(plan, name="lake-plan")
        self._platform.ledger.grant_read_chunks(plan, _PIPELINE)
        return plan

    def _export(self) -> lambda_.Function:
        export = self._function(
            "export",
            memory_mb=self._config.export_memory_mb,
            scratch_mb=self._config.scratch_mb,
            DB_SECRET_ID=self._config.source.secret_name,
            S3_DATA_LAKE_BUCKET=self._lake.bucket.bucket_name,
            STAGING_BUCKET=self._staging.bucket.bucket_name,
            LEDGER_TABLE=self._platform.ledger.table.table_name,
            ETL_BATCH_SIZE=str(self._config.batch_size),
            EMPTY_DAYS=self._config.empty_days,
        )
        self._source.attach(export, name="lake-export")
        self._platform.ledger.grant_chunks(export, _PIPELINE)
        self._lake.grant_publish(export)
        self._staging.grant_write(export, "rejects")
        self._staging.grant_write(export, "quality")
        return export

    def _register(self) -> lambda_.Function:
        catalog = self._function(
            "catalog",
            S3_DATA_LAKE_BUCKET=self._lake.bucket.bucket_name,
            ATHENA_DATABASE=self._config.database,
            LEDGER_TABLE=self._platform.ledger.table.table_name,
        )
        reads, writes = (
            ("GetTable", "GetPartition", "BatchGetPartition"),
            ("BatchCreatePartition", "BatchUpdatePartition", "BatchDeletePartition"),
        )
        self._catalog.grant(catalog, *(f"glue:{action}" for action in (*reads, *writes)))
        self._platform.ledger.grant_read_chunks(catalog, _PIPELINE)
        return catalog

    def _validate(self) -> lambda_.Function:
        validate = self._function(
            "validate",
            S3_DATA_LAKE_BUCKET=self._lake.bucket.bucket_name,
            ATHENA_DATABASE=self._config.database,
        )
        self._catalog.grant(validate, "glue:BatchGetPartition", "glue:GetPartition")
        self._lake.grant_read(validate)
        return validate

    def _state_machine(self) -> sfn.StateMachine:
        plan, export, catalog, validate = self._plan(), self._export(), self._register(), self._validate()
        workflow = LakeExportWorkflow(
            self,
            "Workflow",
            plan=plan,
            export=export,
            catalog=catalog,
            validate=validate,
            crawler=self._crawler(),
            datasets=list(self._contracts),
            max_connections=self._config.max_connections,
            timeout_seconds=self._config.timeout_seconds,
            topic=self._platform.topic,
            ledger=self._platform.ledger,
        )
        machine = PipelineStateMachine(
            self,
            "Pipeline",
            name=_NAME,
            start=workflow.start,
            functions=[plan, export, catalog, validate],
            timeout=cdk.Duration.minutes(self._config.run_timeout_minutes),
            topic=self._platform.topic,
            config=self._config,
        ).machine
        workflow.grant(machine)
        return machine

    def _crawler(self) -> LakeCrawler | None:
        if not self._config.crawler:
            return None
        return LakeCrawler(
            self, "Crawler", name=_NAME, catalog=self._catalog, lake=self._lake.bucket, tables=self._tables
        )

    def _watch(self, machine: sfn.StateMachine) -> None:
        alarms = LakeAlarms(
            self,
            "Alarms",
            pipeline=_NAME,
            machine=machine,
            function="lake-export",
            longest=cdk.Duration.minutes(self._config.longest_run_minutes),
            least_rows=self._config.least_rows,
            topic=self._platform.topic,
        ).alarms
        LakeDashboard(self, "Dashboard", name=_NAME, machine=machine, datasets=list(self._contracts), alarms=alarms)

    def _function(
        self, stage: str, *, memory_mb: int | None = None, scratch_mb: int | None = None, **environment: str
    ) -> lambda_.Function:
        return PythonFunction(
            self,
            f"{stage.title()}Function",
            name=f"lake-{stage}",
            handler=f"lambdas.lake_export.{stage}.handler",
            config=self._config,
            layer=self._layer,
            memory_mb=memory_mb,
            scratch_mb=scratch_mb,
            environment={
                "ENVIRONMENT": self._config.environment,
                # Arrow's own pool keeps what batches no longer need, as an arena for each thread would: measured by
                # benchmarks/lake_export.py.
                "ARROW_DEFAULT_MEMORY_POOL": "system",
                "MALLOC_ARENA_MAX": "2",
                "POWERTOOLS_SERVICE_NAME": _PIPELINE,
                "POWERTOOLS_METRICS_NAMESPACE": "etl",
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
        ).function
