"""Iceberg tables change row by row, by commits that other engines read and that time travel goes back to."""

# ruff: noqa: S608 -- the statements are what is tested

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import load_catalog

from localcloud import LocalCloud
from tests.e2e.athena.queries import Athena
from tests.e2e.athena.tables import BUCKET, DATABASE

WRITERS = 4


@pytest.fixture
def people(own: Athena) -> str:
    """Three people in an Iceberg table."""
    own.ask(
        f"CREATE TABLE people (id int, name string, born date) LOCATION 's3://{BUCKET}/{own.database}/people/' "
        "TBLPROPERTIES ('table_type' = 'ICEBERG')"
    ).get()
    own.ask(
        "INSERT INTO people VALUES (1, 'Ann', DATE '1990-01-15'), (2, 'Bob', DATE '1990-02-15'), (3, NULL, NULL)"
    ).get()
    return "people"


def rows(athena: Athena, sql: str = "SELECT id, name FROM people") -> list[tuple[str | None, ...]]:
    return sorted(athena.ask(sql).get(), key=repr)


def test_rows_are_inserted_updated_and_deleted(own: Athena, people: str) -> None:
    own.ask(f"UPDATE {people} SET name = upper(name) || '!' WHERE id < 3").get()
    assert rows(own) == [("1", "ANN!"), ("2", "BOB!"), ("3", None)]
    own.ask(f"DELETE FROM {people} WHERE name = 'BOB!'").get()

    assert rows(own) == [("1", "ANN!"), ("3", None)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE {} SET name = 'x', name = 'y'",
        "INSERT INTO {} (id, id) VALUES (1, 2)",
        "MERGE INTO {} AS p USING people AS q ON p.id = -q.id WHEN NOT MATCHED THEN INSERT (id, id) VALUES (1, 2)",
    ],
)
def test_a_column_that_is_named_twice_is_an_error(own: Athena, people: str, sql: str) -> None:
    """Trino sql/insert.md, sql/update.md: each column at most once."""
    assert "more than once" in own.ask(sql.format(people)).reason
    assert rows(own) == [("1", "Ann"), ("2", "Bob"), ("3", None)]


def test_an_update_reads_the_table_as_it_was(own: Athena, people: str) -> None:
    own.ask(f"UPDATE {people} SET id = (SELECT max(id) FROM {people}) + id, name = CAST(id AS varchar)").get()

    assert rows(own) == [("4", "1"), ("5", "2"), ("6", "3")]


def test_the_first_clause_of_a_merge_that_holds_decides(own: Athena, people: str) -> None:
    own.ask(
        f"MERGE INTO {people} AS p USING (VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, NULL)) AS s(id, name) "
        "ON p.id = s.id WHEN MATCHED AND p.name = 'Ann' THEN UPDATE SET name = s.name "
        "WHEN MATCHED AND p.id < 3 THEN DELETE WHEN NOT MATCHED AND s.name IS NULL THEN INSERT (id) VALUES (s.id) "
        "WHEN NOT MATCHED THEN INSERT (id) VALUES (0)"
    ).get()

    assert rows(own) == [("1", "a"), ("3", None), ("4", None)]


def test_a_condition_that_is_null_deletes_nothing(own: Athena, people: str) -> None:
    own.ask(f"DELETE FROM {people} WHERE name <> 'Ann'").get()

    assert rows(own) == [("1", "Ann"), ("3", None)]


def test_a_merge_updates_deletes_and_inserts(own: Athena, people: str) -> None:
    own.ask(
        f"MERGE INTO {people} AS p USING (VALUES (1, 'Anna'), (2, 'gone'), (9, 'Zoe')) AS s(id, name) ON p.id = s.id "
        "WHEN MATCHED AND s.name = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET name = s.name "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"
    ).get()

    assert rows(own, "SELECT id, name, born FROM people") == [
        ("1", "Anna", "1990-01-15"),
        ("3", None, None),
        ("9", "Zoe", None),
    ]


def test_a_merge_that_would_update_a_row_twice_fails_and_changes_nothing(own: Athena, people: str) -> None:
    """Trino sql/merge.md: an exception is raised if a target row is matched by more than one source row."""
    answer = own.ask(
        f"MERGE INTO {people} AS p USING (VALUES (1, 'x'), (1, 'y')) AS s(id, name) ON p.id = s.id "
        "WHEN MATCHED THEN UPDATE SET name = s.name"
    )

    assert answer.state == "FAILED"
    assert "MERGE_TARGET_ROW_MULTIPLE_MATCHES" in answer.reason or "NOT_SUPPORTED" in answer.reason
    assert rows(own) == [("1", "Ann"), ("2", "Bob"), ("3", None)]


@pytest.mark.parametrize(
    "transform", ["month(born)", "year(born)", "day(born)", "bucket(4, id)", "truncate(1, name)", "name"]
)
def test_transforms_partition_a_table_without_a_trace_in_its_rows(own: Athena, transform: str) -> None:
    own.ask(
        f"CREATE TABLE people (id int, name string, born date) PARTITIONED BY ({transform}) "
        f"LOCATION 's3://{BUCKET}/{own.database}/people/' TBLPROPERTIES ('table_type' = 'ICEBERG')"
    ).get()
    own.ask("INSERT INTO people VALUES (1, 'Ann', DATE '1990-01-15'), (2, 'Bob', DATE '1990-02-15')").get()
    own.ask("DELETE FROM people WHERE id = 1").get()

    assert rows(own, "SELECT * FROM people") == [("2", "Bob", "1990-02-15")]


