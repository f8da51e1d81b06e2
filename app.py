"""The CDK app: configuration from cdk.json, one line per stack."""

from serverless_app.application import Application
from serverless_app.stacks.etl_pipeline_stack import EtlPipelineConfig, EtlPipelineStack

app = Application()

EtlPipelineStack(app, "EtlPipelineStack", config=app.config("etl_pipeline", EtlPipelineConfig))

app.synth()
