"""Start, stop, deploy to and look into a local cloud."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

import boto3

from localcloud import access, deployment
from localcloud.assembly import Place
from localcloud.errors import LocalCloudError
from localcloud.home import Home, Record
from localcloud.launch import START_SECONDS, discard, launch, server_environment
from localcloud.postgres import Address, PostgresServer

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
STOP_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.02

OnPostgres = Callable[[Callable[[str], Any], Address], None]


@dataclass(frozen=True)
class Status:
    """What a local cloud is doing at this moment."""

    home: Path
    running: bool
    pid: int | None = None
    endpoint_url: str | None = None
    iam: bool = False
    stacks: Mapping[str, str] = field(default_factory=dict)
    postgres: Mapping[str, str] = field(default_factory=dict)
    """The variables by which libpq reaches the PostgreSQL server; empty when none runs."""


class LocalCloud:
    """One local cloud, which keeps its state in a directory between starts.

    `wait_scale` shortens the waits of state machines; `env` adds to the environment of the serving process and of
    every handler. `database` is the database of its PostgreSQL server. `on_postgres` is called with `client` and the
    server's address whenever that server starts. Messages tell users to run `command`. Nothing runs before `start`.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        iam: bool = False,
        wait_scale: float = 1.0,
        env: Mapping[str, str] | None = None,
        database: str = "postgres",
        on_postgres: OnPostgres | None = None,
        command: str = "python -m localcloud",
    ) -> None:
        self._home = Home(home.absolute())
        self._postgres = PostgresServer(self._home.postgres, database=database)
        self._on_postgres = on_postgres
        self._command = command
        self._port = port
        self._iam = iam
        self._wait_scale = wait_scale
        self._env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._was_running = False

    @property
    def account(self) -> str:
        """The account id all resources belong to."""
        return self._env.get("MINISTACK_ACCOUNT_ID", ACCOUNT)

    @property
    def region(self) -> str:
        """The region all clients use."""
        return self._env.get("MINISTACK_REGION", REGION)

    @property
    def endpoint_url(self) -> str:
        """The address of every AWS API of this cloud, once it runs."""
        return self._serving().endpoint_url

    def start(self, *, detached: bool = False) -> None:
        """Return once the cloud answers; it ends with this process unless it is detached.

        A cloud that already serves this home is left as it is; one with other settings is refused. An existing
        PostgreSQL server starts with the cloud.
        """
        if self._iam:
            # Needs cryptography, which those who only deploy have not installed.
            from localcloud.certificate import ensure_certificate  # noqa: PLC0415

            ensure_certificate(self._home)
        deadline = time.monotonic() + START_SECONDS
        while (running := self._home.record()) is None:
            if self._home.holder() is None:
                self._launch(detached=detached)
            elif time.monotonic() > deadline:
                raise LocalCloudError(
                    f"process {self._home.holder()} holds {self._home.path} but does not answer; "
                    f"stop it with `{self._command} down`, then start again"
                )
            else:  # another start, or a stop, is under way
                time.sleep(POLL_SECONDS)
        self._check_alike(running)
        if self._postgres.exists():
            self.postgres()

    def postgres(self) -> Address:
        """Return the address of this cloud's PostgreSQL server; create and start the server if necessary."""
        self._serving()
        address = self._postgres.start()
        if self._on_postgres is not None:
            self._on_postgres(self.client, address)
        return address

    def stop(self) -> None:
        """Save the state and end the process; nothing to do when none runs."""
        pid = self._home.holder()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            if not self._gone_within(STOP_SECONDS):
                # The serving process leads a process group of its own: this takes its workers along.
                os.killpg(pid, signal.SIGKILL)
                self._gone_within(STOP_SECONDS)
        self._postgres.stop()
        self._collect()

    def reset(self) -> None:
        """Forget every resource, and the PostgreSQL server with its data, whether the cloud runs or not."""
        self._postgres.wipe()
        record = self._home.record()
        if record is None:
            self._home.wipe()
        else:
            access.request(record, self._home, "POST", "/_ministack/reset")

    def status(self) -> Status:
        """Say whether the cloud runs, where, and which stacks it holds."""
        record = self._home.record()
        postgres = self._postgres.variables()
        if record is None:
            return Status(home=self._home.path, running=False, postgres=postgres)
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        return Status(
            home=self._home.path,
            running=True,
            pid=record.pid,
            endpoint_url=record.endpoint_url,
            iam=record.iam,
            stacks={stack["StackName"]: stack["StackStatus"] for stack in stacks},
            postgres=postgres,
        )

    def environment(self) -> dict[str, str]:
        """Return the variables that point the AWS CLI, an SDK or the CDK CLI at this cloud."""
        return access.variables(self._serving(), self._home)

    def client(self, service_name: str) -> Any:
        """Return a boto3 client of the account's administrator."""
        return access.client(self._session, self._serving(), self._home, service_name)

    def deploy(self, assembly: Path) -> dict[str, dict[str, str]]:
        """Create or update the stacks of a cloud assembly (`cdk.out`) and return the outputs of each."""
        record = self._serving()
        outputs = deployment.deploy(self.client, Place(record.account, record.region), assembly)
        self.save()
        return outputs

    def save(self) -> None:
        """Write all state to disk now; a stop does so by itself, a crash loses what came after the last time."""
        access.request(self._serving(), self._home, "POST", "/_local/save")

    def fire(self, rule: str, at: datetime) -> None:
        """Fire a scheduled rule now, with the event that EventBridge would send at that time."""
        path = f"/_local/rules/{quote(rule, safe='')}/fire?{urlencode({'at': at.isoformat()})}"
        access.request(self._serving(), self._home, "POST", path)

    def __enter__(self) -> Self:
        """Start the cloud, unless it runs already."""
        self._was_running = self._home.record() is not None
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the cloud, unless it ran before."""
        if not self._was_running:
            self.stop()

    @cached_property
    def _session(self) -> boto3.Session:
        return access.administrator(self.region)

    def _serving(self) -> Record:
        record = self._home.record()
        if record is None:
            raise LocalCloudError(f"no local cloud runs in {self._home.path}; start it with `{self._command} up`")
        return record

    def _launch(self, *, detached: bool) -> None:
        self._collect()
        environment = server_environment(
            self._home,
            account=self.account,
            region=self.region,
            iam=self._iam,
            wait_scale=self._wait_scale,
            extra=self._env,
        )
        self._process = launch(self._home, port=self._port, environment=environment, detached=detached)

    def _collect(self) -> None:
        if self._process is not None:
            discard(self._process)
            self._process = None

    def _check_alike(self, running: Record) -> None:
        for name, asked, found in (
            ("port", self._port or running.port, running.port),
            ("iam", self._iam, running.iam),
            ("account", self.account, running.account),
            ("region", self.region, running.region),
        ):
            if asked != found:
                raise LocalCloudError(
                    f"the local cloud of {self._home.path} already runs with {name} {found}, not {asked}; "
                    f"stop it first with `{self._command} down`"
                )

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._home.holder() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True
