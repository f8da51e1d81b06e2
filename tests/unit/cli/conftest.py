"""The command in this process, with a home of the test's own where no local cloud runs."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from localcloud.home import Home
from serverless_app.cli import app, deployed, main, run
from serverless_app.target import LOCAL_HOME
from tests.unit.cli.account import OUTPUTS, Account

Etl = Callable[[str], Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """The home of a local cloud that no command under test may start."""
    monkeypatch.setenv(LOCAL_HOME, str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    yield home
    assert home.holder() is None


@pytest.fixture
def etl(home: Home) -> Etl:  # noqa: ARG001 -- only has to be set
    return lambda line: CliRunner().invoke(app, shlex.split(line))


@pytest.fixture
def account(s3: Any, dynamodb: Any, session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with `lake_export`, whose lake and ledger are empty."""
    for name in (OUTPUTS["LakeBucketName"], OUTPUTS["StagingBucketName"]):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=OUTPUTS["LakeBucketName"], VersioningConfiguration={"Status": "Enabled"})
    dynamodb.create_table(
        TableName="runs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    clients = {"s3": s3, "dynamodb": dynamodb} | {name: session.client(name) for name in ("glue", "athena")}
    account = Account(clients)
    for module in (deployed, main, run):
        monkeypatch.setattr(module, "open_target", lambda _name: account)
    return account
