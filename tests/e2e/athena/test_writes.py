"""CTAS, INSERT and UNLOAD write objects that other engines can read, and say where they are."""

# ruff: noqa: S608 -- the statements are what is tested

import io
from typing import Any

import pyarrow.parquet as pq
import pytest

from localcloud import LocalCloud
from tests.e2e.athena.queries import Answer, Athena
from tests.e2e.athena.tables import BUCKET

ROWS = "(VALUES (1, 'a', DATE '2024-01-01'), (2, NULL, DATE '2024-01-02')) AS t(id, name, day)"


@pytest.fixture
def s3(athena_cloud: LocalCloud) -> Any:
    return athena_cloud.client("s3")


def keys(s3: Any, prefix: str) -> list[str]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return sorted(item["Key"] for item in found)


def body(s3: Any, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def manifest(s3: Any, answer: Answer) -> list[str]:
    """Return the objects that a statement says it has written."""
    location = answer.execution["Statistics"]["DataManifestLocation"]
    assert location.endswith(f"/{answer.id}-manifest.csv")
    return body(s3, location).decode().split()


def test_a_table_of_a_query_is_parquet_by_default(own: Athena, s3: Any) -> None:
    place = f"s3://{BUCKET}/{own.database}/made/"
    answer = own.ask(f"CREATE TABLE made WITH (external_location = '{place}') AS SELECT * FROM {ROWS}")
    answer.get()

    assert sorted(own.ask("SELECT * FROM made").get()) == [("1", "a", "2024-01-01"), ("2", None, "2024-01-02")]
    written = manifest(s3, answer)
    assert written
    assert all(uri.startswith(place) for uri in written)
    assert sum(pq.read_table(io.BytesIO(body(s3, uri))).num_rows for uri in written) == 2


def test_a_table_of_a_query_without_a_place_is_below_the_results(own: Athena, s3: Any) -> None:
    """Athena ug/create-table-as.html: s3://query-results-location/tables/query-ID/."""
    answer = own.ask(f"CREATE TABLE made AS SELECT * FROM {ROWS}")
    answer.get()

    assert all(uri.startswith(f"{own.output}tables/{answer.id}/") for uri in manifest(s3, answer))


@pytest.mark.parametrize("codec", ["GZIP", "SNAPPY", "ZSTD", "NONE"])
def test_a_table_of_a_query_reads_back_in_every_compression(own: Athena, codec: str) -> None:
    own.ask(f"CREATE TABLE made WITH (format = 'PARQUET', write_compression = '{codec}') AS SELECT * FROM {ROWS}").get()

    assert sorted(own.ask("SELECT * FROM made").get()) == [("1", "a", "2024-01-01"), ("2", None, "2024-01-02")]


@pytest.mark.parametrize("form", ["TEXTFILE", "JSON", "ORC", "AVRO"])
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE made WITH (format = '{form}', external_location = '{place}') AS SELECT 1 AS x",
        "UNLOAD (SELECT 1 AS x) TO '{place}' WITH (format = '{form}')",
    ],
)
def test_a_format_that_is_not_written_is_refused_by_name(own: Athena, s3: Any, sql: str, form: str) -> None:
    answer = own.ask(sql.format(form=form, place=f"s3://{BUCKET}/{own.database}/out/"))

    assert answer.refused
    assert f"writing {form}" in answer.reason
    assert keys(s3, f"{own.database}/out/") == []
    assert own.ask("SHOW TABLES").get() == []


def test_a_partition_of_any_value_is_found_again(own: Athena) -> None:
    names = ["a b", "50%", "x=y", "a/b", "ä", "'", None]
    quoted = ["NULL" if name is None else "'" + name.replace("'", "''") + "'" for name in names]
    source = f"SELECT 0 AS n, name FROM (VALUES {', '.join(quoted)}) AS t(name)"
    own.ask(f"CREATE TABLE made WITH (partitioned_by = ARRAY['name']) AS {source}").get()

    assert sorted(own.ask("SELECT name FROM made").get(), key=repr) == sorted(((name,) for name in names), key=repr)
    assert own.ask("SELECT n FROM made WHERE name = '50%'").get() == [("0",)]
    assert own.ask("SELECT n FROM made WHERE name IS NULL").get() == [("0",)]


def test_more_than_a_hundred_partitions_are_an_error_as_in_athena(own: Athena) -> None:
    """Athena ug/ctas-insert-into.html: a maximum of 100 partitions."""
    source = "SELECT 1 AS id, x FROM UNNEST(sequence(1, {})) AS t(x)"
    made = "CREATE TABLE {} WITH (partitioned_by = ARRAY['x']) AS " + source

    assert "HIVE_TOO_MANY_OPEN_PARTITIONS" in own.ask(made.format("made", 101)).reason
    assert own.ask("SHOW TABLES").get() == []
    own.ask(made.format("fits", 100)).get()


def test_an_insert_into_a_table_of_lines_is_refused_by_name(own: Athena, s3: Any) -> None:
    own.ask(
        "CREATE EXTERNAL TABLE made (id int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE "
        f"LOCATION 's3://{BUCKET}/{own.database}/made/'"
    ).get()
    answer = own.ask("INSERT INTO made VALUES (1)")

    assert answer.refused
    assert "LazySimpleSerDe" in answer.reason
    assert keys(s3, f"{own.database}/made/") == []


