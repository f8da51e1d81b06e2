"""The commands of `lake_export` on a local cloud of their own, from a real PostgreSQL to the answers of Athena.

The tests share that cloud, and each has days of its own in it.
"""

import csv
from pathlib import Path
from typing import Any

import pytest

from etl.pipelines.lake_export.datasets import datasets
from localcloud import LocalCloud
from tests.e2e.commands import Etl, document, run_etl

TABLES = sorted(datasets())
LAKE = "lake-data-000000000000-us-east-1"


@pytest.fixture(scope="module")
def etl(home: Path) -> Etl:
    """The command on a local cloud with a small sample in its PostgreSQL."""
    assert home.exists()
    assert "4,000" in run_etl("sample load lake_export --rows 4000").stdout
    return run_etl


def counted(etl: Etl, day: str) -> dict[str, int]:
    """Return how many rows of a day Athena sees in each table."""
    counts = (
        f"SELECT '{table}' AS name, count(*) AS rows FROM {table}"  # noqa: S608 -- tables of ours
        f" WHERE year || '-' || month || '-' || day = '{day}'"
        for table in TABLES
    )
    result = etl(f'athena query "{" UNION ALL ".join(counts)}" --output csv')
    assert result.exit_code == 0, result.output
    return {row["name"]: int(row["rows"]) for row in csv.DictReader(result.stdout.splitlines())}


def exported(etl: Etl, options: str) -> list[dict[str, Any]]:
    """Return the chunks of a run that succeeds."""
    chunks: list[dict[str, Any]] = document(etl(f"run lake_export {options} --json"))["chunks"]
    return chunks


def validated(etl: Etl, day: str, *, passed: bool, table: str = "workflows") -> dict[str, Any]:
    line = f"validate lake_export --date {day} --table {table} --json"
    found: dict[str, Any] = document(etl(line), exit_code=0 if passed else 1)
    assert found["passed"] is passed
    return found


def findings(validation: dict[str, Any]) -> dict[str, str]:
    return {one["check"]: one["found"] for one in validation["findings"]}


def test_a_run_exports_a_day_of_every_table_and_athena_sees_its_rows(etl: Etl) -> None:
    chunks = exported(etl, "--date 2024-12-21 --force")
    assert [(one["dataset"], one["part"], one["status"]) for one in chunks] == [
        (table, "2024-12-21", "published") for table in TABLES
    ]
    assert all(one["rows"] > 0 and one["bytes"] > 0 for one in chunks)
    assert counted(etl, "2024-12-21") == {one["dataset"]: one["rows"] for one in chunks}


def test_what_has_not_changed_is_not_exported_again_unless_forced(etl: Etl) -> None:
    exported(etl, "--date 2024-12-22")
    again = document(etl("run lake_export --date 2024-12-22 --json"))
    assert (again["chunks"], again["output"]["unchanged"]) == ([], 5)
    forced = exported(etl, "--date 2024-12-22 --table workflows --force")
    assert [(one["dataset"], one["reason"], one["status"]) for one in forced] == [("workflows", "forced", "published")]


def test_a_run_takes_a_range_of_days_and_some_tables(etl: Etl) -> None:
    chunks = exported(etl, "--start-date 2024-12-10 --end-date 2024-12-12 --table user_sessions --table workflows")
    assert [(one["dataset"], one["part"], one["status"]) for one in chunks] == [
        (table, f"2024-12-{day}", "empty") for table in ("user_sessions", "workflows") for day in (10, 11, 12)
    ]


def test_a_run_of_a_table_that_there_is_not_fails_by_name(etl: Etl) -> None:
    run = document(etl("run lake_export --date 2024-12-21 --table nope --json"), exit_code=1)
    assert run["status"] == "FAILED"
    assert "there is no dataset 'nope' in lake_export; there are agent_interactions," in run["cause"]


def test_people_see_chunks_and_totals(etl: Etl) -> None:
    result = etl("run lake_export --date 2024-12-21 --table workflows --force")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert any(line[:4] == ["workflows", "2024-12-21", "forced", "published"] for line in lines)
    assert ["published", "1"] in lines


def test_a_backfill_goes_month_by_month_and_a_second_one_finds_nothing_to_do(etl: Etl) -> None:
    line = "backfill lake_export --start-date 2024-11-29 --end-date 2024-12-02 --json"
    first, second = document(etl(line)), document(etl(line))
    months = [("2024-11-29", "2024-11-30"), ("2024-12-01", "2024-12-02")]
    for backfill, chunks in ((first, 10), (second, 0)):
        assert [(one["input"]["start_date"], one["input"]["end_date"]) for one in backfill["runs"]] == months
        assert [len(one["chunks"]) for one in backfill["runs"]] == [chunks, chunks]
        assert backfill["not_started"] == []


def test_a_dry_run_says_what_a_backfill_would_take_and_starts_nothing(etl: Etl) -> None:
    before = len(document(etl("runs lake_export --limit 1000 --json")))
    found = document(etl("backfill lake_export --start-date 2024-12-15 --end-date 2024-12-16 --force --dry-run --json"))
    assert len(document(etl("runs lake_export --limit 1000 --json"))) == before
    assert found["estimate"]["chunks"] == len(found["chunks"]) == 10
    assert found["estimate"]["rows"] == sum(one["rows"] for one in found["chunks"]) > 0
    assert found["estimate"]["minutes"] > 0
    assert found["estimate"]["dollars"] > 0


def test_an_exported_day_is_valid_to_its_last_row(etl: Etl) -> None:
    exported(etl, "--date 2024-12-20 --table workflows")
    (chunk,) = validated(etl, "2024-12-20", passed=True)["chunks"]
    assert chunk["rows"] == chunk["exported"] + chunk["rejected"] > 0


