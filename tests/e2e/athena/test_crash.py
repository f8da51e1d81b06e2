"""Killed in the middle of a write, nothing is half-visible, and everything works again."""

# ruff: noqa: S608 -- the statements are what is tested

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud import LocalCloud
from tests.e2e.athena.queries import ENDLESS, OVER, Athena
from tests.e2e.athena.tables import BUCKET, DATABASE
from tests.e2e.localcloud.assemblies import wait_for

MANY = (
    "SELECT x * 1000 + y AS id, CAST(x AS varchar) || '-' || CAST(y AS varchar) AS name "
    "FROM UNNEST(sequence(1, 200)) AS a(x) CROSS JOIN UNNEST(sequence(1, 1000)) AS b(y)"
)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of the test's own, to be killed."""
    cloud = LocalCloud(tmp_path / "home")
    cloud.start()
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    cloud.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    cloud.save()
    yield cloud
    cloud.stop()


def athena(cloud: LocalCloud) -> Athena:
    return Athena(cloud.client("athena"), DATABASE, f"s3://{BUCKET}/results/")


def engines(cloud: LocalCloud) -> list[int]:
    """Return the engine's processes: the children of the cloud that run its module."""
    server = cloud.status().pid
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    children += [
        child
        for task in Path(f"/proc/{server}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    return [
        int(child)
        for child in dict.fromkeys(children)
        if b"localcloud.athena" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def kill_engine(cloud: LocalCloud) -> None:
    [engine] = engines(cloud)
    os.kill(engine, signal.SIGKILL)
    # Once it is reaped, the next statement starts another.
    wait_for(lambda: Path(f"/proc/{engine}").exists(), lambda alive: not alive)


def kill_cloud(cloud: LocalCloud) -> None:
    engine = engines(cloud)
    server = cloud.status().pid
    assert server is not None
    os.kill(server, signal.SIGKILL)
    cloud.stop()
    # The engine ends with its parent: what it still writes would be written behind the next cloud's back.
    wait_for(lambda: [pid for pid in engine if Path(f"/proc/{pid}/cmdline").exists()], lambda alive: not alive)
    cloud.start()


Kill = Callable[[LocalCloud], None]
KILLS = pytest.mark.parametrize("kill", [kill_engine, kill_cloud], ids=["engine", "cloud"])


def interrupt(cloud: LocalCloud, sql: str, kill: Kill, folder: str) -> None:
    """Start a statement and kill something while it runs, or once there is something new in a folder."""
    asked, before = athena(cloud), keys(cloud, folder)
    started = asked.start(sql)
    asked.wait(started, lambda state: state != "QUEUED")
    wait_for(lambda: keys(cloud, folder), lambda found: found != before) if folder else None
    kill(cloud)
    known = athena(cloud).client.batch_get_query_execution(QueryExecutionIds=[started])["QueryExecutions"]
    # What was killed does not run for ever.
    assert not known or athena(cloud).finish(started).state in OVER


def _many(name: str) -> str:
    """Return a statement that makes a table of many rows in a folder of its name."""
    place = f"external_location = 's3://{BUCKET}/{name}/', write_compression = 'SNAPPY'"
    return f"CREATE TABLE {name} WITH ({place}) AS {MANY}"


def keys(cloud: LocalCloud, folder: str) -> set[str]:
    listed = cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=folder).get("Contents", [])
    return {item["Key"] for item in listed}


@KILLS
def test_a_table_of_a_query_is_whole_or_not_there(cloud: LocalCloud, kill: Kill) -> None:
    athena(cloud).ask("SELECT 1").get()
    interrupt(cloud, _many("made"), kill, "made/")
    again = athena(cloud)

    assert again.ask("SHOW TABLES").get() in ([], [("made",)])
    assert again.ask("SELECT count(*) FROM made").rows in ([], [("200000",)])
    again.ask(_many("later")).get()
    assert again.ask("SELECT count(*) AS n, count(DISTINCT id) AS d FROM later").get() == [("200000", "200000")]


@KILLS
def test_a_merge_is_whole_or_not_there(cloud: LocalCloud, kill: Kill) -> None:
    asked = athena(cloud)
    asked.ask(
        f"CREATE TABLE big (id bigint, name string) LOCATION 's3://{BUCKET}/big/' "
        "TBLPROPERTIES ('table_type' = 'ICEBERG')"
    ).get()
    asked.ask("INSERT INTO big VALUES (-1001, 'old'), (-2, 'old')").get()
    cloud.save()
    change = (
        f"MERGE INTO big AS b USING ({MANY}) AS s ON b.id = -s.id WHEN MATCHED THEN UPDATE SET name = 'new' "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"
    )
    interrupt(cloud, change, kill, "big/")
    again = athena(cloud)

    state = "SELECT count(*) AS n, count_if(name = 'old') AS old, count_if(name = 'new') AS new FROM big"
    assert again.ask(state).get() in ([("2", "2", "0")], [("200001", "1", "1")])
    again.ask("UPDATE big SET name = 'later' WHERE id = -2").get()
    assert again.ask("SELECT name FROM big WHERE id = -2").get() == [("later",)]


def test_a_table_of_a_query_that_has_just_begun_is_not_there(cloud: LocalCloud) -> None:
    asked = athena(cloud)
    asked.ask("SELECT 1").get()
    interrupt(cloud, f"CREATE TABLE made AS SELECT * FROM ({ENDLESS}) AS e(n)", kill_engine, "")

    assert asked.ask("SHOW TABLES").get() == []
    assert asked.ask("SELECT 1 AS x").get() == [("1",)]


def test_an_insert_is_whole_or_not_there(cloud: LocalCloud) -> None:
    asked = athena(cloud)
    asked.ask(_many("big")).get()
    interrupt(cloud, f"INSERT INTO big {MANY}", kill_engine, "big/")

    assert asked.ask("SELECT count(*) FROM big").get() in ([("200000",)], [("400000",)])
