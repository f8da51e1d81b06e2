"""Cloud assemblies, synthesised once for all workers of a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from serverless_app.synthesis import synthesise


def shared_assembly(factory: pytest.TempPathFactory, environment: str, *, validate: bool) -> Path:
    """Return the assembly of an environment, which whoever asks first makes; nobody may change it."""
    own = factory.getbasetemp()
    root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = root / f"assembly-{environment}{'-validated' if validate else ''}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "manifest.json").exists():
            synthesise(folder, environment=environment, validate=validate)
    return folder
