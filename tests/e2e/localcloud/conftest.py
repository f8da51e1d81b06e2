"""Running local clouds, shared by the tests that leave nothing behind that disturbs another."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud import LocalCloud
from tests.e2e.localcloud.assemblies import Template, write_assembly

Deploy = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path_factory.mktemp("cloud"), wait_scale=0) as running:
        yield running


@pytest.fixture(scope="session")
def iam_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path_factory.mktemp("iam"), iam=True) as running:
        yield running


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """Return a cloud of the test's own, not started yet and stopped afterwards."""
    cloud = LocalCloud(tmp_path / "home")
    yield cloud
    cloud.stop()


@pytest.fixture
def stack_name(request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    return name.replace("_", "-")


@pytest.fixture
def deploy(cloud: LocalCloud, tmp_path: Path, stack_name: str) -> Deploy:
    """Deploy resources as the test's own stack and return their references by logical id."""

    def deploy(resources: Template, code: str = "") -> dict[str, str]:
        return cloud.deploy(write_assembly(tmp_path / "cdk.out", stack_name, resources, code))[stack_name]

    return deploy
