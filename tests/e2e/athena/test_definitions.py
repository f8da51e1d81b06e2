"""Databases, tables, partitions, columns and views are defined by SQL and found in the Glue Catalog."""

# ruff: noqa: S608 -- the statements are what is tested

from typing import Any

import pytest

from localcloud import LocalCloud
from tests.e2e.athena.queries import Athena
from tests.e2e.athena.tables import BUCKET, parquet


@pytest.fixture
def glue(athena_cloud: LocalCloud) -> Any:
    return athena_cloud.client("glue")


@pytest.fixture
def s3(athena_cloud: LocalCloud) -> Any:
    return athena_cloud.client("s3")


@pytest.fixture
def by_day(own: Athena, s3: Any) -> str:
    """A table over two folders that are days, of which the catalog knows none yet."""
    for number, day in enumerate(("2024-01-01", "2024-01-02")):
        body = parquet({"id": [number + 1]})
        s3.put_object(Bucket=BUCKET, Key=f"{own.database}/by_day/day={day}/part-0.parquet", Body=body)
    own.ask(
        "CREATE EXTERNAL TABLE by_day (id int) PARTITIONED BY (day string) STORED AS PARQUET "
        f"LOCATION 's3://{BUCKET}/{own.database}/by_day/'"
    ).get()
    return "by_day"


def test_a_database_comes_and_goes(own: Athena, glue: Any) -> None:
    own.ask("CREATE DATABASE IF NOT EXISTS passing COMMENT 'for a moment'").get()
    assert ("passing",) in own.ask("SHOW DATABASES").get()
    assert glue.get_database(Name="passing")["Database"]["Description"] == "for a moment"
    own.ask("DROP DATABASE passing").get()

    assert ("passing",) not in own.ask("SHOW DATABASES").get()


def test_a_database_with_tables_goes_only_by_cascade(own: Athena) -> None:
    own.ask("CREATE DATABASE full_one").get()
    own.ask(
        f"CREATE EXTERNAL TABLE full_one.t (id int) STORED AS PARQUET LOCATION 's3://{BUCKET}/{own.database}/'"
    ).get()

    assert own.ask("DROP DATABASE full_one").state == "FAILED"
    own.ask("DROP DATABASE full_one CASCADE").get()
    assert ("full_one",) not in own.ask("SHOW DATABASES").get()


