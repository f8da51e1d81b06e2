"""The functions of a pipeline: Python on arm64, a role each, one layer and one asset."""

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from serverless_app.config import PipelineConfig
from serverless_app.constructs.acknowledged import acknowledge
from serverless_app.constructs.compute.dependency_layer import DependencyLayer
from serverless_app.constructs.storage.retention import retained_logs

_ROOT = Path(__file__).parents[3]
# The asset's hash follows from these two packages alone: no other file of the repository may change it.
_EXCLUDE = ["**", "!etl/**", "!lambdas/**", "**/__pycache__", "**/*.pyc", "**/requirements.txt"]


class PipelineFunctions:
    """Make the functions of a pipeline, `lambdas/<pipeline>/<stage>.py`, with the layer and environment they share."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        pipeline: str,
        prefix: str,
        config: PipelineConfig,
        environment: Mapping[str, str],
        id_suffix: str = "",
    ) -> None:
        """Prepare functions named `<prefix>-<stage>`; `id_suffix` keeps their construct ids apart from others."""
        self._stack = stack
        self._pipeline = pipeline
        self._prefix = prefix
        self._id_suffix = id_suffix
        self._config = config
        self._environment = {
            "POWERTOOLS_SERVICE_NAME": pipeline,
            "POWERTOOLS_METRICS_NAMESPACE": "etl",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **environment,
        }
        requirements = _ROOT / "lambdas" / pipeline / "requirements.txt"
        self._layer = DependencyLayer(stack, "Dependencies", requirements=requirements, runtime=config.python_runtime)

    def make(
        self, stage: str, *, memory_mb: int | None = None, scratch_mb: int | None = None, **environment: str
    ) -> lambda_.Function:
        """Return a stage's function; without sizes it has the pipeline's `memory_mb`, and Lambda's 512 MB of `/tmp`."""
        return PythonFunction(
            self._stack,
            f"{stage.title()}{self._id_suffix}",
            name=f"{self._prefix}-{stage}",
            handler=f"lambdas.{self._pipeline}.{stage}.handler",
            config=self._config,
            layer=self._layer.version,
            environment={**self._environment, **environment},
            memory_mb=memory_mb,
            scratch_mb=scratch_mb,
        ).function


class PythonFunction(Construct):
    """A function that may write its own log group and traces; everything else has to be granted."""

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
        memory_mb: int | None,
        scratch_mb: int | None,
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
            code=lambda_.Code.from_asset(str(_ROOT), exclude=_EXCLUDE, ignore_mode=cdk.IgnoreMode.DOCKER),
            layers=[layer],
            memory_size=memory_mb or config.memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(scratch_mb) if scratch_mb else None,
            timeout=cdk.Duration.seconds(config.timeout_seconds),
            role=role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment=dict(environment),
        )
        acknowledge(role, "X-Ray's permissions cannot be limited to a resource.", "IAM5[Resource::*]")
        acknowledge(self.function, "cdk.json chooses the runtime, and the layer is built for it.", "L1")
