"""`make run PIPELINE=lake_export`: PostgreSQL filled, every day exported, late rows taken up, and Athena asked."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from serverless_app.target import LOCAL_HOME

ROOT = Path(__file__).parents[3]
ETL = Path(sys.executable).with_name("etl")
PATIENCE_SECONDS = 600.0
RUNS = 9
ROWS, LATE = 20_000, 25


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("user")
    yield home
    LocalCloud(home).stop()
    LocalCloud(home).reset()


@pytest.fixture(scope="module")
def first(home: Path) -> dict[str, Any]:
    """What the first `make run` says to programs."""
    said: dict[str, Any] = json.loads(demo(home, "--json"))
    return said


@pytest.fixture(scope="module")
def second(first: dict[str, Any], home: Path) -> str:
    """What the second one says to people."""
    assert first
    return demo(home)


def demo(home: Path, *options: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [ETL, "demo", "lake_export", *options],
        env=kept | {LOCAL_HOME: str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_day_is_exported_and_each_row_stands_in_the_lake_or_is_rejected(first: dict[str, Any]) -> None:
    assert [run["status"] for run in first["runs"]] == ["SUCCEEDED"] * RUNS
    assert (first["sample"], first["standing"], first["before"]["records"]) == (ROWS, ROWS + LATE, 0)
    rejected = sum(run["output"]["rejected"] for run in first["runs"][: RUNS - 1])
    assert 0 < rejected < 100
    assert first["after"]["records"] == first["standing"] - rejected


def test_late_rows_are_taken_up_by_the_next_run(first: dict[str, Any]) -> None:
    days = {row[2]: int(row[3]) for row in first["answer"]["rows"] if row[:2] == ["2024", "12"]}
    *_, last = first["runs"]

    assert sorted(days) == [str(day) for day in range(15, 23)]
    # The day of the late rows, and the tasks that went on after midnight.
    assert last["output"]["published"] == 2
    assert last["output"]["rows"] == days["17"] + 2


def test_a_second_run_exports_nothing_again(first: dict[str, Any], second: str) -> None:
    assert "unchanged by this run" in second
    assert first["after"]["sha256"] in second


def test_people_are_shown_the_query_and_its_answer(second: str) -> None:
    assert "etl query 'SELECT year, month, day, count(*)" in second
