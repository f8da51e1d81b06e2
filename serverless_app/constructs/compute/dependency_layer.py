"""The third-party packages of the functions, as one layer built without Docker."""

import hashlib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from serverless_app.wheels import UNUSED, build_layer, lambda_platforms


class DependencyLayer(Construct):
    """A layer of wheels, whose hash follows from its requirements file, runtime and platform."""

    def __init__(self, scope: Construct, id_: str, *, requirements: Path, runtime: str) -> None:
        super().__init__(scope, id_)
        # The hash of the inputs: the template is the same with the wheels (a deployment) and without (the local cloud).
        ingredients = f"{requirements.read_text()}{runtime} {lambda_platforms(runtime)} {UNUSED}"
        self.version = lambda_.LayerVersion(
            self,
            "Version",
            code=lambda_.Code.from_asset(
                str(requirements.parent),
                asset_hash_type=cdk.AssetHashType.CUSTOM,
                asset_hash=hashlib.sha256(ingredients.encode()).hexdigest(),
                bundling=cdk.BundlingOptions(
                    # Never pulled: the local bundling succeeds or raises.
                    image=cdk.DockerImage.from_registry("none"),
                    local=_Wheels(self, requirements, runtime),
                ),
            ),
            compatible_runtimes=[lambda_.Runtime(f"python{runtime}", lambda_.RuntimeFamily.PYTHON)],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description=f"Python {runtime} packages of {requirements.parent.name}/{requirements.name}",
        )


@jsii.implements(cdk.ILocalBundling)
class _Wheels:
    def __init__(self, layer: Construct, requirements: Path, runtime: str) -> None:
        self._layer = layer
        self._requirements = requirements
        self._runtime = runtime

    def try_bundle(self, output_dir: str, _options: Any = None, **_more: Any) -> bool:
        platforms = lambda_platforms(self._runtime)
        if not build_layer(self._requirements, Path(output_dir), runtime=self._runtime, platforms=platforms):
            cdk.Annotations.of(self._layer).add_warning_v2(
                "uncompiled-layer",
                f"The layer of {self._requirements} is not compiled, as there is no python{self._runtime} here: every"
                f" cold start compiles its imports. Put a python{self._runtime} on the PATH and deploy again",
            )
        return True
