"""The app, synthesised once for all the tests that deploy it."""

from pathlib import Path

import pytest

from tests.assemblies import shared_assembly


@pytest.fixture(scope="session")
def dev_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of dev, without its dependency layer's wheels."""
    return shared_assembly(tmp_path_factory, "dev", validate=False)
