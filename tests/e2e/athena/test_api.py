"""The API around a statement: its states, results, limits and what the catalog says."""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.e2e.athena.queries import ENDLESS, Athena
from tests.e2e.athena.tables import BUCKET, DATABASE


@pytest.fixture
def s3(athena_cloud: LocalCloud) -> Any:
    return athena_cloud.client("s3")


def text_of(s3: Any, uri: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: str = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return content


def test_an_execution_tells_what_it_was_and_did(lake: Athena) -> None:
    answer = lake.ask("SELECT * FROM shipping")
    execution = answer.execution

    assert execution["Query"] == "SELECT * FROM shipping"
    assert execution["StatementType"] == "DML"
    assert execution["QueryExecutionContext"]["Database"] == DATABASE
    assert execution["WorkGroup"] == "primary"
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{lake.output}{answer.id}.csv"
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    for name in ("EngineExecutionTimeInMillis", "TotalExecutionTimeInMillis", "QueryQueueTimeInMillis"):
        assert execution["Statistics"][name] >= 0


@pytest.mark.parametrize(
    ("sql", "kind"), [("SELECT 1", "DML"), ("SHOW TABLES", "UTILITY"), ("CREATE DATABASE IF NOT EXISTS lake", "DDL")]
)
def test_a_statement_has_a_type(lake: Athena, sql: str, kind: str) -> None:
    assert lake.ask(sql).execution["StatementType"] == kind


def test_a_failure_has_a_reason_and_a_category(lake: Athena) -> None:
    execution = lake.ask("SELECT 1 / 0").execution

    assert execution["Status"]["StateChangeReason"].startswith("DIVISION_BY_ZERO")
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
    assert "Division by zero" in execution["Status"]["AthenaError"]["ErrorMessage"]


def test_a_failed_statement_has_no_results(lake: Athena) -> None:
    answer = lake.ask("SELECT 1 / 0")

    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.client.get_query_results(QueryExecutionId=answer.id)


def test_an_execution_that_never_was_is_not_found(lake: Athena) -> None:
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.client.get_query_execution(QueryExecutionId=str(uuid4()))


def test_the_result_file_quotes_every_value_but_nulls(lake: Athena, s3: Any) -> None:
    answer = lake.ask("""SELECT 1 AS a, 'say "hi", you' AS b, CAST(NULL AS varchar) AS c, '' AS d""")

    assert text_of(s3, f"{lake.output}{answer.id}.csv") == '"a","b","c","d"\n"1","say ""hi"", you",,""\n'
    assert text_of(s3, f"{lake.output}{answer.id}.csv.metadata")


def test_a_result_of_several_lines_is_valid_csv(lake: Athena, s3: Any) -> None:
    answer = lake.ask("SELECT 'a' || chr(10) || 'b' AS x")

    assert list(csv.reader(io.StringIO(text_of(s3, f"{lake.output}{answer.id}.csv")))) == [["x"], ["a\nb"]]


def test_the_result_of_a_definition_is_plain_text(lake: Athena, s3: Any) -> None:
    answer = lake.ask("SHOW TABLES 'shipp*'")

    assert answer.execution["ResultConfiguration"]["OutputLocation"] == f"{lake.output}{answer.id}.txt"
    assert text_of(s3, f"{lake.output}{answer.id}.txt") == "shipping\n"


def test_results_come_in_pages_and_the_first_row_is_the_header(lake: Athena) -> None:
    answer = lake.ask("SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x) ORDER BY x")
    first = lake.client.get_query_results(QueryExecutionId=answer.id)
    small = lake.client.get_query_results(QueryExecutionId=answer.id, MaxResults=2)

    assert [row for (row,) in answer.get()] == [str(number) for number in range(1, 2501)]
    assert len(first["ResultSet"]["Rows"]) == 1000
    assert first["ResultSet"]["Rows"][0]["Data"] == [{"VarCharValue": "x"}]
    assert small["ResultSet"]["Rows"][1]["Data"] == [{"VarCharValue": "1"}]
    following = lake.client.get_query_results(QueryExecutionId=answer.id, MaxResults=1, NextToken=small["NextToken"])
    assert following["ResultSet"]["Rows"] == [{"Data": [{"VarCharValue": "2"}]}]


def test_columns_are_described(lake: Athena) -> None:
    """Athena API ColumnInfo: precision and scale of decimals."""
    answer = lake.ask("SELECT CAST(1 AS decimal(7, 2)) AS d")
    [column] = lake.client.get_query_results(QueryExecutionId=answer.id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]

    assert {name: column[name] for name in ("Name", "Label", "Type", "Precision", "Scale")} == {
        "Name": "d",
        "Label": "d",
        "Type": "decimal",
        "Precision": 7,
        "Scale": 2,
    }


def test_the_same_token_starts_a_statement_once(lake: Athena) -> None:
    token = uuid4().hex * 2
    first = lake.start("SELECT 1", ClientRequestToken=token)

    assert lake.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.start("SELECT 2", ClientRequestToken=token)


def test_parameters_fill_question_marks_in_their_order(lake: Athena) -> None:
    sql = "SELECT package_weight FROM shipping WHERE origin_state = ? AND package_weight > ?"

    assert lake.ask(sql, "'California'", "100").get() == [("1337",)]
    assert lake.ask("SELECT ? || '?' AS x", "'it''s'").get() == [("it's?",)]


@pytest.mark.parametrize("parameters", [["1"], ["1", "2", "3"]])
def test_a_wrong_number_of_parameters_is_refused(lake: Athena, parameters: list[str]) -> None:
    assert lake.ask("SELECT ?, ?", *parameters).state == "FAILED"


def test_bytes_are_counted_and_partitions_pruned(lake: Athena) -> None:
    everything = lake.ask("SELECT * FROM readings").scanned
    one_day = lake.ask("SELECT * FROM readings WHERE day = '2024-01-01'").scanned

    assert lake.ask("SELECT 1").scanned == 0
    assert 0 < one_day < everything
    assert lake.ask("SELECT * FROM readings WHERE day = 'no such day'").scanned == 0


def test_a_running_statement_is_stopped(lake: Athena) -> None:
    started = lake.start(ENDLESS)
    lake.wait(started, lambda state: state == "RUNNING")
    lake.client.stop_query_execution(QueryExecutionId=started)

    assert lake.finish(started).state == "CANCELLED"
    assert lake.ask("SELECT 1").get() == [("1",)]


def test_a_long_statement_holds_up_no_other(lake: Athena) -> None:
    started = lake.start(ENDLESS)
    lake.wait(started, lambda state: state == "RUNNING")
    try:
        assert lake.ask("SELECT 1").get() == [("1",)]
        assert (
            lake.client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]["State"] == "RUNNING"
        )
    finally:
        lake.client.stop_query_execution(QueryExecutionId=started)
        lake.finish(started)


