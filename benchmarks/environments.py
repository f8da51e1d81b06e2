"""An environment of its own for each peer, so that no peer's packages are this project's."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def interpreter(requirements: Sequence[str], cache: Path) -> Path:
    """Return a Python that has the requirements and nothing else; made once, then found again in the cache.

    No requirements mean this project's own environment.
    """
    if not requirements:
        return Path(sys.executable)
    name = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:16]
    made, python = cache / name / "made", cache / name / "bin" / "python"
    if not made.exists():
        _run(sys.executable, "-m", "venv", "--clear", cache / name)
        _run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirements)
        made.touch()
    return python


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)  # noqa: S603 -- our own interpreter
