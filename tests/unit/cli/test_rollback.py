"""`etl rollback` on buckets and a ledger that moto plays: which version is seen again, and what is refused."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.pipelines.lake_export.messages import CatalogResult
from etl.runs.ledger import ChunkRecord, Ledger
from tests.unit.cli.account import Account

DAY = "2024-12-22"
KEY = "{}/year=2024/month=12/day=22/data.parquet"


@pytest.fixture
def lake(account: Account) -> Account:
    """Workflows of the day in two versions, agent_tasks in one, and nothing of the others."""
    for dataset, contents in (("workflows", ["old", "new"]), ("agent_tasks", ["only"])):
        key = KEY.format(dataset)
        for content in contents:
            account.clients["s3"].put_object(Bucket="lake", Key=key, Body=parquet(content))
        account.know(DAY, ChunkRecord("published", run="a", rows_out=1, fingerprint="f", key=key), dataset)
    account.functions.by_name["lake-catalog"] = lambda given: CatalogResult(len(given["datasets"]), 0)
    return account


def parquet(*contents: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"content": contents}), sink)
    return sink.getvalue()


def seen(account: Account, dataset: str) -> str:
    body: bytes = account.clients["s3"].get_object(Bucket="lake", Key=KEY.format(dataset))["Body"].read()
    (content,) = pq.read_table(pa.BufferReader(body))["content"].to_pylist()
    return str(content)


def versions(account: Account, dataset: str) -> list[str]:
    """Return the versions of a day, the newest first."""
    listed: dict[str, Any] = account.clients["s3"].list_object_versions(Bucket="lake", Prefix=f"{dataset}/")
    return [one["VersionId"] for one in listed["Versions"]]


def test_readers_see_the_previous_version_again_and_it_is_said_which(lake: Account) -> None:
    new, old = versions(lake, "workflows")
    result = lake.etl(f"rollback lake_export --date {DAY} --table workflows --json")
    assert (seen(lake, "workflows"), result.exit_code) == ("old", 0)
    (one,) = json.loads(result.stdout)["rolled_back"]
    assert (one["dataset"], one["part"], one["version"], one["replaced"]) == ("workflows", DAY, old, new)


def test_people_are_told_both_versions(lake: Account) -> None:
    new, old = versions(lake, "workflows")
    shown = " ".join(lake.etl(f"rollback lake_export --date {DAY} --table workflows").stdout.split())
    assert f"workflows {old[:8]}" in shown
    assert new[:8] in shown


def test_the_ledger_says_that_the_day_was_rolled_back(lake: Account) -> None:
    lake.etl(f"rollback lake_export --date {DAY} --table workflows")
    record = Ledger(lake.clients["dynamodb"], "runs").chunks("lake_export", "workflows")[DAY]
    assert (record.status, record.fingerprint) == ("rolled_back", "f")


def test_the_ledger_has_the_rows_of_the_file_that_came_back(lake: Account) -> None:
    key = KEY.format("workflows")
    for contents in (["a", "b", "c"], []):
        lake.clients["s3"].put_object(Bucket="lake", Key=key, Body=parquet(*contents))
    lake.etl(f"rollback lake_export --date {DAY} --table workflows")
    assert Ledger(lake.clients["dynamodb"], "runs").chunks("lake_export", "workflows")[DAY].rows_out == 3


# Arrow has an error for each.
@pytest.mark.parametrize("other", [b"by hand", b"PAR1" + b"\xff" * 20 + (20).to_bytes(4, "little") + b"PAR1"])
def test_an_earlier_version_that_is_no_parquet_does_not_come_back(lake: Account, other: bytes) -> None:
    key = KEY.format("workflows")
    for body in (other, parquet("newest")):
        lake.clients["s3"].put_object(Bucket="lake", Key=key, Body=body)
    result = lake.etl(f"rollback lake_export --date {DAY} --table workflows")
    assert (seen(lake, "workflows"), result.exit_code) == ("newest", 1)
    assert "is not a Parquet" in result.output
    record = Ledger(lake.clients["dynamodb"], "runs").chunks("lake_export", "workflows")[DAY]
    assert (record.status, record.lease_until) == ("published", None)


def test_a_day_that_had_been_removed_gets_its_partition_back(lake: Account) -> None:
    lake.clients["s3"].delete_object(Bucket="lake", Key=KEY.format("workflows"))
    result = lake.etl(f"rollback lake_export --date {DAY} --table workflows")
    assert seen(lake, "workflows") == "new"
    assert "it had been removed" in " ".join(result.stdout.split())
    ((name, asked),) = lake.functions.asked
    assert (name, asked["datasets"]) == ("lake-catalog", ["workflows"])


def test_of_all_tables_those_without_an_earlier_version_are_refused_by_name(lake: Account) -> None:
    result = lake.etl(f"rollback lake_export --date {DAY} --json")
    document = json.loads(result.stdout)
    assert [one["dataset"] for one in document["rolled_back"]] == ["workflows"]
    assert set(document["refused"]) == {"agent_interactions", "agent_metrics", "agent_tasks", "user_sessions"}
    assert "has no earlier version" in document["refused"]["agent_tasks"]
    assert "was never exported" in document["refused"]["user_sessions"]
    assert (seen(lake, "agent_tasks"), result.exit_code) == ("only", 1)


def test_what_was_refused_leaves_the_day_free(lake: Account) -> None:
    lake.etl(f"rollback lake_export --date {DAY} --table agent_tasks")
    record = Ledger(lake.clients["dynamodb"], "runs").chunks("lake_export", "agent_tasks")[DAY]
    assert (record.status, record.lease_until) == ("published", None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", "agent_interactions is exported by days: say which with --date"),
        ("--date noon", "--date noon is not a day: write it like 2024-12-22"),
        ("--date 2024-12-22 --table nope", "there is no dataset 'nope'"),
    ],
)
def test_what_names_no_day_or_table_is_refused(lake: Account, options: str, said: str) -> None:
    result = lake.etl(f"rollback lake_export {options}")
    assert (result.exit_code, result.stdout, lake.functions.asked) == (1, "", [])
    assert said in result.stderr
