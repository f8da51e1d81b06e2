"""Cloud assemblies, synthesised once for all workers of a test run."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_app.synthesis import synthesise


def shared_assembly(factory: pytest.TempPathFactory, environment: str, *, validate: bool) -> Path:
    """Return the assembly of an environment; the first worker that asks synthesises it, and nobody may change it."""
    name = f"assembly-{environment}{'-validated' if validate else ''}"
    return made_once(factory, name, lambda folder: synthesise(folder, environment=environment, validate=validate))


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder of an assembly; the first worker of the test run that asks makes it."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "manifest.json").exists():
            make(folder)
    return folder
