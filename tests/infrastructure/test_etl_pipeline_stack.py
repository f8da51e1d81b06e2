"""The names and figures of the pipeline's page, as CloudFormation will read them."""

import pytest

from tests.infrastructure.templates import StackTemplate

STAGES = ["extract", "transform", "load"]


def test_staging_bucket_is_named_after_account_and_region(stack: StackTemplate) -> None:
    assert stack.one("AWS::S3::Bucket").properties["BucketName"] == "etl-staging-{account}-{region}"


def test_staged_objects_expire_after_30_days_and_torn_uploads_after_one(stack: StackTemplate) -> None:
    rules = stack.one("AWS::S3::Bucket").properties["LifecycleConfiguration"]["Rules"]
    assert rules == [
        {
            "Status": "Enabled",
            "ExpirationInDays": 30,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        }
    ]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("etl-source-data", {"id": "HASH"}),
        ("etl-destination-data", {"id": "HASH", "timestamp": "RANGE"}),
    ],
)
def test_tables_are_keyed_by_strings_and_on_demand(stack: StackTemplate, name: str, keys: dict[str, str]) -> None:
    table = stack.one("AWS::DynamoDB::GlobalTable", TableName=name).properties
    assert {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} == keys
    assert {key["AttributeName"]: key["AttributeType"] for key in table["AttributeDefinitions"]} == dict.fromkeys(
        keys, "S"
    )
    assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("stage", STAGES)
def test_functions_have_the_figures_of_the_page(stack: StackTemplate, stage: str) -> None:
    function = stack.one("AWS::Lambda::Function", FunctionName=f"etl-{stage}").properties
    assert function["Runtime"] == "python3.11"
    assert function["Architectures"] == ["arm64"]
    assert function["MemorySize"] == 512
    assert function["Timeout"] == 300
    assert function["Handler"] == f"lambdas.etl_pipeline.{stage}.handler"
    assert function["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize(
    ("stage", "own"),
    [
        ("extract", {"SOURCE_TABLE": "etl-source-data", "LOOKBACK_HOURS": "24"}),
        ("transform", {"LEDGER_TABLE": "etl-runs"}),
        ("load", {"DESTINATION_TABLE": "etl-destination-data", "LEDGER_TABLE": "etl-runs"}),
    ],
)
def test_functions_are_told_what_they_work_on(stack: StackTemplate, stage: str, own: dict[str, str]) -> None:
    function = stack.one("AWS::Lambda::Function", FunctionName=f"etl-{stage}").properties
    assert function["Environment"]["Variables"] == {
        "STAGING_BUCKET": "etl-staging-{account}-{region}",
        "POWERTOOLS_SERVICE_NAME": "etl_pipeline",
        "POWERTOOLS_METRICS_NAMESPACE": "etl",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **own,
    }


def test_state_machine_is_named_and_traced(stack: StackTemplate) -> None:
    machine = stack.one("AWS::StepFunctions::StateMachine").properties
    assert machine["StateMachineName"] == "etl-pipeline"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_outputs_name_what_the_page_reads(stack: StackTemplate) -> None:
    assert stack.outputs() == {
        "SourceTableName": "etl-source-data",
        "DestinationTableName": "etl-destination-data",
        "StagingBucketName": "etl-staging-{account}-{region}",
        "StateMachineArn": "arn:etl-pipeline",
    }