def test_a_table_of_a_query_is_partitioned_and_its_partitions_are_known(own: Athena, s3: Any) -> None:
    place = f"{own.database}/made/"
    own.ask(
        f"CREATE TABLE made WITH (external_location = 's3://{BUCKET}/{place}', partitioned_by = ARRAY['day']) "
        f"AS SELECT id, name, CAST(day AS varchar) AS day FROM {ROWS}"
    ).get()

    assert own.ask("SHOW PARTITIONS made").get() == [("day=2024-01-01",), ("day=2024-01-02",)]
    assert {key.removeprefix(place).split("/")[0] for key in keys(s3, place)} == {"day=2024-01-01", "day=2024-01-02"}
    pruned = own.ask("SELECT id FROM made WHERE day = '2024-01-02'")
    assert pruned.get() == [("2",)]
    assert pruned.scanned < own.ask("SELECT id FROM made").scanned


def test_a_place_with_objects_is_not_written_to(own: Athena, s3: Any) -> None:
    """Athena ug/create-table-as.html: HIVE_PATH_ALREADY_EXISTS."""
    s3.put_object(Bucket=BUCKET, Key=f"{own.database}/taken/a", Body=b"kept")
    answer = own.ask(
        f"CREATE TABLE made WITH (external_location = 's3://{BUCKET}/{own.database}/taken/') AS SELECT 1 AS x"
    )

    assert answer.state == "FAILED"
    assert "HIVE_PATH_ALREADY_EXISTS" in answer.reason
    assert keys(s3, f"{own.database}/taken/") == [f"{own.database}/taken/a"]
    assert own.ask("SHOW TABLES").get() == []


def test_a_table_of_a_query_without_data_has_columns_only(own: Athena) -> None:
    own.ask(f"CREATE TABLE made AS SELECT * FROM {ROWS} WITH NO DATA").get()

    made = own.ask("SELECT * FROM made")
    assert made.get() == []
    assert dict(made.columns) == {"id": "integer", "name": "varchar", "day": "date"}


def test_a_query_that_fails_makes_no_table(own: Athena) -> None:
    assert own.ask("CREATE TABLE made AS SELECT 1 / x AS y FROM (VALUES 1, 0) AS t(x)").state == "FAILED"

    assert own.ask("SHOW TABLES").get() == []


def test_inserts_add_to_what_is_there(own: Athena, s3: Any) -> None:
    own.ask(f"CREATE TABLE made AS SELECT * FROM {ROWS}").get()
    values = own.ask("INSERT INTO made VALUES (3, 'c', DATE '2024-01-03')")
    values.get()
    own.ask("INSERT INTO made (name, id) SELECT name, id + 10 FROM made WHERE id = 1").get()

    assert sorted(own.ask("SELECT id, name, day FROM made").get()) == [
        ("1", "a", "2024-01-01"),
        ("11", "a", None),
        ("2", None, "2024-01-02"),
        ("3", "c", "2024-01-03"),
    ]
    assert len(manifest(s3, values)) == 1


def test_an_insert_into_a_partitioned_table_makes_the_partition(own: Athena) -> None:
    own.ask(
        f"CREATE TABLE made WITH (partitioned_by = ARRAY['name']) AS SELECT id, name FROM {ROWS} WHERE id = 1"
    ).get()
    own.ask("INSERT INTO made VALUES (7, 'new')").get()

    assert own.ask("SHOW PARTITIONS made").get() == [("name=a",), ("name=new",)]
    assert own.ask("SELECT id FROM made WHERE name = 'new'").get() == [("7",)]


@pytest.mark.parametrize(
    "source", ["VALUES ('x', 'a', DATE '2024-01-01')", "VALUES (1, 'a')", "SELECT 1, 2, DATE '2024-01-01'"]
)
def test_an_insert_of_other_types_or_of_too_few_columns_is_refused(own: Athena, source: str) -> None:
    own.ask(f"CREATE TABLE made AS SELECT * FROM {ROWS}").get()

    assert own.ask(f"INSERT INTO made {source}").state == "FAILED"
    assert len(own.ask("SELECT * FROM made").get()) == 2


def test_an_unload_writes_its_rows_and_makes_no_table(own: Athena, s3: Any) -> None:
    place = f"s3://{BUCKET}/{own.database}/out/"
    answer = own.ask(f"UNLOAD (SELECT * FROM {ROWS}) TO '{place}' WITH (format = 'PARQUET', compression = 'snappy')")
    answer.get()

    tables = [pq.read_table(io.BytesIO(body(s3, uri))) for uri in manifest(s3, answer)]
    assert sorted(value for table in tables for value in table["id"].to_pylist()) == [1, 2]
    assert own.ask("SHOW TABLES").get() == []


def test_an_unload_to_a_place_with_objects_fails(own: Athena, s3: Any) -> None:
    """Athena ug/unload.html: the TO destination must specify a location that has no data."""
    s3.put_object(Bucket=BUCKET, Key=f"{own.database}/out/a", Body=b"kept")
    answer = own.ask(f"UNLOAD (SELECT 1 AS x) TO 's3://{BUCKET}/{own.database}/out/' WITH (format = 'PARQUET')")

    assert answer.state == "FAILED"
    assert keys(s3, f"{own.database}/out/") == [f"{own.database}/out/a"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE made SET id = 1",
        "DELETE FROM made",
        "MERGE INTO made AS m USING made AS n ON m.id = n.id WHEN MATCHED THEN DELETE",
    ],
)
def test_rows_of_files_are_not_changed(own: Athena, sql: str) -> None:
    """Athena ug/delete-statement.html, update-statement.html: only Iceberg tables."""
    own.ask(f"CREATE TABLE made AS SELECT * FROM {ROWS}").get()

    assert own.ask(sql).state == "FAILED"
    assert sorted(own.ask("SELECT id FROM made").get()) == [("1",), ("2",)]
