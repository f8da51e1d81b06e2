"""What tests of every kind share: an environment that reaches no real account, and AWS as moto plays it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from hypothesis import settings
from moto import mock_aws

from etl.runs.ledger import Ledger

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "etl_pipeline",
    "POWERTOOLS_METRICS_NAMESPACE": "etl",
}


def _forget_the_account() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_ENVIRONMENT)


# At import, since modules under test read the environment at theirs, and other conftests import them.
_forget_the_account()
# The machines that run the tests are shared: an example that took long says nothing.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS of the test's own."""
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """Return the session of all tests: reading the services' models takes longer than most of them."""
    return boto3.Session()


@pytest.fixture
def dynamodb(aws: None, session: boto3.Session) -> Any:  # noqa: ARG001 -- only has to stand
    return session.client("dynamodb")


@pytest.fixture
def s3(aws: None, session: boto3.Session) -> Any:  # noqa: ARG001 -- only has to stand
    return session.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="staging")
    return "staging"


@pytest.fixture
def source_table(dynamodb: Any) -> str:
    _create_table(dynamodb, "source", {"id": "HASH"})
    return "source"


@pytest.fixture
def destination_table(dynamodb: Any) -> str:
    _create_table(dynamodb, "destination", {"id": "HASH", "timestamp": "RANGE"})
    return "destination"


@pytest.fixture
def ledger(dynamodb: Any) -> Ledger:
    _create_table(dynamodb, "etl-runs", {"pk": "HASH", "sk": "RANGE"})
    return Ledger(dynamodb, "etl-runs")


@dataclass
class LambdaContext:
    """What the Lambda service tells a handler about itself."""

    function_name: str = "a-function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:a-function"
    aws_request_id: str = "a-request"


@pytest.fixture
def context() -> Any:
    return LambdaContext()


def _create_table(dynamodb: Any, name: str, keys: dict[str, str]) -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
