"""The engine reaches the tables of the catalog on S3, and nothing else: no file, no setting, no second statement."""

# ruff: noqa: S608 -- the statements are what is tested

from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.e2e.athena.queries import Answer, Athena
from tests.e2e.athena.tables import BUCKET, External, parquet

SECRET = "a-secret-of-this-machine"  # noqa: S105 -- what must not be seen

FUNCTIONS = (
    "read_csv('{file}')",
    "read_csv_auto('{file}')",
    "read_text('{file}')",
    "read_blob('{file}')",
    "read_json('{file}')",
    "read_json_auto('{file}')",
    "read_parquet('{file}')",
    "parquet_scan('{file}')",
    "parquet_metadata('{file}')",
    "sniff_csv('{file}')",
    "glob('{folder}/*')",
    "duckdb_settings()",
    "duckdb_secrets()",
    "duckdb_functions()",
    "duckdb_tables()",
    "pragma_version()",
    "pragma_database_list()",
    "query('SELECT 1')",
    "query_table('shipping')",
    "sqlite_scan('{file}', 't')",
    "range(3)",
)
STATEMENTS = (
    "COPY (SELECT 1) TO '{folder}/written.csv'",
    "COPY shipping TO '{folder}/written.csv'",
    "EXPORT DATABASE '{folder}/written'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/written.db' AS w",
    "ATTACH DATABASE '{file}'",
    "USE memory",
    "PRAGMA database_list",
    "PRAGMA enable_external_access",
    "SET enable_external_access = true",
    "SET SESSION memory_limit = '1GB'",
    "RESET memory_limit",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CALL pragma_version()",
    "CHECKPOINT",
    "CREATE MACRO f(x) AS x",
    "CREATE SECRET s (TYPE s3)",
    "CREATE TEMP TABLE t AS SELECT 1 AS x",
    "CREATE FUNCTION f() AS 1",
    "DESCRIBE '{file}'",
    "SUMMARIZE shipping",
    "FROM shipping",
    "FROM '{file}'",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    'SELECT * FROM "{folder}"."secret.csv"',
    "TABLE '{file}'",
    "SELECT getenv('PATH')",
    "SELECT current_setting('access_mode')",
    "SELECT getvariable('x')",
    "SELECT content FROM read_text(['{file}'])",
    "SELECT (SELECT content FROM read_text('{file}'))",
    "WITH x AS (SELECT * FROM read_text('{file}')) SELECT * FROM x",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('{file}'))",
    "SELECT * FROM shipping, LATERAL (SELECT * FROM read_text('{file}'))",
    "SELECT COLUMNS(*) FROM shipping",
    "SELECT * EXCLUDE (origin_zip) FROM shipping",
    "SELECT * REPLACE (1 AS origin_zip) FROM shipping",
    "PIVOT shipping ON origin_state",
    "SELECT * FROM main.shipping",
    "SELECT * FROM system.information_schema.tables",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
)
SEVERAL = (
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE shipping",
    "SELECT 1;; COPY (SELECT 1) TO '{folder}/written.csv'",
    "SELECT 1 /* ; */ ; SET threads = 1",
    "SELECT 1 -- \n; ATTACH '{folder}/written.db'",
    "EXPLAIN SELECT 1; SELECT 2",
    "PREPARE p FROM SELECT 1; EXECUTE p",
)


@pytest.fixture
def secret(tmp_path: Path) -> dict[str, str]:
    """A file of this machine, and its folder, which stays as it is."""
    file = tmp_path / "secret.csv"
    file.write_text(f"id,name\n1,{SECRET}\n")
    return {"file": str(file), "folder": str(tmp_path)}


