"""Lambda layers of wheels that pip fetches for the functions' platform, without Docker or a compiler."""

import shutil
import subprocess
import sys
from pathlib import Path

# The Python 3.11 runtime is Amazon Linux 2 with glibc 2.26, later ones are Amazon Linux 2023 with 2.34. Wheels for an
# older glibc run on a newer one, but pip takes only the tags that it is given.
_AMAZON_LINUX_2 = ("manylinux2014_aarch64",)
_AMAZON_LINUX_2023 = ("manylinux_2_28_aarch64", *_AMAZON_LINUX_2)

UNUSED = (
    # Command-line programs: no function has a layer's `python/bin` on its path.
    "bin",
    # Headers for C++, and the package's own tests.
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/src",
    "pyarrow/tests",
    "pyarrow/_pyarrow_cpp_tests.*",
    # Copies of the three libraries that are loaded as `.so.<version>`: wheels have no symbolic links.
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*.*",
    # Arrow's protocol over gRPC, a seventh of the package. Its neighbour Substrait is linked into every module.
    "pyarrow/_flight.*",
    "pyarrow/libarrow_flight.so.*",
    "pyarrow/libarrow_python_flight.so.*",
    "adbc_driver_manager/toml++",
)
"""Patterns below `python/` of files that no function loads."""


class LayerError(Exception):
    """A layer could not be built; the message ends with pip's."""


def lambda_platforms(runtime: str) -> tuple[str, ...]:
    """Return the platform tags of wheels for Lambda on arm64 with a Python runtime (`3.11`)."""
    return _AMAZON_LINUX_2 if runtime == "3.11" else _AMAZON_LINUX_2023


def build_layer(requirements: Path, out: Path, *, runtime: str, platforms: tuple[str, ...]) -> bool:
    """Install pinned requirements into `out`/python, as wheels for a runtime (`3.11`) and platform tags.

    The file has to list the whole closure, as nothing is resolved. Without `platforms` the wheels are this machine's.
    Returns whether the modules are compiled, which needs the runtime's version of Python on this machine.
    """
    target = out / "python"
    command = [
        *(sys.executable, "-m", "pip", "install", "-qq"),
        *("--no-deps", "--no-compile", "--only-binary=:all:"),
        *(option for platform in platforms for option in ("--platform", platform)),
        *("--python-version", runtime, "--target", str(target), "--requirement", str(requirements)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (pip, our file)
    if done.returncode != 0:
        raise LayerError(f"pip could not install {requirements} for Python {runtime}:\n{done.stderr.strip()}")
    for pattern in UNUSED:
        for path in target.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return _compile(target, runtime)


def _compile(target: Path, runtime: str) -> bool:
    """Compile the modules: a layer is read-only, so every cold start would compile them again."""
    same = f"{sys.version_info.major}.{sys.version_info.minor}" == runtime
    # Unchecked, because a layer does not keep the times of its sources.
    options = ("-qq", "--invalidation-mode", "unchecked-hash", "-s", str(target.parent), "-p", "/opt")
    command = [sys.executable if same else f"python{runtime}", "-m", "compileall", *options, str(target)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 (as above)
    except FileNotFoundError:
        return False
