"""The CDK app: configuration from cdk.json, one line per stack."""

from serverless_app.application import Application
from serverless_app.stacks.etl_pipeline_stack import EtlPipelineConfig, EtlPipelineStack
from serverless_app.stacks.lake_export_stack import LakeExportConfig, LakeExportStack
from serverless_app.stacks.platform_stack import PlatformStack

app = Application()
platform = PlatformStack(app, "PlatformStack", config=app.platform_config()).platform

EtlPipelineStack(app, "EtlPipelineStack", config=app.config("etl_pipeline", EtlPipelineConfig), platform=platform)
LakeExportStack(app, "LakeExportStack", config=app.config("lake_export", LakeExportConfig), platform=platform)

app.synth()
