"""The dependency layer: complete, small enough, and enough for every handler to be imported."""

import os
import subprocess
import sys
from importlib.metadata import distributions, version
from importlib.util import find_spec
from pathlib import Path

import boto3
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from serverless_app.wheels import LAMBDA_ARM64, LayerError, build_layer

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "lambdas" / "requirements.txt"
HANDLERS = sorted(path.parent.name for path in ROOT.glob("lambdas/*/handler.py"))
RUNTIME = f"{sys.version_info.major}.{sys.version_info.minor}"
# What the Lambda runtime brings along; msgspec and the others have to come from the layer.
OF_THE_RUNTIME = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"]
LIMIT = 250 * 1024 * 1024

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def arm64_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer as it is deployed."""
    out = tmp_path_factory.mktemp("arm64")
    build_layer(REQUIREMENTS, out, runtime="3.11", platform=LAMBDA_ARM64)
    return out


@pytest.fixture(scope="module")
def import_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An import path of the asset, the layer for this machine, and what the runtime brings along."""
    layer, runtime = tmp_path_factory.mktemp("layer"), tmp_path_factory.mktemp("runtime")
    build_layer(REQUIREMENTS, layer, runtime=RUNTIME, platform=None)
    site_packages = Path(boto3.__file__).parents[1]
    for name in OF_THE_RUNTIME:
        source = next(path for path in (site_packages / name, site_packages / f"{name}.py") if path.exists())
        (runtime / source.name).symlink_to(source)
    asset = tmp_path_factory.mktemp("asset")
    for package in ("etl", "lambdas"):
        (asset / package).symlink_to(ROOT / package)
    return os.pathsep.join(map(str, [asset, layer / "python", runtime]))


def test_deployed_wheels_are_for_arm64_and_the_runtime(arm64_layer: Path) -> None:
    compiled = list(arm64_layer.rglob("*.so"))
    assert compiled
    assert all("cpython-311-aarch64" in path.name for path in compiled)


def test_layer_has_what_its_packages_require(arm64_layer: Path) -> None:
    packages = list(distributions(path=[str(arm64_layer / "python")]))
    here = {canonicalize_name(package.name) for package in packages} | set(OF_THE_RUNTIME)
    required = {
        canonicalize_name(requirement.name)
        for package in packages
        for requirement in map(Requirement, package.requires or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    assert required
    assert required <= here


def test_layer_has_the_versions_that_the_tests_run_with(arm64_layer: Path) -> None:
    deployed = {package.name: package.version for package in distributions(path=[str(arm64_layer / "python")])}
    assert deployed == {name: version(name) for name in deployed}


def test_layer_and_functions_stay_below_the_limit_of_lambda(arm64_layer: Path) -> None:
    size = sum(path.stat().st_size for path in arm64_layer.rglob("*") if path.is_file())
    assert 0 < size < LIMIT


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="compiled by an interpreter of the runtime's version")
def test_layer_comes_compiled(arm64_layer: Path) -> None:
    assert list((arm64_layer / "python" / "msgspec").rglob("*.cpython-311.pyc"))


def test_a_requirement_that_does_not_exist_is_named(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("msgspec==0.0.0\n")
    with pytest.raises(LayerError, match=r"msgspec==0\.0\.0"):
        build_layer(requirements, tmp_path / "out", runtime="3.11", platform=LAMBDA_ARM64)


@pytest.mark.parametrize("handler", HANDLERS)
def test_handler_needs_nothing_but_its_layer(import_path: str, handler: str) -> None:
    done = _import(f"lambdas.{handler}.handler", import_path)
    assert done.returncode == 0, done.stderr


def test_a_package_outside_the_layer_is_out_of_a_handlers_reach(import_path: str) -> None:
    assert find_spec("rich") is not None
    assert "No module named 'rich'" in _import("rich", import_path).stderr


def _import(module: str, import_path: str) -> subprocess.CompletedProcess[str]:
    # -S leaves out site-packages, -P the working directory: the import path is all there is.
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", f"import {module}"],
        env={"PYTHONPATH": import_path, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