def test_executions_are_listed_and_got_in_batches(lake: Athena) -> None:
    asked = [lake.ask("SELECT 1").id, lake.ask("SELECT 2").id]
    missing = str(uuid4())

    assert set(asked) <= set(lake.client.list_query_executions(MaxResults=50)["QueryExecutionIds"])
    batch = lake.client.batch_get_query_execution(QueryExecutionIds=[*asked, missing])
    assert {execution["QueryExecutionId"] for execution in batch["QueryExecutions"]} == set(asked)
    assert [item["QueryExecutionId"] for item in batch["UnprocessedQueryExecutionIds"]] == [missing]


def test_a_statement_without_a_place_for_its_result_is_not_accepted(lake: Athena) -> None:
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.client.start_query_execution(QueryString="SELECT 1")


def workgroup(athena: Athena, **configuration: Any) -> str:
    name = f"group-{uuid4().hex[:8]}"
    athena.client.create_work_group(Name=name, Configuration=configuration)
    return name


def test_a_workgroup_enforces_where_results_go(lake: Athena) -> None:
    place = f"s3://{BUCKET}/enforced/"
    name = workgroup(lake, ResultConfiguration={"OutputLocation": place}, EnforceWorkGroupConfiguration=True)
    answer = lake.ask("SELECT 1", WorkGroup=name)

    assert answer.execution["WorkGroup"] == name
    assert answer.execution["ResultConfiguration"]["OutputLocation"] == f"{place}{answer.id}.csv"