def assert_refused(answer: Answer, secret: dict[str, str]) -> None:
    assert answer.state == "FAILED", f"answered {answer.rows}"
    assert SECRET not in answer.reason
    assert [path.name for path in Path(secret["folder"]).iterdir()] == ["secret.csv"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_of_the_engine_is_a_table(lake: Athena, secret: dict[str, str], function: str) -> None:
    called = function.format(**secret)

    for sql in (f"SELECT * FROM {called}", f"SELECT * FROM TABLE({called})", f"SELECT {called}"):
        assert_refused(lake.ask(sql), secret)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_no_statement_of_the_engine_is_one_of_athenas(lake: Athena, secret: dict[str, str], sql: str) -> None:
    assert_refused(lake.ask(sql.format(**secret)), secret)


@pytest.mark.parametrize("sql", SEVERAL)
def test_a_request_is_one_statement(lake: Athena, secret: dict[str, str], sql: str) -> None:
    """Athena ug/ddl-sql-reference: only one sql statement is allowed."""
    assert_refused(lake.ask(sql.format(**secret)), secret)
    assert len(lake.ask("SELECT * FROM shipping").get()) == 6


def test_one_semicolon_at_the_end_is_no_second_statement(lake: Athena) -> None:
    assert lake.ask("SELECT 1 AS x;").get() == [("1",)]


@pytest.mark.parametrize(
    "parameter",
    [
        "1 OR true",
        "1) OR (true",
        "1; DROP TABLE shipping",
        "1 UNION SELECT * FROM shipping",
        "(SELECT content FROM read_text('{file}'))",
        "1 --",
        "1 /*",
        "origin_zip",
        "?",
        " ",
    ],
)
def test_a_parameter_is_one_value(lake: Athena, secret: dict[str, str], parameter: str) -> None:
    answer = lake.ask("SELECT origin_state FROM shipping WHERE origin_zip = ? OR false", parameter.format(**secret))

    assert answer.state == "FAILED" or answer.rows == []
    assert SECRET not in f"{answer.rows}{answer.reason}"


def test_a_text_parameter_stays_a_text(lake: Athena) -> None:
    hostile = "x'' OR ''1''=''1"

    assert lake.ask("SELECT origin_state FROM shipping WHERE origin_state = ?", f"'{hostile}'").get() == []


@pytest.mark.parametrize(
    "location",
    [
        "file://{folder}/",
        "{folder}/",
        "s3://{bucket}/../../../../../..{folder}/",
        "s3a://{bucket}/x/",
        "https://127.0.0.1/x/",
        "s3:///{folder}/",
    ],
)
def test_a_table_reads_from_s3_alone(
    own: Athena, athena_cloud: LocalCloud, secret: dict[str, str], location: str
) -> None:
    table = {
        "Name": "outside",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "string"}, {"Name": "name", "Type": "string"}],
            "Location": location.format(bucket=BUCKET, **secret),
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"field.delim": ","},
            },
        },
    }
    athena_cloud.client("glue").create_table(DatabaseName=own.database, TableInput=table)
    answer = own.ask("SELECT * FROM outside")

    assert answer.rows == []
    assert SECRET not in answer.reason


@pytest.mark.parametrize("place", ["file://{folder}/out/", "{folder}/out/", "s3://../{folder}/out/", "hdfs://h/out/"])
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE made WITH (external_location = '{place}') AS SELECT 1 AS x",
        "UNLOAD (SELECT 1 AS x) TO '{place}' WITH (format = 'PARQUET')",
        "CREATE TABLE made (x int) LOCATION '{place}' TBLPROPERTIES ('table_type' = 'ICEBERG')",
        "CREATE EXTERNAL TABLE made (x int) STORED AS PARQUET LOCATION '{place}'",
    ],
)
def test_a_statement_writes_to_s3_alone(own: Athena, secret: dict[str, str], sql: str, place: str) -> None:
    assert_refused(own.ask(sql.format(place=place.format(**secret))), secret)
    assert own.ask("SHOW TABLES").get() == []


@pytest.mark.parametrize("place", ["file://{folder}/", "{folder}/", "results"])
def test_results_go_to_s3_alone(lake: Athena, secret: dict[str, str], place: str) -> None:
    answer = lake.ask("SELECT 1", ResultConfiguration={"OutputLocation": place.format(**secret)})

    assert_refused(answer, secret)


@pytest.mark.parametrize("name", ["a b", "a;b", "a'b", "x--y", "select", "ünïcode"])
def test_a_hostile_name_is_only_a_name(own: Athena, athena_cloud: LocalCloud, name: str) -> None:
    s3, glue = athena_cloud.client("s3"), athena_cloud.client("glue")
    table = External(name=name, columns={name: "int"}, objects={"a.parquet": parquet({name: [7]})})
    s3.put_object(Bucket=BUCKET, Key=f"{own.database}/named/a.parquet", Body=table.objects["a.parquet"])
    entry: dict[str, Any] = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": "int"}],
            "Location": f"s3://{BUCKET}/{own.database}/named/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }
    glue.create_table(DatabaseName=own.database, TableInput=entry)

    assert own.ask(f'SELECT "{name}" FROM "{name}"').get() == [("7",)]


def test_a_view_reaches_no_further_than_a_query(own: Athena, secret: dict[str, str]) -> None:
    assert_refused(own.ask(f"CREATE VIEW v AS SELECT * FROM read_text('{secret['file']}')"), secret)
    assert own.ask("SHOW TABLES").get() == []