def test_a_day_that_was_never_exported_is_a_finding(etl: Etl) -> None:
    found = findings(validated(etl, "2024-12-15", passed=False, table="agent_metrics"))
    assert "was never exported" in found["object"]


def test_late_rows_are_found_and_exported_by_the_command_that_the_finding_names(etl: Etl) -> None:
    (before,) = exported(etl, "--date 2024-12-18 --table workflows")
    assert document(etl("sample late lake_export --date 2024-12-18 --rows 7 --json")) == {"records": 7}
    found = findings(validated(etl, "2024-12-18", passed=False))["rows"]
    assert "has 7 late rows" in found
    assert etl(found.split("`")[1].removeprefix("etl ")).exit_code == 0
    (after,) = validated(etl, "2024-12-18", passed=True)["chunks"]
    assert after["exported"] == before["rows"] + 7 == counted(etl, "2024-12-18")["workflows"]


def test_an_object_that_somebody_removed_is_a_finding(etl: Etl, home: Path) -> None:
    (chunk,) = exported(etl, "--date 2024-12-20 --table user_sessions")
    LocalCloud(home).client("s3").delete_object(Bucket=LAKE, Key=chunk["key"])
    assert "does not exist" in findings(validated(etl, "2024-12-20", passed=False, table="user_sessions"))["object"]
    exported(etl, "--date 2024-12-20 --table user_sessions --force")
    validated(etl, "2024-12-20", passed=True, table="user_sessions")


def test_a_rollback_shows_readers_the_version_before(etl: Etl) -> None:
    (old,) = exported(etl, "--date 2024-12-19 --table workflows")
    etl("sample late lake_export --date 2024-12-19 --rows 3")
    (new,) = exported(etl, "--date 2024-12-19 --table workflows")
    assert new["rows"] == old["rows"] + 3
    (back,) = document(etl("rollback lake_export --date 2024-12-19 --table workflows --json"))["rolled_back"]
    assert back["version"] != back["replaced"]
    assert counted(etl, "2024-12-19")["workflows"] == old["rows"]
    assert "was rolled back" in etl("validate lake_export --date 2024-12-19").stdout


def test_a_day_without_an_earlier_version_is_refused_by_name(etl: Etl) -> None:
    exported(etl, "--date 2024-12-17 --table workflows")
    result = etl("rollback lake_export --date 2024-12-17 --table workflows --json")
    assert "has no earlier version" in document(result, exit_code=1)["refused"]["workflows"]
    validated(etl, "2024-12-17", passed=True)


def test_a_repair_registers_the_days_whose_partitions_are_gone(etl: Etl, home: Path) -> None:
    (chunk,) = exported(etl, "--date 2024-12-16 --table workflows")
    database = document(etl("local deploy --json"))["LakeExportStack"]["DatabaseName"]
    LocalCloud(home).client("glue").delete_partition(
        DatabaseName=database, TableName="workflows", PartitionValues=["2024", "12", "16"]
    )
    assert "has no partition" in findings(validated(etl, "2024-12-16", passed=False))["partition"]
    assert document(etl("athena repair workflows --json")) == {"workflows": ["2024-12-16"]}
    assert counted(etl, "2024-12-16")["workflows"] == chunk["rows"]


def test_a_table_that_somebody_dropped_is_set_up_again(etl: Etl) -> None:
    chunks = {one["dataset"]: one["rows"] for one in exported(etl, "--date 2024-12-16 --table agent_tasks")}
    assert etl('athena query "DROP TABLE agent_tasks"').exit_code == 0
    found = document(etl("athena setup --json"))
    assert [name for name, state in found.items() if state == "created"] == ["table agent_tasks"]
    assert "2024-12-16" in document(etl("athena repair agent_tasks --json"))["agent_tasks"]
    assert counted(etl, "2024-12-16")["agent_tasks"] == chunks["agent_tasks"]


def test_runs_have_the_figures_of_the_ledger(etl: Etl) -> None:
    run = document(etl("run lake_export --date 2024-12-21 --force --json"))
    (latest,) = document(etl("runs lake_export --limit 1 --json"))
    assert latest["run"] == run["run"]
    assert latest["rows_out"] == sum(one["rows"] for one in run["chunks"])
    assert latest["bytes"] == sum(one["bytes"] for one in run["chunks"])


def test_show_tells_people_of_the_chunks(etl: Etl) -> None:
    run = document(etl("run lake_export --date 2024-12-21 --table workflows --force --json"))
    shown = etl(f"show {run['run']}").stdout
    assert ["workflows", "2024-12-21", "forced", "published"] in [line.split()[:4] for line in shown.splitlines()]
    assert document(etl(f"show {run['run']} --json"))["chunks"] == run["chunks"]


def test_rejects_are_listed_and_are_mended_in_the_database(etl: Etl) -> None:
    days = "--start-date 2024-12-16 --end-date 2024-12-19"
    run = document(etl(f"run lake_export {days} --table agent_metrics --force --json"))
    rejected = sum(one["rejected"] for one in run["chunks"])
    assert rejected > 0
    shown = document(etl(f"rejects show {run['run']} --json"))
    assert (shown["pipeline"], len(shown["rejects"])) == ("lake_export", rejected)
    refused = etl(f"rejects replay {run['run']}")
    assert refused.exit_code == 1
    assert f"lake_export has no replay: repair the rejected rows of {run['run']} at their source" in refused.stderr


def test_the_commands_work_on_an_account_as_they_do_here(as_aws: Etl) -> None:
    (chunk,) = exported(as_aws, "--date 2024-12-20 --table agent_metrics --force")
    (held,) = validated(as_aws, "2024-12-20", passed=True, table="agent_metrics")["chunks"]
    assert held["exported"] == chunk["rows"]
