"""A PostgreSQL server that lives in a folder: started when it is needed, reached on the loopback address alone."""

import fcntl
import os
import secrets
import shlex
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from localcloud.errors import LocalCloudError
from localcloud.launch import tail
from localcloud.postgres_programs import Programs, place

HOST: Final = "127.0.0.1"
USER: Final = "postgres"
PATIENCE_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.02
# A crash of the machine may cost the last moments, never the whole. Minimal WAL lets a table that is filled by the
# transaction which made it go to the disk once; nothing replicates from here.
SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "synchronous_commit": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
    }
)
_FIRST_DATABASE: Final = "postgres"
_ACCESS: Final = {"listen_addresses": HOST, "unix_socket_directories": ""}
# In the file `postmaster.pid`: its process, its port, and whether it takes connections.
# Source: src/include/utils/pidfile.h of PostgreSQL.
_PID_LINE, _PORT_LINE, _STATUS_LINE = 0, 3, 7
_READY: Final = "ready"


@dataclass(frozen=True)
class Address:
    """How clients reach a server that runs."""

    port: int
    database: str
    password: str
    host: str = HOST
    user: str = USER

    @property
    def conninfo(self) -> str:
        """The connection string of libpq, password included."""
        return f"host={self.host} port={self.port} user={self.user} password={self.password} dbname={self.database}"

    def __repr__(self) -> str:
        """Show everything but the password."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"


class PostgresServer:
    """The server whose data lie in `folder`, with one database; nothing runs before `start`.

    Beside the data lie its log and `pgpass`, a file with its password as libpq reads it. Whoever holds the lock
    beside the folder is the server: it is inherited by each of its processes and gone with the last of them, however
    they end, and no other process can be taken for it by a reused pid.
    """

    def __init__(
        self, folder: Path, *, database: str = _FIRST_DATABASE, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        self.folder = folder
        self.database = database
        self._settings = settings
        self._lock = folder.with_name(f"{folder.name}.lock")

    @property
    def log(self) -> Path:
        """Everything the server printed since its last start."""
        return self.folder / "log"

    @property
    def _password_file(self) -> Path:
        return self.folder / "pgpass"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def exists(self) -> bool:
        """Say whether the server was ever started here."""
        return self._data.exists()

    def start(self) -> Address:
        """Start the server unless it runs, and return its address once it answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (address := self.address()) is None:
            with self._claimed() as claim:
                if claim is not None:
                    self._launch(claim)
                    continue
            if time.monotonic() > deadline:
                raise LocalCloudError(f"PostgreSQL in {self.folder} does not answer; the end of {self._log_tail()}")
            time.sleep(POLL_SECONDS)  # another start, or a stop, is under way
        return address

    def address(self) -> Address | None:
        """Return the server's address, or None when it does not answer."""
        told = self._told()
        if len(told) <= _STATUS_LINE or told[_STATUS_LINE].strip() != _READY or not self._lives():
            return None
        port = int(told[_PORT_LINE])
        try:
            # The pid file may be left from a server that was killed a moment ago.
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            return None
        return Address(port, self.database, self._password())

    def variables(self) -> dict[str, str]:
        """Return the environment that leads libpq clients such as psql here; empty when the server does not answer."""
        address = self.address()
        if address is None:
            return {}
        return {
            "PGHOST": address.host,
            "PGPORT": str(address.port),
            "PGUSER": address.user,
            "PGDATABASE": address.database,
            "PGPASSFILE": str(self._password_file),
        }

    def stop(self) -> None:
        """Stop the server with every connection to it, wait for its end, and keep its data."""
        began = time.monotonic()
        while self._lives():
            waited = time.monotonic() - began
            if waited > PATIENCE_SECONDS:
                raise LocalCloudError(f"PostgreSQL in {self.folder} does not end; its processes hold {self._lock}")
            if told := self._told():
                with suppress(ProcessLookupError, ValueError):
                    how = signal.SIGINT if waited < PATIENCE_SECONDS / 2 else signal.SIGQUIT
                    os.kill(int(told[_PID_LINE]), how)
            time.sleep(POLL_SECONDS)

    def wipe(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder.resolve(), ignore_errors=True)
        if self.folder.is_symlink():
            self.folder.unlink()

    def _launch(self, claim: int) -> None:
        folder, programs = place(self.folder)
        data = folder / "data"
        if not data.exists():
            self._initialise(folder, programs)
        for left in (data / "postmaster.pid", folder / "log"):
            left.unlink(missing_ok=True)
        settings = {**self._settings, **_ACCESS, "port": str(_free_port())}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        try:
            programs.run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start", keep=(claim,))
        except LocalCloudError as error:
            raise LocalCloudError(f"PostgreSQL did not start: {error}; the end of {self._log_tail()}") from error

    def _initialise(self, folder: Path, programs: Programs) -> None:
        """Create the data directory atomically."""
        draft = folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        password = secrets.token_hex(32)
        for name, line in (("pgpass", f"*:*:*:{USER}:{password}"), ("password", password)):
            _write_secret(folder / name, line + "\n")
            programs.own(folder / name)
        access = ("-U", USER, "-A", "scram-sha-256", "--pwfile", folder / "password")
        # Iterations make short passwords hard to guess; this one has 256 random bits, and they cost time with each
        # connection.
        programs.run("initdb", "-D", draft, "-E", "UTF8", "--no-locale", "-N", "-c", "scram_iterations=1", *access)
        (folder / "password").unlink()
        if self.database != _FIRST_DATABASE:
            make = f'CREATE DATABASE "{self.database}"\n'
            programs.run("postgres", "--single", "-D", draft, _FIRST_DATABASE, enter=make)
        draft.rename(folder / "data")

    def _told(self) -> list[str]:
        with suppress(FileNotFoundError):
            return (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return []

    def _password(self) -> str:
        return self._password_file.read_text(encoding="utf-8").strip().rpartition(":")[2]

    def _log_tail(self) -> str:
        return f"{self.log}:\n{tail(self.log)}" if self.log.exists() else f"{self.log}, which is empty"

    def _lives(self) -> bool:
        with suppress(FileNotFoundError), self._lock.open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @contextmanager
    def _claimed(self) -> Iterator[int | None]:
        """Yield the lock as a file descriptor for the server to inherit, None while another has it."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield lock.fileno()


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
