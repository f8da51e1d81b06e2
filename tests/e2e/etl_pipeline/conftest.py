"""The stack, deployed once per worker; every test finds its tables and its bucket empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import LocalCloud
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, deploy


@pytest.fixture(scope="session")
def deployment(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPipeline]:
    with LocalCloud(tmp_path_factory.mktemp("cloud"), wait_scale=0) as cloud:
        yield deploy(cloud, dev_assembly)


@pytest.fixture(scope="session")
def iam_deployment(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPipeline]:
    with LocalCloud(tmp_path_factory.mktemp("iam"), wait_scale=0, iam=True) as cloud:
        yield deploy(cloud, dev_assembly)


@pytest.fixture
def pipeline(deployment: DeployedPipeline) -> DeployedPipeline:
    deployment.empty()
    return deployment


@pytest.fixture
def iam_pipeline(iam_deployment: DeployedPipeline) -> DeployedPipeline:
    iam_deployment.empty()
    return iam_deployment
