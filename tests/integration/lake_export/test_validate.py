"""Validation finds what readers would: a missing, broken or strange file, wrong rows, a partition that is not there."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.lake.layout import folder_of, object_key, partition_values
from etl.pipelines.lake_export.catalog import partitions_of
from etl.pipelines.lake_export.datasets import dataset
from etl.pipelines.lake_export.messages import Finding, Finished, ValidateRequest
from etl.pipelines.lake_export.validate import validate
from tests.integration.lake_export.conftest import BUCKET, DATABASE, Lake

DAY = date(2024, 12, 22)
KEY = object_key(dataset("workflows"), DAY)
FOLDER = folder_of(dataset("workflows"), DAY)
RUN = "`etl run lake_export --table workflows --date 2024-12-22`"
THREE = Finished("workflows", DAY.isoformat(), "published", 3, KEY)
NONE = Finished("workflows", DAY.isoformat(), "empty", 0, None)


def findings(lake: Lake, chunk: Finished) -> list[Finding]:
    result = validate(ValidateRequest("a-run", [chunk]), lake.settings, s3=lake.s3, glue=lake.glue)
    assert result.checked == 1
    return result.findings


def checks(lake: Lake, chunk: Finished) -> list[str]:
    return [finding.check for finding in findings(lake, chunk)]


@pytest.fixture
def good(lake: Lake) -> Lake:
    lake.put_day("workflows", DAY, ["a", "b", "c"])
    partitions_of(lake.glue, lake.settings, dataset("workflows")).register([DAY])
    return lake


def test_a_day_as_it_should_be_has_no_findings(good: Lake) -> None:
    assert findings(good, THREE) == []


def test_rows_that_are_not_those_of_the_source_are_counted(good: Lake) -> None:
    good.put_day("workflows", DAY, ["a", "b"])

    assert findings(good, THREE) == [
        Finding("workflows", "2024-12-22", "rows", "has 2 rows, the source 3: run the day again")
    ]


def test_an_object_that_is_gone_is_found(good: Lake) -> None:
    good.s3.delete_object(Bucket=BUCKET, Key=KEY)

    assert checks(good, THREE) == ["object"]


@pytest.mark.parametrize("body", [b"id,name\n1,a\n" * 9, b""])
def test_an_object_that_is_not_parquet_is_found(good: Lake, body: bytes) -> None:
    good.s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)

    assert checks(good, THREE) == ["parquet"]


def test_a_file_that_lost_bytes_in_its_middle_is_found(good: Lake) -> None:
    body = good.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    footer = int.from_bytes(body[-8:-4], "little") + 8
    good.s3.put_object(Bucket=BUCKET, Key=KEY, Body=body[:4] + body[-footer:])

    assert checks(good, THREE) == ["parquet"]


def test_another_schema_is_found(good: Lake) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": [1, 2, 3]}), sink)
    good.s3.put_object(Bucket=BUCKET, Key=KEY, Body=sink.getvalue().to_pybytes())

    assert checks(good, THREE) == ["schema"]


def test_a_day_without_its_partition_is_found(lake: Lake) -> None:
    lake.put_day("workflows", DAY, ["a", "b", "c"])

    assert findings(lake, THREE) == [
        Finding(
            "workflows",
            "2024-12-22",
            "partition",
            "has no partition: `etl athena repair workflows`",
        )
    ]


def test_a_partition_elsewhere_is_found_and_said_to_be_mended_by_a_run(lake: Lake) -> None:
    lake.put_day("workflows", DAY, ["a", "b", "c"])
    storage = lake.glue.get_table(DatabaseName=DATABASE, Name="workflows")["Table"]["StorageDescriptor"]
    elsewhere = {"Values": list(partition_values(DAY)), "StorageDescriptor": storage | {"Location": "s3://lake/other"}}
    lake.glue.create_partition(DatabaseName=DATABASE, TableName="workflows", PartitionInput=elsewhere)

    text = f"has its partition at s3://lake/other/, not at s3://{BUCKET}/{FOLDER}: {RUN}"
    assert findings(lake, THREE) == [Finding("workflows", "2024-12-22", "partition", text)]


def test_a_partition_of_an_empty_day_is_found_and_said_to_be_removed_by_a_run(lake: Lake) -> None:
    partitions_of(lake.glue, lake.settings, dataset("workflows")).register([DAY])

    text = f"still has a partition, but no rows: {RUN}"
    assert findings(lake, NONE) == [Finding("workflows", "2024-12-22", "partition", text)]


def test_other_objects_that_readers_find_beside_a_days_are_named(good: Lake) -> None:
    for name in ("copy.parquet", "part/more.parquet"):
        good.s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}{name}", Body=b"PAR1")

    text = (
        f"s3://{BUCKET}/{FOLDER} has other objects, whose rows are read as well: remove copy.parquet, part/more.parquet"
    )
    assert findings(good, THREE) == [Finding("workflows", "2024-12-22", "object", text)]


def test_of_many_other_objects_three_are_named(good: Lake) -> None:
    for name in "abcde":
        good.s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}{name}", Body=b"PAR1")

    (finding,) = findings(good, THREE)
    assert finding.found.endswith(": remove a, b, c, …")


@pytest.mark.parametrize("name", ["_SUCCESS", ".part.crc", "_temporary/a.parquet"])
def test_objects_that_readers_pass_over_are_no_finding(good: Lake, name: str) -> None:
    good.s3.put_object(Bucket=BUCKET, Key=FOLDER + name, Body=b"PAR1")
    good.s3.put_object(Bucket=BUCKET, Key=FOLDER, Body=b"")

    assert findings(good, THREE) == []


def test_an_empty_day_has_neither_object_nor_partition(lake: Lake) -> None:
    assert findings(lake, NONE) == []


def test_rows_that_the_source_no_longer_has_are_found(good: Lake) -> None:
    assert checks(good, NONE) == ["object", "partition"]


def test_the_footer_of_a_wide_file_is_read_whole(good: Lake) -> None:
    # More than what is read of the end at first.
    columns = {f"column_{number}": pa.array([number]) for number in range(3000)}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    good.s3.put_object(Bucket=BUCKET, Key=KEY, Body=sink.getvalue().to_pybytes())

    assert checks(good, THREE) == ["schema", "rows"]