def test_a_table_of_a_query_can_be_iceberg(own: Athena) -> None:
    own.ask(
        f"CREATE TABLE made WITH (table_type = 'ICEBERG', is_external = false, "
        f"location = 's3://{BUCKET}/{own.database}/made/') "
        "AS SELECT 1 AS id, 'a' AS name"
    ).get()
    own.ask("UPDATE made SET name = 'b'").get()

    assert own.ask("SELECT * FROM made").get() == [("1", "b")]


def test_time_travel_reads_what_was(own: Athena, people: str, athena_cloud: LocalCloud) -> None:
    snapshot = iceberg(athena_cloud, f"{own.database}.{people}").current_snapshot()
    own.ask(f"DELETE FROM {people}").get()
    assert rows(own) == []

    was = [("1", "Ann"), ("2", "Bob"), ("3", None)]
    assert rows(own, f"SELECT id, name FROM {people} FOR VERSION AS OF {snapshot.snapshot_id}") == was
    at = f"from_unixtime({snapshot.timestamp_ms} / 1e3)"
    travelled = own.ask(f"SELECT id, name FROM {people} FOR TIMESTAMP AS OF {at}")
    assert travelled.reason.startswith("NOT_SUPPORTED") or sorted(travelled.get(), key=repr) == was


def test_time_travel_to_before_the_table_is_an_error(own: Athena, people: str) -> None:
    answer = own.ask(f"SELECT * FROM {people} FOR TIMESTAMP AS OF TIMESTAMP '2001-01-01 00:00:00 UTC'")

    assert answer.state == "FAILED"


def test_time_travel_in_a_table_that_has_no_history_is_an_error(own: Athena) -> None:
    assert own.ask("SELECT * FROM lake.shipping FOR VERSION AS OF 1").state == "FAILED"


def test_columns_are_added_and_old_rows_have_none(own: Athena, people: str) -> None:
    own.ask(f"ALTER TABLE {people} ADD COLUMNS (mail string)").get()
    own.ask(f"INSERT INTO {people} VALUES (4, 'Dan', NULL, 'd@x')").get()

    assert rows(own, "SELECT id, mail FROM people") == [("1", None), ("2", None), ("3", None), ("4", "d@x")]


def test_another_reader_of_iceberg_sees_the_same_rows(own: Athena, people: str, athena_cloud: LocalCloud) -> None:
    own.ask(f"UPDATE {people} SET name = 'Eve' WHERE id = 2").get()

    read = iceberg(athena_cloud, f"{own.database}.{people}").scan().to_arrow()
    assert sorted(read["id"].to_pylist()) == [1, 2, 3]
    assert "Eve" in read["name"].to_pylist()


def test_a_dropped_iceberg_table_is_gone(own: Athena, people: str) -> None:
    own.ask(f"DROP TABLE {people}").get()

    assert own.ask("SHOW TABLES").get() == []


def test_every_row_of_concurrent_writers_is_there_or_its_writer_knows(own: Athena, people: str) -> None:
    statements = [f"INSERT INTO {people} VALUES ({100 + number}, 'w', NULL)" for number in range(WRITERS)]
    statements += [f"UPDATE {people} SET name = name || '{number}' WHERE id = 1" for number in range(WRITERS)]
    with ThreadPoolExecutor(len(statements)) as pool:
        answers = list(pool.map(own.ask, statements))

    failed = [answer.reason for answer in answers if answer.state != "SUCCEEDED"]
    assert [reason for reason in failed if "ICEBERG_COMMIT_ERROR" not in reason] == []
    inserted = {str(100 + number) for number in range(WRITERS) if answers[number].state == "SUCCEEDED"}
    assert inserted
    assert {row[0] for row in rows(own)} == {"1", "2", "3"} | inserted
    updates = sum(answer.state == "SUCCEEDED" for answer in answers[WRITERS:])
    [name] = [row[1] for row in rows(own) if row[0] == "1"]
    assert len(name or "") == len("Ann") + updates


def test_commits_survive_a_restart(tmp_path: Path) -> None:
    cloud = LocalCloud(tmp_path / "home")
    with cloud:
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        cloud.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        athena = Athena(cloud.client("athena"), DATABASE, f"s3://{BUCKET}/results/")
        athena.ask(
            f"CREATE TABLE t (id int) LOCATION 's3://{BUCKET}/t/' TBLPROPERTIES ('table_type' = 'ICEBERG')"
        ).get()
        asked = athena.ask("INSERT INTO t VALUES (1)")
    with cloud:
        athena = Athena(cloud.client("athena"), DATABASE, f"s3://{BUCKET}/results/")
        athena.ask("INSERT INTO t VALUES (2)").get()

        assert rows(athena, "SELECT id FROM t") == [("1",), ("2",)]
        assert athena.finish(asked.id).state == "SUCCEEDED"


def iceberg(cloud: LocalCloud, name: str) -> Any:
    """Load a table as any program does that has the catalog's address."""
    settings = cloud.environment()
    catalog = load_catalog(
        "other",
        **{
            "type": "glue",
            "glue.endpoint": settings["AWS_ENDPOINT_URL"],
            "s3.endpoint": settings["AWS_ENDPOINT_URL"],
            "client.region": settings["AWS_REGION"],
            "client.access-key-id": settings["AWS_ACCESS_KEY_ID"],
            "client.secret-access-key": settings["AWS_SECRET_ACCESS_KEY"],
        },
    )
    return catalog.load_table(name)