def test_a_csv_table_is_created_and_read(own: Athena, s3: Any, glue: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{own.database}/people/a.csv", Body=b"id;name\n1;Ann\n2;\\N\n")
    own.ask(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `people` (`id` int COMMENT 'a number', `name` string) "
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY ';' STORED AS TEXTFILE "
        f"LOCATION 's3://{BUCKET}/{own.database}/people/' TBLPROPERTIES ('skip.header.line.count' = '1')"
    ).get()

    assert sorted(own.ask("SELECT id, name FROM people").get()) == [("1", "Ann"), ("2", None)]
    columns = glue.get_table(DatabaseName=own.database, Name="people")["Table"]["StorageDescriptor"]["Columns"]
    assert [(column["Name"], column["Type"]) for column in columns] == [("id", "int"), ("name", "string")]
    assert columns[0]["Comment"] == "a number"


def test_a_json_table_is_created_with_its_serde(own: Athena, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{own.database}/events/a.json", Body=b'{"id": 1, "at": {"x": 2}}\n')
    own.ask(
        "CREATE EXTERNAL TABLE events (id int, at struct<x:int>) "
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        "WITH SERDEPROPERTIES ('ignore.malformed.json' = 'false') "
        f"LOCATION 's3://{BUCKET}/{own.database}/events/'"
    ).get()

    assert own.ask("SELECT id, at.x AS x FROM events").get() == [("1", "2")]


def test_a_table_that_is_there_is_not_created_again(own: Athena, by_day: str) -> None:
    again = f"CREATE EXTERNAL TABLE {{}} {by_day} (id int) STORED AS PARQUET LOCATION 's3://{BUCKET}/elsewhere/'"

    assert "already exists" in own.ask(again.format("")).reason
    own.ask(again.format("IF NOT EXISTS")).get()
    assert own.ask(f"DESCRIBE {by_day}").get() != []


def test_tables_are_listed_and_matched(own: Athena, by_day: str) -> None:
    assert own.ask("SHOW TABLES").get() == [(by_day,)]
    assert own.ask(f"SHOW TABLES IN {own.database} 'by*'").get() == [(by_day,)]
    assert own.ask("SHOW TABLES 'zz*'").get() == []


def test_describe_and_show_columns_name_the_columns(own: Athena, by_day: str) -> None:
    described = [" ".join(filter(None, row)).split() for row in own.ask(f"DESCRIBE {by_day}").get()]

    assert ["id", "int"] in described
    assert ["day", "string"] in described
    assert [(row[0] or "").strip() for row in own.ask(f"SHOW COLUMNS IN {by_day}").get()] == ["id", "day"]


def test_what_show_create_table_prints_makes_the_table_again(own: Athena, by_day: str, glue: Any) -> None:
    """Athena ug/show-create-table.html: the statement generates the script to create the table."""
    printed = "\n".join(row[0] or "" for row in own.ask(f"SHOW CREATE TABLE {by_day}").get())
    before = glue.get_table(DatabaseName=own.database, Name=by_day)["Table"]
    own.ask(f"DROP TABLE {by_day}").get()
    own.ask(printed).get()

    after = glue.get_table(DatabaseName=own.database, Name=by_day)["Table"]
    for part in ("PartitionKeys", "TableType"):
        assert after[part] == before[part]
    for part in ("Columns", "SerdeInfo", "InputFormat"):
        assert after["StorageDescriptor"][part] == before["StorageDescriptor"][part]


def test_partitions_are_added_listed_and_dropped(own: Athena, by_day: str) -> None:
    assert own.ask(f"SELECT * FROM {by_day}").get() == []
    own.ask(
        f"ALTER TABLE {by_day} ADD IF NOT EXISTS PARTITION (day = '2024-01-01') "
        f"PARTITION (day = '2024-01-02') LOCATION 's3://{BUCKET}/{own.database}/by_day/day=2024-01-02/'"
    ).get()
    assert own.ask(f"SHOW PARTITIONS {by_day}").get() == [("day=2024-01-01",), ("day=2024-01-02",)]
    assert len(own.ask(f"SELECT * FROM {by_day}").get()) == 2
    own.ask(f"ALTER TABLE {by_day} DROP PARTITION (day = '2024-01-01')").get()

    assert own.ask(f"SELECT id, day FROM {by_day}").get() == [("2", "2024-01-02")]


def test_repair_finds_folders_that_are_partitions(own: Athena, by_day: str) -> None:
    own.ask(f"MSCK REPAIR TABLE {by_day}").get()

    assert sorted(own.ask(f"SELECT id, day FROM {by_day}").get()) == [("1", "2024-01-01"), ("2", "2024-01-02")]


def test_repair_forgets_no_partition_whose_folder_is_gone(own: Athena, by_day: str, s3: Any) -> None:
    """Athena ug/msck-repair-table.html: it adds partitions; it does not remove stale ones."""
    own.ask(f"MSCK REPAIR TABLE {by_day}").get()
    s3.delete_object(Bucket=BUCKET, Key=f"{own.database}/by_day/day=2024-01-01/part-0.parquet")
    own.ask(f"MSCK REPAIR TABLE {by_day}").get()

    assert len(own.ask(f"SHOW PARTITIONS {by_day}").get()) == 2


def test_a_new_column_is_null_in_old_files(own: Athena, by_day: str) -> None:
    own.ask(f"MSCK REPAIR TABLE {by_day}").get()
    own.ask(f"ALTER TABLE {by_day} ADD COLUMNS (note string)").get()

    assert own.ask(f"SELECT id, note FROM {by_day} WHERE day = '2024-01-01'").get() == [("1", None)]


def test_properties_and_locations_are_altered(own: Athena, by_day: str, glue: Any) -> None:
    own.ask(f"ALTER TABLE {by_day} SET TBLPROPERTIES ('owner' = 'lake')").get()
    own.ask(f"ALTER TABLE {by_day} SET LOCATION 's3://{BUCKET}/elsewhere/'").get()

    table = glue.get_table(DatabaseName=own.database, Name=by_day)["Table"]
    assert table["Parameters"]["owner"] == "lake"
    assert table["StorageDescriptor"]["Location"] == f"s3://{BUCKET}/elsewhere/"


def test_a_dropped_table_leaves_its_objects(own: Athena, by_day: str, s3: Any) -> None:
    """Athena ug/drop-table.html: for external tables only the metadata is removed."""
    own.ask(f"DROP TABLE {by_day}").get()

    assert own.ask("SHOW TABLES").get() == []
    assert own.ask(f"DROP TABLE {by_day}").state == "FAILED"
    own.ask(f"DROP TABLE IF EXISTS {by_day}").get()
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{own.database}/by_day/")["KeyCount"] == 2


def test_a_view_is_what_its_query_is_now(own: Athena, by_day: str, glue: Any) -> None:
    own.ask(f"CREATE VIEW days AS SELECT day, count(*) AS n FROM {by_day} GROUP BY day").get()
    assert own.ask("SELECT * FROM days").get() == []
    own.ask(f"MSCK REPAIR TABLE {by_day}").get()
    assert sorted(own.ask("SELECT * FROM days").get()) == [("2024-01-01", "1"), ("2024-01-02", "1")]
    own.ask(f"CREATE OR REPLACE VIEW days AS SELECT id FROM {by_day}").get()
    assert sorted(own.ask("SELECT * FROM days").get()) == [("1",), ("2",)]

    table = glue.get_table(DatabaseName=own.database, Name="days")["Table"]
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["ViewOriginalText"].startswith("/* Presto View: ")
    own.ask("DROP VIEW days").get()
    assert own.ask("SELECT * FROM days").state == "FAILED"


def test_a_view_finds_its_tables_from_any_database(own: Athena, by_day: str, lake: Athena) -> None:
    own.ask(f"MSCK REPAIR TABLE {by_day}").get()
    own.ask(f"CREATE VIEW ids AS SELECT id FROM {by_day}").get()

    assert sorted(lake.ask(f"SELECT id FROM {own.database}.ids").get()) == [("1",), ("2",)]


def test_a_table_without_external_is_refused(own: Athena) -> None:
    """Athena ug/create-table.html: without the EXTERNAL keyword, Athena issues an error."""
    assert own.ask(f"CREATE TABLE t (id int) STORED AS PARQUET LOCATION 's3://{BUCKET}/t/'").state == "FAILED"
    assert own.ask("SHOW TABLES").get() == []
