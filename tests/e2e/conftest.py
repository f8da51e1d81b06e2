"""The app, synthesised once per worker for all the tests that deploy it."""

from pathlib import Path

import pytest

from serverless_app.synthesis import synthesise


@pytest.fixture(scope="session")
def dev_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of dev, without its dependency layer's wheels."""
    return synthesise(tmp_path_factory.mktemp("dev"), environment="dev", validate=False)
