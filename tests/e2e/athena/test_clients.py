"""The clients that people use work as they are: awswrangler, PyAthena and the AWS CLI."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import awswrangler as wr
import pandas as pd
import pyathena
import pyathena.cursor
import pyathena.pandas.cursor
import pyathena.s3fs.cursor
import pytest

from tests.e2e.athena.queries import Athena
from tests.e2e.athena.tables import BUCKET

pytestmark = [pytest.mark.usefixtures("sdk"), pytest.mark.filterwarnings("default")]
QUERY = "SELECT origin_state, sum(package_weight) AS weight FROM shipping GROUP BY 1 ORDER BY 2"
QUICK: dict[str, Any] = {"athena_query_wait_polling_delay": 0.01}
WEIGHTS = [("New York", 3), ("New Jersey", 225), ("California", 1397)]


@pytest.fixture
def connection(lake: Athena) -> Iterator[Any]:
    with pyathena.connect(s3_staging_dir=lake.output, schema_name=lake.database, poll_interval=0.01) as connected:
        yield connected


@pytest.mark.parametrize(
    "mode", [{"ctas_approach": False}, {"ctas_approach": True}, {"ctas_approach": False, "unload_approach": True}]
)
def test_awswrangler_reads_a_query_in_every_mode(lake: Athena, own: Athena, mode: dict[str, Any]) -> None:
    place = f"s3://{BUCKET}/{own.database}/wrangled/"
    frame = wr.athena.read_sql_query(QUERY, database=lake.database, s3_output=place, **QUICK, **mode)

    assert sorted(frame.itertuples(index=False, name=None), key=lambda row: row[1]) == WEIGHTS
    assert own.ask("SHOW TABLES IN lake 'temp_table*'").get() == []


def test_awswrangler_reads_an_empty_result_with_its_columns(lake: Athena) -> None:
    frame = wr.athena.read_sql_query(
        "SELECT * FROM shipping WHERE package_weight < 0",
        database=lake.database,
        s3_output=lake.output,
        ctas_approach=False,
    )

    assert list(frame.columns)[:2] == ["origin_state", "origin_zip"]
    assert frame.empty


def test_awswrangler_passes_parameters(lake: Athena) -> None:
    frame = wr.athena.read_sql_query(
        "SELECT count(*) AS n FROM shipping WHERE origin_state = ?",
        database=lake.database,
        s3_output=lake.output,
        ctas_approach=False,
        params=["'New York'"],
        paramstyle="qmark",
        **QUICK,
    )

    assert frame["n"].to_list() == [1]


def test_awswrangler_writes_a_data_set_and_replaces_a_partition(own: Athena) -> None:
    place = f"s3://{BUCKET}/{own.database}/set/"
    dataset: dict[str, Any] = {
        "path": place,
        "dataset": True,
        "database": own.database,
        "table": "written",
        "partition_cols": ["day"],
    }
    first = pd.DataFrame({"id": [1, 2], "name": ["a", "b"], "day": ["2024-01-01", "2024-01-02"]})
    wr.s3.to_parquet(first, mode="overwrite_partitions", **dataset)
    second = pd.DataFrame({"id": [3], "name": ["c"], "day": ["2024-01-02"]})
    wr.s3.to_parquet(second, mode="overwrite_partitions", **dataset)

    assert sorted(own.ask("SELECT id, name, day FROM written").get()) == [
        ("1", "a", "2024-01-01"),
        ("3", "c", "2024-01-02"),
    ]


def test_awswrangler_fails_with_athenas_reason(lake: Athena) -> None:
    with pytest.raises(wr.exceptions.QueryFailed, match="DIVISION_BY_ZERO"):
        wr.athena.read_sql_query(
            "SELECT 1 / 0", database=lake.database, s3_output=lake.output, ctas_approach=False, **QUICK
        )


def test_awswrangler_repairs_and_describes(own: Athena) -> None:
    own.ask(
        "CREATE EXTERNAL TABLE t (id int) PARTITIONED BY (day string) STORED AS PARQUET "
        f"LOCATION 's3://{BUCKET}/readings/'"
    ).get()

    assert wr.athena.repair_table("t", database=own.database, s3_output=own.output) == "SUCCEEDED"
    assert wr.athena.describe_table("t", database=own.database, s3_output=own.output)["Column Name"].to_list() == [
        "id",
        "day",
    ]


def test_pyathena_fetches_typed_rows(connection: Any) -> None:
    cursor = connection.cursor()
    assert cursor.execute(QUERY).fetchall() == WEIGHTS
    assert [column[0] for column in cursor.description] == ["origin_state", "weight"]


def test_pyathena_fetches_dictionaries(connection: Any) -> None:
    cursor = connection.cursor(pyathena.cursor.DictCursor)

    assert cursor.execute(QUERY).fetchone() == {"origin_state": "New York", "weight": 3}


def test_pyathena_fetches_frames(connection: Any) -> None:
    frame = connection.cursor(pyathena.pandas.cursor.PandasCursor).execute(QUERY).as_pandas()

    assert list(frame.itertuples(index=False, name=None)) == WEIGHTS


def test_pyathena_reads_the_result_file_itself(connection: Any) -> None:
    assert connection.cursor(pyathena.s3fs.cursor.S3FSCursor).execute(QUERY).fetchall() == WEIGHTS


@pytest.mark.parametrize(
    ("style", "sql", "parameters"),
    [
        ("pyformat", "SELECT count(*) FROM shipping WHERE origin_state = %(state)s", {"state": "New York"}),
        ("qmark", "SELECT count(*) FROM shipping WHERE origin_state = ?", ["'New York'"]),
    ],
)
def test_pyathena_passes_parameters(connection: Any, style: str, sql: str, parameters: Any) -> None:
    assert connection.cursor().execute(sql, parameters, paramstyle=style).fetchall() == [(1,)]


def test_pyathena_fails_with_athenas_reason(connection: Any) -> None:
    with pytest.raises(pyathena.error.OperationalError, match="COLUMN_NOT_FOUND"):
        connection.cursor().execute("SELECT nope FROM shipping")


def test_the_aws_cli_asks_and_reads(lake: Athena) -> None:
    def aws(*arguments: str) -> Any:
        command = [sys.executable, "-m", "awscli", "athena", *arguments, "--output", "json"]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    started = aws(
        "start-query-execution",
        "--query-string=SELECT 7 / 2 AS x",
        f"--query-execution-context=Database={lake.database}",
        f"--result-configuration=OutputLocation={lake.output}",
    )["QueryExecutionId"]
    lake.finish(started)

    rows = aws("get-query-results", f"--query-execution-id={started}")["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["x", "3"]
