"""Where a command works: on the local cloud, or in the AWS account of the caller's credentials."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from etl.runs.ledger import Ledger
from localcloud import LocalCloud
from serverless_app.pipelines import Pipeline
from serverless_app.source_database import DATABASE, put_source_secret
from serverless_app.synthesis import synthesise

ROOT = Path(__file__).parents[1]
LOCAL_HOME = "ETL_LOCAL_HOME"
# A parameter of the local cloud: which sources were deployed.
_DEPLOYED = "/etl/deployed"

_PLATFORM = Pipeline("platform")
"""Not a pipeline, but its stack is called as theirs are."""

_CONFIGS = {
    # A function may take its fifteen minutes: given up on earlier, it would be called again.
    "lambda": Config(read_timeout=910, retries={"mode": "standard", "max_attempts": 0}),
    "athena": Config(retries={"mode": "standard", "max_attempts": 5}),
}


class TargetError(Exception):
    """The target cannot do what is asked; the message says what to do about it."""


class NotDeployedError(TargetError):
    """A stack is not deployed at the target."""


class TargetName(StrEnum):
    """The targets that a command can be given."""

    LOCAL = "local"
    AWS = "aws"


class Target(Protocol):
    """What commands need of a target."""

    poll_seconds: float

    def client(self, service: str) -> Any:
        """Return a boto3 client."""

    def outputs(self, pipeline: Pipeline) -> dict[str, str]:
        """Return the outputs of a pipeline's stack."""


def open_target(name: TargetName) -> Target:
    """Return the target of that name, ready to be used."""
    return LocalTarget() if name is TargetName.LOCAL else AwsTarget()


def deployed_among(
    place: Target, pipelines: Sequence[Pipeline]
) -> tuple[dict[Pipeline, dict[str, str]], list[Pipeline]]:
    """Return the outputs of those of the pipelines that are deployed, and the others.

    NotDeployedError when none of them is.
    """
    outputs: dict[Pipeline, dict[str, str]] = {}
    missing: dict[Pipeline, NotDeployedError] = {}
    for pipeline in pipelines:
        try:
            outputs[pipeline] = place.outputs(pipeline)
        except NotDeployedError as error:
            missing[pipeline] = error
    if missing and not outputs:
        raise next(iter(missing.values()))
    return outputs, list(missing)


def ledger_of(place: Target) -> Ledger:
    """Return the ledger of the pipelines that are deployed at a target."""
    return Ledger(place.client("dynamodb"), place.outputs(_PLATFORM)["LedgerTableName"])


def local_cloud(
    home: Path | None = None, *, wait_scale: float = 1.0, env: Mapping[str, str] | None = None
) -> LocalCloud:
    """Return a local cloud for this project; it may not run yet.

    Its default home is the one that ETL_LOCAL_HOME names, or `.localcloud` of this checkout.
    """
    return LocalCloud(
        home or Path(os.environ.get(LOCAL_HOME) or ROOT / ".localcloud"),
        wait_scale=wait_scale,
        env=env,
        database=DATABASE,
        on_postgres=put_source_secret,
        command="etl local",
    )


class LocalTarget:
    """The local cloud: started, and brought up to date with the checkout, when a command needs it."""

    poll_seconds = 0.05

    def __init__(self) -> None:
        self.cloud = local_cloud()
        self.cloud.start(detached=True)

    def client(self, service: str) -> Any:
        """Return a boto3 client of the local cloud's administrator."""
        return self.cloud.client(service)

    def outputs(self, pipeline: Pipeline) -> dict[str, str]:
        """Return the outputs of a pipeline's stack, deployed from the checkout as it is."""
        present = pipeline.stack in self.cloud.status().stacks
        if not present or _deployed(self.client("ssm")) != _fingerprint():
            self.deploy()
        return _outputs(self.client("cloudformation"), pipeline)

    def deploy(self) -> dict[str, dict[str, str]]:
        """Synthesise the app and deploy every stack; return their outputs."""
        sources = _fingerprint()
        # The assets are the sources themselves and cdk-nag has its test: neither is needed to try something out.
        with TemporaryDirectory() as out:
            outputs = self.cloud.deploy(synthesise(Path(out), validate=False))
        self.client("ssm").put_parameter(Name=_DEPLOYED, Value=sources, Type="String", Overwrite=True)
        return outputs


class AwsTarget:
    """The AWS account and region of the caller's credentials, where `cdk deploy` has put the stacks."""

    poll_seconds = 1.0

    def __init__(self) -> None:
        self._session = boto3.Session()
        if self._session.region_name is None:
            raise TargetError("no AWS region is chosen: set AWS_DEFAULT_REGION or AWS_PROFILE, or use --target local")
        if self._session.get_credentials() is None:
            raise TargetError("no AWS credentials are found: set AWS_PROFILE or log in, or use --target local")

    def client(self, service: str) -> Any:
        """Return a boto3 client with the caller's credentials."""
        config = _CONFIGS.get(service)
        return self._session.client(service, config=config)  # type: ignore[call-overload]  # any service, by its name

    def outputs(self, pipeline: Pipeline) -> dict[str, str]:
        """Return the outputs of a pipeline's stack, or raise TargetError when it is not deployed."""
        return _outputs(self.client("cloudformation"), pipeline)


def _outputs(cloudformation: Any, pipeline: Pipeline) -> dict[str, str]:
    try:
        (stack,) = cloudformation.describe_stacks(StackName=pipeline.stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotDeployedError(
            f"stack {pipeline.stack} is not deployed here: deploy it with `cdk deploy {pipeline.stack}`"
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _deployed(ssm: Any) -> str | None:
    """Return the hash of what was deployed last."""
    found = ssm.get_parameters(Names=[_DEPLOYED])["Parameters"]
    return found[0]["Value"] if found else None


def _fingerprint() -> str:
    """Return a hash of all that decides what is deployed."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (ROOT / name for name in ("app.py", "cdk.json", "requirements.txt"))
    for folder in ("etl", "lambdas", "localcloud", "serverless_app"):
        yield from (path for path in (ROOT / folder).rglob("*.*") if path.is_file() and path.suffix != ".pyc")
