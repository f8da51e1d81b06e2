"""A Python function on arm64 with a role of its own and logs that end."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge
from serverless_app.constructs.compute.function_code import function_code
from serverless_app.constructs.storage.retention import retained_logs


class PythonFunction(Construct):
    """A function that may write its own log group and traces, and nothing else until something is granted.

    Its memory is the pipeline's `memory_mb` unless it needs more, and `/tmp` has Lambda's 512 MB unless it needs more.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        handler: str,
        config: PipelineConfig,
        layer: lambda_.ILayerVersion,
        environment: Mapping[str, str],
        memory_mb: int | None = None,
        scratch_mb: int | None = None,
    ) -> None:
        super().__init__(scope, id_)
        log_group = retained_logs(self, "Logs", name=f"/aws/lambda/{name}", config=config)
        # Without the managed policy, which may write to every log group of the account.
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            runtime=lambda_.Runtime(f"python{config.python_runtime}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=function_code(),
            layers=[layer],
            memory_size=memory_mb or config.memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(scratch_mb) if scratch_mb else None,
            timeout=cdk.Duration.seconds(config.timeout_seconds),
            role=role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment=dict(environment),
        )
        acknowledge(role, "X-Ray takes traces for no particular resource.", "IAM5[Resource::*]")
        acknowledge(self.function, "The pipeline's page fixes the runtime; cdk.json raises it.", "L1")
