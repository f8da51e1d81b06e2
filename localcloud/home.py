"""The directory one local cloud lives in, shared by the process that serves it and those that use it."""

import fcntl
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Record:
    """What a serving process tells the others: who it is and where it answers."""

    pid: int
    port: int
    account: str
    region: str
    iam: bool

    @property
    def endpoint_url(self) -> str:
        """The address of every AWS API of this cloud."""
        return f"{'https' if self.iam else 'http'}://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Home:
    """Paths, lock and record of one local cloud; whoever holds the lock is the cloud."""

    path: Path

    @property
    def log(self) -> Path:
        """Everything the serving process and its engines printed since the last start."""
        return self.path / "server.log"

    @property
    def state(self) -> Path:
        """Saved services, one file each."""
        return self.path / "state"

    @property
    def objects(self) -> Path:
        """Bodies of the objects in S3."""
        return self.path / "s3"

    @property
    def postgres(self) -> Path:
        """Data, password and log of the PostgreSQL server; they are there once something needed it."""
        return self.path / "postgres"

    @property
    def scratch(self) -> Path:
        """Temporary files of the serving process and its handlers, emptied at each start."""
        return self.path / "tmp"

    @property
    def certificate(self) -> Path:
        """The certificate this cloud answers with under TLS; its own authority."""
        return self.path / "tls" / "server.crt"

    @property
    def private_key(self) -> Path:
        """The key that belongs to the certificate."""
        return self.path / "tls" / "server.key"

    @property
    def _lock(self) -> Path:
        return self.path / "lock"

    @property
    def _record(self) -> Path:
        return self.path / "server.json"

    def acquire(self) -> IO[str] | None:
        """Lock this home for as long as the returned file stays open, or return None when it is taken.

        The lock, not a pid, says whether a cloud lives here: the system drops it with the process,
        however that ends, and no other process can inherit the claim with a reused pid.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = self._lock.open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        self._record.unlink(missing_ok=True)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def holder(self) -> int | None:
        """Return the pid of the process that holds the lock, None when there is none."""
        with suppress(FileNotFoundError), self._lock.open("r", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0) or None
        return None

    def announce(self, record: Record) -> None:
        """Publish where the cloud answers, whole or not at all."""
        draft = self._record.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
        draft.replace(self._record)

    def record(self) -> Record | None:
        """Return the record of the cloud that serves this home, None when none does or not yet."""
        try:
            record = Record(**json.loads(self._record.read_text(encoding="utf-8")))
        except (FileNotFoundError, json.JSONDecodeError, TypeError):
            return None
        return record if self.holder() == record.pid else None

    def clear_scratch(self) -> None:
        """Remove the temporary files of earlier processes; the caller holds the lock."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()

    def wipe(self) -> None:
        """Remove all state; the caller makes sure that no cloud serves this home."""
        for directory in (self.state, self.objects, self.scratch):
            shutil.rmtree(directory, ignore_errors=True)
