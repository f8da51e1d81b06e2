"""The dependency layers of the functions, and what a function has on its import path beside one."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3

from serverless_app.wheels import build_layer

ROOT = Path(__file__).parents[2]
# What the Lambda runtime brings along; msgspec and the others have to come from the layer.
OF_THE_RUNTIME = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"]


@dataclass(frozen=True)
class Layer:
    """The layer of a pipeline's functions."""

    pipeline: str
    runtime: str
    glibc: int
    """The minor version of the runtime's glibc: 26 for 2.26."""

    @property
    def requirements(self) -> Path:
        """The pinned packages."""
        return ROOT / "lambdas" / self.pipeline / "requirements.txt"


ETL = Layer("etl_pipeline", "3.11", 26)
LAKE = Layer("lake_export", "3.13", 34)
LAYERS = [ETL, LAKE]


def import_path(layer: Layer, folder: Path) -> str:
    """Return an import path of the asset, the layer for this machine, and what the runtime brings along."""
    runtime = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert build_layer(layer.requirements, folder / "layer", runtime=runtime, platforms=())
    site_packages = Path(boto3.__file__).parents[1]
    for name in OF_THE_RUNTIME:
        source = next(path for path in (site_packages / name, site_packages / f"{name}.py") if path.exists())
        (folder / source.name).symlink_to(source)
    for package in ("etl", "lambdas"):
        (folder / package).symlink_to(ROOT / package)
    return os.pathsep.join(map(str, [folder, folder / "layer" / "python"]))
