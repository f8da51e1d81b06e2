"""What the tests share that deploy the app: its assembly, and a home of a local cloud for `etl`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import LocalCloud
from serverless_app.target import LOCAL_HOME
from tests.assemblies import shared_assembly
from tests.e2e.commands import Etl


@pytest.fixture(scope="session")
def dev_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of dev, without its dependency layer's wheels."""
    return shared_assembly(tmp_path_factory, "dev", validate=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the local cloud that `etl` uses in a module's tests, and that the first use deploys."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(LOCAL_HOME, str(home))
        yield home
    cloud = LocalCloud(home)
    cloud.stop()
    cloud.reset()


@pytest.fixture
def as_aws(etl: Etl, home: Path, monkeypatch: pytest.MonkeyPatch) -> Etl:
    """The command with that cloud's variables, as a user pastes them."""
    for name, value in LocalCloud(home).environment().items():
        monkeypatch.setenv(name, value)
    return lambda line: etl(f"{line} --target aws")
