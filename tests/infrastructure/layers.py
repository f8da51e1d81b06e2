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
    """A layer of the functions whose handlers' names start with `prefix`."""

    prefix: str
    requirements: Path
    runtime: str
    glibc: int
    """2.x: that of the runtime's operating system."""


ETL = Layer("etl", ROOT / "lambdas" / "requirements.txt", "3.11", 26)
LAKE = Layer("lake", ROOT / "lambdas" / "lake" / "requirements.txt", "3.13", 34)
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
