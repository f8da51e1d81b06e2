"""`lake_export`: a daily export of PostgreSQL tables to Parquet on S3, for Athena."""

from typing import Annotated, Literal

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from etl.pipelines.lake_export.datasets import datasets
from serverless_app.config import PipelineConfig, Positive
from serverless_app.constructs.compute.python_function import PipelineFunctions
from serverless_app.constructs.database.source import PostgresSource, SourceConfig
from serverless_app.constructs.lake.catalog import LakeCatalog, LakeWorkgroup
from serverless_app.constructs.lake.crawler import LakeCrawler
from serverless_app.constructs.storage.lake_bucket import LakeBucket, Transition
from serverless_app.constructs.storage.staging_bucket import StagingBucket
from serverless_app.constructs.watch.chunk_alarms import ChunkAlarms
from serverless_app.constructs.watch.dashboard import ChunkDashboard
from serverless_app.constructs.workflow.chunked_workflow import MOST_CHUNKS
from serverless_app.constructs.workflow.pipeline_state_machine import PipelineStateMachine
from serverless_app.constructs.workflow.pipeline_triggers import PipelineTriggers
from serverless_app.pipelines.lake_export.workflow import LakeExportWorkflow
from serverless_app.stacks.platform_stack import Platform

_PIPELINE = "lake_export"
_NAME = "lake-export"
_RESULTS = "athena"


class LakeExportConfig(PipelineConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of this pipeline."""

    source: SourceConfig
    max_connections: Annotated[int, msgspec.Meta(ge=1, le=40)]
    """Connections to the database at a time; a Map state runs at most 40."""
    export_memory_mb: Annotated[int, msgspec.Meta(ge=128, le=10_240)]
    """The memory of the export; `memory_mb` is that of the other functions."""
    scratch_mb: Annotated[int, msgspec.Meta(ge=512, le=10_240)]
    """The size of `/tmp`, where the Parquet file of a chunk waits for its audit."""
    batch_size: Positive
    retention_days: Annotated[int, msgspec.Meta(ge=0)]
    """How many days back a scheduled run looks for rows that came late or changed."""
    empty_days: Literal["remove", "write"]
    run_timeout_minutes: Positive
    longest_run_minutes: Positive
    """A run that takes longer raises an alarm."""
    least_rows: dict[str, Positive]
    """The least rows a day by dataset; fewer raise an alarm."""
    staging_expiration_days: Positive
    noncurrent_expiration_days: Positive
    """How long a rollback can bring back a replaced version."""
    transitions: tuple[Transition, ...]
    database: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,255}$")]
    scan_limit_gb: Positive
    """The most that one query may read."""
    crawler: bool

    def __post_init__(self) -> None:
        """Refuse unknown datasets, and a look-back too long for one run."""
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
    """The lake with its catalog and workgroup, four functions, a state machine, alarms and a dashboard."""

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
            used_by="The export writes rejects and scorecards to it, and Athena the results of queries.",
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
            description="PostgreSQL, exported day by day",
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
        self._source = PostgresSource(self, "Source", source=config.source, config=config)
        self._functions = PipelineFunctions(
            self,
            pipeline=_PIPELINE,
            prefix="lake",
            config=config,
            environment={
                "ENVIRONMENT": config.environment,
                # Arrow's own pool keeps what batches no longer need, as an arena for each thread would: measured by
                # benchmarks/lake_export.py.
                "ARROW_DEFAULT_MEMORY_POOL": "system",
                "MALLOC_ARENA_MAX": "2",
            },
            id_suffix="Function",
        )

        machine = self._state_machine()
        PipelineTriggers(
            self,
            "Triggers",
            prefix=_NAME,
            schedule=config.schedule,
            schedule_name=f"{_NAME}-daily-schedule",
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
        plan = self._functions.make(
            "plan",
            DB_SECRET_ID=self._config.source.secret_name,
            LEDGER_TABLE=self._platform.ledger.table.table_name,
            ETL_RETENTION_DAYS=str(self._config.retention_days),
        )
        self._source.attach(plan, name="lake-plan")
        self._platform.ledger.grant_read_chunks(plan, _PIPELINE)
        return plan

    def _export(self) -> lambda_.Function:
        export = self._functions.make(
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
        catalog = self._functions.make(
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
        validate = self._functions.make(
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
        alarms = ChunkAlarms(
            self,
            "Alarms",
            pipeline=_PIPELINE,
            machine=machine,
            function="lake-export",
            longest=cdk.Duration.minutes(self._config.longest_run_minutes),
            least_rows=self._config.least_rows,
            topic=self._platform.topic,
        ).alarms
        ChunkDashboard(
            self,
            "Dashboard",
            pipeline=_PIPELINE,
            machine=machine,
            datasets=list(self._contracts),
            alarms=alarms,
        )
