"""The PostgreSQL of a local cloud: there when it is needed, kept over stops and crashes, and gone with the cloud."""

import json
import os
import signal
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localcloud import LocalCloud, LocalCloudError
from localcloud.home import Home
from localcloud.postgres import Address, PostgresServer
from serverless_app.target import local_cloud
from tests.e2e.localcloud.assemblies import wait_for
from tests.e2e.localcloud.test_lifecycle import kill, start_elsewhere


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """Return a server of the test's own, not started yet and wiped afterwards."""
    server = PostgresServer(tmp_path / "postgres", database="tokyo_ia")
    yield server
    server.wipe()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """Return a running cloud of the test's own, whose server leaves nothing behind."""
    with local_cloud(tmp_path / "home") as running:
        yield running
        running.reset()


def asked(address: Address, statement: str) -> Any:
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def pid_of(server: PostgresServer) -> int:
    return int((server.folder / "data" / "postmaster.pid").read_text().split()[0])


def kill_whole(server: PostgresServer) -> None:
    """Kill a server as a crash would, and return when nothing of it is left."""
    os.kill(pid_of(server), signal.SIGKILL)
    wait_for(lambda: server.address() is None)


def test_a_server_has_the_database_that_it_was_made_for(server: PostgresServer) -> None:
    assert asked(server.start(), "SELECT current_database()") == ("tokyo_ia",)


def test_a_server_that_runs_is_left_as_it_is(server: PostgresServer) -> None:
    before = server.start()
    began = pid_of(server)

    assert (server.start(), pid_of(server)) == (before, began)


def test_what_was_committed_outlives_a_stop_and_a_kill(server: PostgresServer) -> None:
    asked(server.start(), "CREATE TABLE kept AS SELECT 1 AS a")
    server.stop()
    asked(server.start(), "INSERT INTO kept VALUES (2)")
    asked(server.start(), "CHECKPOINT")
    kill_whole(server)

    assert asked(server.start(), "SELECT sum(a) FROM kept") == (3,)


def test_a_pid_file_with_the_pid_of_another_process_keeps_no_server_from_starting(server: PostgresServer) -> None:
    server.start()
    kill_whole(server)
    file = server.folder / "data" / "postmaster.pid"
    file.write_text(file.read_text().replace(file.read_text().split()[0], str(os.getppid()), 1))

    assert server.address() is None
    assert asked(server.start(), "SELECT 1") == (1,)


def test_a_stop_ends_no_process_that_a_left_pid_file_names(server: PostgresServer) -> None:
    server.start()
    kill_whole(server)
    with subprocess.Popen(["sleep", "60"]) as bystander:  # noqa: S607 -- any program that waits
        file = server.folder / "data" / "postmaster.pid"
        file.write_text(file.read_text().replace(file.read_text().split()[0], str(bystander.pid), 1))
        server.stop()
        assert bystander.poll() is None
        bystander.kill()


def test_an_interrupted_first_start_is_made_good_by_the_next(server: PostgresServer) -> None:
    server.start()
    server.stop()
    (server.folder / "data").rename(server.folder.resolve() / "data.new")

    assert asked(server.start(), "SELECT current_database()") == ("tokyo_ia",)


def test_of_starts_at_once_one_makes_the_server(server: PostgresServer) -> None:
    found: list[Address] = []
    starts = [threading.Thread(target=lambda: found.append(server.start())) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert found == [server.start()] * 4


def test_a_stop_ends_the_connections_that_are_open(server: PostgresServer) -> None:
    with psycopg.connect(server.start().conninfo) as connection:
        connection.execute("SELECT 1")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    assert server.address() is None


def test_nobody_gets_in_without_the_password(server: PostgresServer) -> None:
    address = server.start()

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.conninfo.replace(address.password, "guessed"))
    assert address.password not in repr(address)


def test_the_password_lies_in_a_file_for_its_owner_alone(server: PostgresServer) -> None:
    server.start()
    variables = server.variables()
    file = Path(variables.pop("PGPASSFILE"))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (variables | {"PGPASSFILE": str(file)}).items():
            patch.setenv(name, value)
        with psycopg.connect() as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("tokyo_ia",)


def test_two_homes_have_a_server_each(server: PostgresServer, tmp_path: Path) -> None:
    other = PostgresServer(tmp_path / "other" / "postgres", database="tokyo_ia")
    asked(server.start(), "CREATE TABLE here (a int)")

    try:
        assert asked(other.start(), "SELECT to_regclass('here')") == (None,)
    finally:
        other.wipe()


def test_a_server_that_cannot_start_says_why(server: PostgresServer) -> None:
    server.start()
    server.stop()
    (server.folder / "data" / "PG_VERSION").write_text("9.1\n")

    with pytest.raises(LocalCloudError, match=r"PostgreSQL did not start(?s:.)*initialized by PostgreSQL version 9\.1"):
        server.start()


def test_a_wiped_server_leaves_nothing_and_starts_anew(server: PostgresServer) -> None:
    asked(server.start(), "CREATE TABLE lost (a int)")
    place = server.folder.resolve()
    server.wipe()

    assert not place.exists()
    assert not server.folder.is_symlink()
    assert asked(server.start(), "SELECT to_regclass('lost')") == (None,)


def secret(cloud: LocalCloud) -> dict[str, Any]:
    found = cloud.client("secretsmanager").get_secret_value(SecretId="lake-export/source")
    return dict(json.loads(found["SecretString"]))


def test_a_cloud_has_no_server_before_one_is_needed(cloud: LocalCloud) -> None:
    assert cloud.status().postgres == {}


def test_the_secret_of_the_source_says_how_to_connect(cloud: LocalCloud) -> None:
    cloud.postgres()
    said = secret(cloud)

    with psycopg.connect(
        host=said["host"],
        port=said["port"],
        dbname=said["dbname"],
        user=said["username"],
        password=said["password"],
        sslmode=said["sslmode"],
    ) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("tokyo_ia",)


def test_a_cloud_that_starts_again_brings_its_server_back_and_the_secret_up_to_date(cloud: LocalCloud) -> None:
    asked(cloud.postgres(), "CREATE TABLE kept AS SELECT 1 AS a")
    cloud.stop()
    assert cloud.status().postgres == {}
    cloud.start()

    assert secret(cloud)["port"] == int(cloud.status().postgres["PGPORT"]) == cloud.postgres().port
    assert asked(cloud.postgres(), "SELECT a FROM kept") == (1,)


def test_a_reset_forgets_the_rows_of_the_server(cloud: LocalCloud) -> None:
    asked(cloud.postgres(), "CREATE TABLE lost (a int)")
    cloud.reset()

    assert cloud.status().postgres == {}
    assert asked(cloud.postgres(), "SELECT to_regclass('lost')") == (None,)


def test_the_server_goes_with_a_cloud_whose_parent_is_killed(tmp_path: Path) -> None:
    starter = start_elsewhere(tmp_path)
    LocalCloud(tmp_path).postgres()
    server = PostgresServer(Home(tmp_path).postgres)
    kill(starter)

    wait_for(lambda: server.address() is None)
    server.wipe()
