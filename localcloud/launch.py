"""Start the serving process of a home and wait until it answers, or say why it does not."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from localcloud.errors import LocalCloudError
from localcloud.home import Home

START_SECONDS: Final = 30.0
LOG_TAIL_LINES: Final = 15
PROJECT: Final = Path(__file__).parents[1]
_INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def server_environment(
    home: Home, *, account: str, region: str, iam: bool, wait_scale: float, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of the serving process, which its handlers inherit.

    Only what a program needs to start is taken from the caller: neither the caller's AWS settings nor
    a proxy nor a Docker socket may change what a handler sees.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(home.scratch),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.objects),
        "LAMBDA_EXECUTOR": "local",
        "SFN_WAIT_SCALE": str(wait_scale),
        "DOCKER_HOST": "unix:///nonexistent",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    if iam:
        # AWS_CA_BUNDLE is for the handlers: they call the cloud through TLS as well.
        environment |= {
            "AUTH": "true",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(home.certificate),
            "MINISTACK_SSL_KEY": str(home.private_key),
            "AWS_CA_BUNDLE": str(home.certificate),
        }
    return environment | dict(extra)


def launch(
    home: Home, *, port: int | None, environment: Mapping[str, str], detached: bool
) -> subprocess.Popen[bytes] | None:
    """Start a serving process and return once it answers, or once another start took the home first.

    The returned process ends when its stdin is closed; a detached one is nobody's child, hence None.
    """
    if find_spec("ministack") is None:
        raise LocalCloudError(
            "the local cloud's packages are not installed; "
            "run `pip install -r requirements-local.txt -c constraints.txt`, or `make run`"
        )
    home.path.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "localcloud.server", "--home", str(home.path)]
    command += ["--port", str(port)] * (port is not None) + ["--detached"] * detached
    with home.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            # Found from here, not from PYTHONPATH: handlers must not find the project's sources there.
            cwd=PROJECT,
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(environment),
        )
    answer = _first_answer(process)
    if answer == {"ready": True} and not detached:
        return process
    if answer is None and (pid := home.holder()) is not None:
        os.kill(pid, signal.SIGKILL)
    discard(process)
    if not answer:
        raise LocalCloudError(f"the local cloud did not start; the end of {home.log}:\n{tail(home.log)}")
    if "error" in answer:
        raise LocalCloudError(str(answer["error"]))
    return None


def discard(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes to a serving process and collect it, so that no zombie stays behind."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()


def _first_answer(process: subprocess.Popen[bytes]) -> dict[str, object] | None:
    """Return what the process says first, nothing when it ends before that, None when it stays silent."""
    if process.stdout is None:
        raise AssertionError("the serving process is started with a pipe")
    readable, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    if not readable:
        process.kill()
        return None
    answer: dict[str, object] = json.loads(process.stdout.readline() or "{}")
    return answer


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:]) or "(nothing was written)"
