"""`etl_pipeline`: a daily copy of a DynamoDB table, through S3, into another one."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.config import PipelineConfig, Positive
from serverless_app.constructs.compute.python_function import PipelineFunctions
from serverless_app.constructs.storage.record_table import RecordTable
from serverless_app.constructs.storage.staging_bucket import StagingBucket
from serverless_app.constructs.workflow.pipeline_state_machine import PipelineStateMachine
from serverless_app.constructs.workflow.pipeline_triggers import PipelineTriggers
from serverless_app.pipelines.etl_pipeline.workflow import EtlPipelineWorkflow
from serverless_app.stacks.platform_stack import Platform

_PIPELINE = "etl_pipeline"


class EtlPipelineConfig(PipelineConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of this pipeline."""

    lookback_hours: Positive
    segments: Positive
    staging_expiration_days: Positive


class EtlPipelineStack(cdk.Stack):
    """Two tables, a staging bucket, three functions, a state machine and its triggers."""

    def __init__(self, scope: Construct, id_: str, *, config: EtlPipelineConfig, platform: Platform) -> None:
        super().__init__(scope, id_, description="Daily ETL: DynamoDB to S3, transformed, to DynamoDB")
        self._config = config
        self._platform = platform
        self._source = RecordTable(self, "Source", name="etl-source-data", partition_key="id", config=config).table
        self._destination = RecordTable(
            self,
            "Destination",
            name="etl-destination-data",
            partition_key="id",
            sort_key="timestamp",
            config=config,
        ).table
        self._staging = StagingBucket(
            self,
            "Staging",
            prefix="etl-staging",
            used_by="Only the roles of the three functions reach it.",
            expiration_days=config.staging_expiration_days,
            config=config,
        )
        self._functions = PipelineFunctions(
            self,
            pipeline=_PIPELINE,
            prefix="etl",
            config=config,
            environment={"STAGING_BUCKET": self._staging.bucket.bucket_name},
        )

        machine = self._state_machine(self._extract(), self._transform(), self._load())
        PipelineTriggers(
            self,
            "Triggers",
            prefix="etl",
            schedule=config.schedule,
            schedule_name="etl-daily-schedule",
            manual_detail_type="ETL Pipeline Trigger",
            machine=machine,
            topic=platform.topic,
        )

        cdk.CfnOutput(self, "SourceTableName", value=self._source.table_name)
        cdk.CfnOutput(self, "DestinationTableName", value=self._destination.table_name)
        cdk.CfnOutput(self, "StagingBucketName", value=self._staging.bucket.bucket_name)
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)

    def _extract(self) -> lambda_.Function:
        lookback = str(self._config.lookback_hours)
        extract = self._functions.make("extract", SOURCE_TABLE=self._source.table_name, LOOKBACK_HOURS=lookback)
        self._source.grant(extract, "dynamodb:Scan")
        self._staging.grant_write(extract, "extract")
        return extract

    def _transform(self) -> lambda_.Function:
        transform = self._functions.make("transform", LEDGER_TABLE=self._platform.ledger.table.table_name)
        self._platform.ledger.grant_chunks(transform, _PIPELINE)
        self._staging.grant_read(transform, "extract")
        self._staging.grant_write(transform, "transform")
        self._staging.grant_write(transform, "rejects")
        self._staging.grant_write(transform, "quality")
        return transform

    def _load(self) -> lambda_.Function:
        load = self._functions.make(
            "load",
            DESTINATION_TABLE=self._destination.table_name,
            LEDGER_TABLE=self._platform.ledger.table.table_name,
        )
        self._platform.ledger.grant_chunks(load, _PIPELINE)
        self._staging.grant_read(load, "transform")
        self._staging.grant_write(load, "replayed")
        self._destination.grant(load, "dynamodb:BatchWriteItem")
        return load

    def _state_machine(self, *stages: lambda_.Function) -> sfn.StateMachine:
        extract, transform, load = stages
        run_timeout = cdk.Duration.minutes(30)
        workflow = EtlPipelineWorkflow(
            self,
            "Workflow",
            extract=extract,
            transform=transform,
            load=load,
            segments=self._config.segments,
            timeout_seconds=self._config.timeout_seconds,
            topic=self._platform.topic,
            ledger=self._platform.ledger,
        )
        machine = PipelineStateMachine(
            self,
            "Pipeline",
            name="etl-pipeline",
            start=workflow.start,
            functions=stages,
            timeout=run_timeout,
            topic=self._platform.topic,
            config=self._config,
        ).machine
        workflow.grant(machine)
        return machine
