"""The names and figures of the pipeline, as CloudFormation will read them."""

import json
from typing import Any

import pytest

from etl.contracts.glue import glue_table
from etl.pipelines.lake_export.datasets import datasets
from tests.infrastructure.templates import StackTemplate, function_of

STAGES = ["plan", "export", "catalog", "validate"]


@pytest.mark.parametrize("stage", STAGES)
def test_functions_run_their_handlers_on_arm64(lake: StackTemplate, stage: str) -> None:
    function = function_of(lake, f"lake-{stage}")
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Timeout"] == 900
    assert function["Handler"] == f"lambdas.lake_export.{stage}.handler"
    assert function["TracingConfig"] == {"Mode": "Active"}


def test_the_export_has_room_for_the_file_of_a_chunk(lake: StackTemplate) -> None:
    assert function_of(lake, "lake-export")["EphemeralStorage"] == {"Size": 2048}
    assert (function_of(lake, "lake-export")["MemorySize"], function_of(lake, "lake-plan")["MemorySize"]) == (1769, 512)
    assert not [
        stage for stage in STAGES if stage != "export" and "EphemeralStorage" in function_of(lake, f"lake-{stage}")
    ]


@pytest.mark.parametrize(
    ("stage", "own"),
    [
        ("plan", {"DB_SECRET_ID": "lake-export/source", "LEDGER_TABLE": "etl-runs", "ETL_RETENTION_DAYS": "90"}),
        (
            "export",
            {
                "DB_SECRET_ID": "lake-export/source",
                "S3_DATA_LAKE_BUCKET": "lake-data-{account}-{region}",
                "STAGING_BUCKET": "lake-staging-{account}-{region}",
                "LEDGER_TABLE": "etl-runs",
                "ETL_BATCH_SIZE": "10000",
                "EMPTY_DAYS": "remove",
            },
        ),
        (
            "catalog",
            {
                "S3_DATA_LAKE_BUCKET": "lake-data-{account}-{region}",
                "ATHENA_DATABASE": "tokyo_ia_billing_dev",
                "LEDGER_TABLE": "etl-runs",
            },
        ),
        (
            "validate",
            {"S3_DATA_LAKE_BUCKET": "lake-data-{account}-{region}", "ATHENA_DATABASE": "tokyo_ia_billing_dev"},
        ),
    ],
)
def test_functions_are_told_what_they_work_on(lake: StackTemplate, stage: str, own: dict[str, str]) -> None:
    assert function_of(lake, f"lake-{stage}")["Environment"]["Variables"] == {
        "ENVIRONMENT": "dev",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
        "POWERTOOLS_SERVICE_NAME": "lake_export",
        "POWERTOOLS_METRICS_NAMESPACE": "etl",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **own,
    }


def test_every_contract_has_its_table_in_the_catalog(lake: StackTemplate) -> None:
    tables = [table.properties for table in lake.all("AWS::Glue::Table")]
    assert tables
    assert {table["TableInput"]["Name"]: table["TableInput"] for table in tables} == {
        contract.table: glue_table(contract).table_input(f"s3://lake-data-{{account}}-{{region}}/{contract.table}/")
        for contract in datasets().values()
    }
    assert {table["DatabaseName"] for table in tables} == {"tokyo_ia_billing_dev"}


def test_tables_are_partitioned_by_day_and_wait_for_their_database(lake: StackTemplate) -> None:
    database = lake.one("AWS::Glue::Database")
    assert database.properties["DatabaseInput"]["Name"] == "tokyo_ia_billing_dev"
    for table in lake.all("AWS::Glue::Table"):
        keys = table.properties["TableInput"]["PartitionKeys"]
        assert [(key["Name"], key["Type"]) for key in keys] == [(name, "string") for name in ("year", "month", "day")]
        # Partitions are registered: what is not published is not read.
        assert not [key for key in table.properties["TableInput"]["Parameters"] if key.startswith("projection")]
        assert lake.raw["Resources"][table.logical_id]["DependsOn"] == [database.logical_id]


def test_queries_have_one_place_for_their_results_and_a_limit(lake: StackTemplate) -> None:
    workgroup = lake.one("AWS::Athena::WorkGroup").properties
    settings = workgroup["WorkGroupConfiguration"]
    assert workgroup["Name"] == "lake-export"
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 10 * 1024**3
    assert settings["ResultConfiguration"] == {
        "OutputLocation": "s3://lake-staging-{account}-{region}/athena/",
        "ExpectedBucketOwner": "{account}",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }


def test_replaced_versions_expire_and_torn_uploads_are_aborted(lake: StackTemplate) -> None:
    assert _bucket(lake, "data")["VersioningConfiguration"] == {"Status": "Enabled"}
    assert _bucket(lake, "data")["LifecycleConfiguration"]["Rules"] == [
        {
            "Status": "Enabled",
            "ExpiredObjectDeleteMarker": True,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        }
    ]


def test_old_days_move_to_cheaper_storage_where_that_is_configured(network_lake: StackTemplate) -> None:
    (rule,) = _bucket(network_lake, "data")["LifecycleConfiguration"]["Rules"]
    assert rule["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}]


def test_rejects_scorecards_and_query_results_expire(lake: StackTemplate) -> None:
    (rule,) = _bucket(lake, "staging")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 30


def test_the_crawler_looks_at_new_folders_only_and_changes_no_table(network_lake: StackTemplate) -> None:
    crawler = network_lake.one("AWS::Glue::Crawler").properties
    assert crawler["DatabaseName"] == "tokyo_ia_billing_dev"
    assert [target["Path"] for target in crawler["Targets"]["S3Targets"]] == [
        f"s3://lake-data-{{account}}-{{region}}/{dataset}/" for dataset in datasets()
    ]
    assert crawler["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
    assert crawler["SchemaChangePolicy"] == {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    assert json.loads(crawler["Configuration"])["CrawlerOutput"]["Partitions"] == {
        "AddOrUpdateBehavior": "InheritFromTable"
    }


@pytest.mark.parametrize("variant", ["lake", "prod_lake"])
def test_there_is_no_crawler_unless_it_is_configured(variant: str, request: pytest.FixtureRequest) -> None:
    template: StackTemplate = request.getfixturevalue(variant)
    assert template.all("AWS::Glue::Crawler") == []


def test_outputs_name_what_the_command_reads(lake: StackTemplate) -> None:
    assert lake.outputs() == {
        "LakeBucketName": "lake-data-{account}-{region}",
        "StagingBucketName": "lake-staging-{account}-{region}",
        "DatabaseName": "tokyo_ia_billing_dev",
        "WorkgroupName": "lake-export",
        "StateMachineArn": "arn:lake-export",
    }


def _bucket(template: StackTemplate, kind: str) -> dict[str, Any]:
    (bucket,) = [
        one.properties
        for one in template.all("AWS::S3::Bucket")
        if one.properties["BucketName"] == f"lake-{kind}-{{account}}-{{region}}"
    ]
    return bucket