def test_a_workgroup_that_does_not_enforce_gives_a_default(lake: Athena) -> None:
    place = f"s3://{BUCKET}/default/"
    name = workgroup(lake, ResultConfiguration={"OutputLocation": place}, EnforceWorkGroupConfiguration=False)

    assert (
        lake.ask("SELECT 1", WorkGroup=name).execution["ResultConfiguration"]["OutputLocation"].startswith(lake.output)
    )
    started = lake.client.start_query_execution(QueryString="SELECT 1", WorkGroup=name)["QueryExecutionId"]
    assert lake.finish(started).execution["ResultConfiguration"]["OutputLocation"] == f"{place}{started}.csv"


def test_a_statement_that_reads_more_than_its_workgroup_allows_is_cancelled(lake: Athena, own: Athena, s3: Any) -> None:
    """Athena ug/workgroups-setting-control-limits-cloudwatch.html: a query that exceeds the limit is canceled."""
    own.ask(f"CREATE EXTERNAL TABLE big (line string) LOCATION 's3://{BUCKET}/{own.database}/big/'").get()
    s3.put_object(
        Bucket=BUCKET, Key=f"{own.database}/big/a.txt", Body=b"x" * 99 + b"\n" + (b"y" * 99 + b"\n") * 109_999
    )
    name = workgroup(lake, BytesScannedCutoffPerQuery=10_000_000, EnforceWorkGroupConfiguration=False)
    answer = own.ask("SELECT count(*) FROM big WHERE line < 'y'", WorkGroup=name)

    assert answer.state == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in answer.reason
    assert own.ask("SELECT count(*) FROM big WHERE line < 'y'").get() == [("1",)]


def test_workgroups_are_listed_updated_and_deleted(lake: Athena) -> None:
    name = workgroup(lake)
    lake.client.update_work_group(WorkGroup=name, Description="ours", State="DISABLED")

    found = lake.client.get_work_group(WorkGroup=name)["WorkGroup"]
    assert (found["Name"], found["State"], found["Description"]) == (name, "DISABLED", "ours")
    assert {name, "primary"} <= {group["Name"] for group in lake.client.list_work_groups()["WorkGroups"]}
    assert lake.ask("SELECT 1", WorkGroup=name).state == "FAILED"
    lake.client.delete_work_group(WorkGroup=name)
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.client.get_work_group(WorkGroup=name)


def test_the_catalog_is_described(lake: Athena) -> None:
    place = {"CatalogName": "AwsDataCatalog"}
    table = lake.client.get_table_metadata(**place, DatabaseName=DATABASE, TableName="readings")["TableMetadata"]

    assert [(column["Name"], column["Type"]) for column in table["Columns"]] == [("id", "int")]
    assert [(column["Name"], column["Type"]) for column in table["PartitionKeys"]] == [("day", "string")]
    listed = lake.client.list_table_metadata(**place, DatabaseName=DATABASE)["TableMetadataList"]
    assert {"readings", "shipping"} <= {found["Name"] for found in listed}
    assert lake.client.get_database(**place, DatabaseName=DATABASE)["Database"]["Name"] == DATABASE
    assert DATABASE in {found["Name"] for found in lake.client.list_databases(**place)["DatabaseList"]}
    assert "AwsDataCatalog" in {
        found["CatalogName"] for found in lake.client.list_data_catalogs()["DataCatalogsSummary"]
    }


def test_a_table_that_is_not_there_has_no_metadata(lake: Athena) -> None:
    with pytest.raises(ClientError, match="MetadataException"):
        lake.client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, TableName="none")
