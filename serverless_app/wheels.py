"""Wheels for a Lambda layer, fetched by pip for the functions' own platform: no Docker, no compiler."""

import compileall
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

# The Python 3.11 runtime is Amazon Linux 2 with glibc 2.26; the later ones are Amazon Linux 2023 with 2.34.
# Every wheel of an older glibc runs on a newer one.
LAMBDA_ARM64 = "manylinux2014_aarch64"


class LayerError(Exception):
    """A layer could not be built; the message ends with what pip said."""


def build_layer(requirements: Path, out: Path, *, runtime: str, platform: str | None) -> None:
    """Install the pinned requirements into `out`/python as wheels for a runtime (`3.11`) and a platform tag.

    Nothing is resolved: the file has to list the whole closure. A `platform` of None is this machine's.
    """
    target = out / "python"
    command = [
        *(sys.executable, "-m", "pip", "install", "-qq"),
        *("--no-deps", "--no-compile", "--only-binary=:all:"),
        *(("--platform", platform) if platform else ()),
        *("--python-version", runtime, "--target", str(target), "--requirement", str(requirements)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (pip, our file)
    if done.returncode != 0:
        raise LayerError(f"pip found no layer of {requirements} for Python {runtime}:\n{done.stderr.strip()}")
    if f"{sys.version_info.major}.{sys.version_info.minor}" == runtime:
        # A layer is read-only: without the compiled files every cold start would compile anew. Unchecked,
        # because unpacking a layer does not keep the sources' times.
        compileall.compile_dir(
            target,
            quiet=2,
            stripdir=str(out),
            prependdir="/opt",
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
