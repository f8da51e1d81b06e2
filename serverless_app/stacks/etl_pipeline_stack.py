"""`etl_pipeline`: a DynamoDB table, every day, through S3, into another DynamoDB table."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from serverless_app.config import PipelineConfig, Positive
from serverless_app.constructs.dependency_layer import DependencyLayer
from serverless_app.constructs.etl_pipeline_workflow import EtlPipelineWorkflow
from serverless_app.constructs.failure_topic import FailureTopic
from serverless_app.constructs.pipeline_state_machine import PipelineStateMachine
from serverless_app.constructs.pipeline_triggers import PipelineTriggers
from serverless_app.constructs.python_function import PythonFunction
from serverless_app.constructs.record_table import RecordTable
from serverless_app.constructs.staging_bucket import StagingBucket

_REQUIREMENTS = Path(__file__).parents[2] / "lambdas" / "requirements.txt"


class EtlPipelineConfig(PipelineConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What this pipeline is configured with."""

    lookback_hours: Positive
    segments: Positive
    staging_expiration_days: Positive


class EtlPipelineStack(cdk.Stack):
    """The tables, the staging bucket, the three functions, the state machine and what starts it."""

    def __init__(self, scope: Construct, id_: str, *, config: EtlPipelineConfig) -> None:
        super().__init__(scope, id_, description="Daily ETL: DynamoDB to S3, transformed, to DynamoDB")
        self._config = config
        source = RecordTable(self, "Source", name="etl-source-data", partition_key="id", config=config).table
        destination = RecordTable(
            self,
            "Destination",
            name="etl-destination-data",
            partition_key="id",
            sort_key="timestamp",
            config=config,
        ).table
        staging = StagingBucket(
            self,
            "Staging",
            prefix="etl-staging",
            expiration_days=config.staging_expiration_days,
            config=config,
        )
        self._layer = DependencyLayer(
            self, "Dependencies", requirements=_REQUIREMENTS, runtime=config.python_runtime
        ).version
        topic = FailureTopic(self, "Failures", name="etl-pipeline-failures", config=config)

        bucket_name = staging.bucket.bucket_name
        extract = self._function(
            "extract",
            SOURCE_TABLE=source.table_name,
            STAGING_BUCKET=bucket_name,
            LOOKBACK_HOURS=str(config.lookback_hours),
        )
        source.grant(extract, "dynamodb:Scan")
        staging.grant_write(extract, "extract")

        transform = self._function("transform", STAGING_BUCKET=bucket_name)
        staging.grant_read(transform, "extract")
        staging.grant_write(transform, "transform")
        staging.grant_write(transform, "rejects")

        load = self._function("load", DESTINATION_TABLE=destination.table_name, STAGING_BUCKET=bucket_name)
        staging.grant_read(load, "transform")
        destination.grant(load, "dynamodb:BatchWriteItem")

        workflow = EtlPipelineWorkflow(
            self,
            "Workflow",
            extract=extract,
            transform=transform,
            load=load,
            segments=config.segments,
            timeout_seconds=config.timeout_seconds,
            topic=topic,
        )
        machine = PipelineStateMachine(
            self,
            "Pipeline",
            name="etl-pipeline",
            start=workflow.start,
            functions=[extract, transform, load],
            timeout=cdk.Duration.minutes(30),
            topic=topic,
            config=config,
        ).machine
        PipelineTriggers(
            self,
            "Triggers",
            prefix="etl",
            schedule=config.schedule,
            manual_detail_type="ETL Pipeline Trigger",
            machine=machine,
            topic=topic,
        )

        cdk.CfnOutput(self, "SourceTableName", value=source.table_name)
        cdk.CfnOutput(self, "DestinationTableName", value=destination.table_name)
        cdk.CfnOutput(self, "StagingBucketName", value=bucket_name)
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)

    def _function(self, stage: str, **environment: str) -> lambda_.Function:
        return PythonFunction(
            self,
            stage.title(),
            name=f"etl-{stage}",
            handler=f"lambdas.etl_{stage}.handler.handler",
            config=self._config,
            layer=self._layer,
            environment={
                "POWERTOOLS_SERVICE_NAME": "etl_pipeline",
                "POWERTOOLS_METRICS_NAMESPACE": "etl",
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
        ).function
