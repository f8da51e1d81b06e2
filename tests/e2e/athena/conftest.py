"""One local cloud with a lake, for all tests that leave it as it was or work in a database of their own."""

import os
import zlib
from collections.abc import Iterator

import pytest

from localcloud import LocalCloud
from tests.e2e.athena.queries import Athena
from tests.e2e.athena.tables import BUCKET, DATABASE, create_lake


@pytest.fixture(scope="session")
def athena_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path_factory.mktemp("athena"), wait_scale=0) as running:
        yield running


@pytest.fixture(scope="session")
def lake(athena_cloud: LocalCloud) -> Athena:
    """Athena over the tables of the lake, which nobody changes."""
    create_lake(athena_cloud.client("s3"), athena_cloud.client("glue"))
    return Athena(athena_cloud.client("athena"), DATABASE, f"s3://{BUCKET}/results/")


@pytest.fixture
def own(lake: Athena, athena_cloud: LocalCloud, request: pytest.FixtureRequest) -> Athena:
    """Athena with an empty database of the test's own."""
    name: str = request.node.name.split("[")[0][:60]
    database = f"{name}_{zlib.crc32(request.node.name.encode()):08x}"
    athena_cloud.client("glue").create_database(DatabaseInput={"Name": database})
    return Athena(lake.client, database, f"s3://{BUCKET}/{database}/results/")


@pytest.fixture
def sdk(athena_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point every AWS SDK in this process at the cloud."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in athena_cloud.environment().items():
        monkeypatch.setenv(name, value)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many statements of the documentation were answered, and how many refused by name."""
    passed = [
        report for report in terminalreporter.stats.get("passed", []) if "test_a_statement_comes" in report.nodeid
    ]
    refused = [value for report in passed for name, value in report.user_properties if name == "refused"]
    if passed:
        terminalreporter.write_line(
            f"Athena: {len(passed) - len(refused)} statements as documented, {len(refused)} refused by name"
        )
