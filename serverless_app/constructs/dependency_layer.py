"""The third-party packages of the functions, as one layer built without Docker."""

import hashlib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from serverless_app.wheels import LAMBDA_ARM64, build_layer


class DependencyLayer(Construct):
    """A layer of the wheels of a requirements file; its hash is that of the file, runtime and platform."""

    def __init__(self, scope: Construct, id_: str, *, requirements: Path, runtime: str) -> None:
        super().__init__(scope, id_)
        # A hash of what goes in, not of what came out: the template is the same whether the wheels were
        # fetched (to deploy) or not (for the local cloud).
        ingredients = f"{requirements.read_text()}{runtime} {LAMBDA_ARM64}"
        self.version = lambda_.LayerVersion(
            self,
            "Version",
            code=lambda_.Code.from_asset(
                str(requirements.parent),
                asset_hash_type=cdk.AssetHashType.CUSTOM,
                asset_hash=hashlib.sha256(ingredients.encode()).hexdigest(),
                bundling=cdk.BundlingOptions(
                    # Never pulled: the local bundling below does it all, or raises.
                    image=cdk.DockerImage.from_registry("none"),
                    local=_Wheels(requirements, runtime),
                ),
            ),
            compatible_runtimes=[lambda_.Runtime(f"python{runtime}", lambda_.RuntimeFamily.PYTHON)],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description=f"Python {runtime} packages of {requirements.parent.name}/{requirements.name}",
        )


@jsii.implements(cdk.ILocalBundling)
class _Wheels:
    def __init__(self, requirements: Path, runtime: str) -> None:
        self._requirements = requirements
        self._runtime = runtime

    def try_bundle(self, output_dir: str, _options: Any = None, **_more: Any) -> bool:
        build_layer(self._requirements, Path(output_dir), runtime=self._runtime, platform=LAMBDA_ARM64)
        return True
