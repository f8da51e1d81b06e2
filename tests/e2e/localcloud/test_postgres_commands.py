"""The commands that fill a laptop's PostgreSQL, look at it, and end it."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localcloud.postgres import PostgresServer
from serverless_app.target import LOCAL_HOME
from tests.e2e.commands import Etl, document, refused, run_etl

ROWS = 400


@pytest.fixture(scope="module")
def etl(home: Path) -> Etl:
    """The command, on a local cloud whose PostgreSQL has a small sample."""
    assert home.exists()
    assert document(run_etl(f"sample load lake_export --rows {ROWS} --json")) == {"records": ROWS}
    return run_etl


def test_loading_the_sample_again_says_the_same(etl: Etl) -> None:
    assert "400 records stand in the source of lake_export." in etl(f"sample load lake_export --rows {ROWS}").stdout


def test_another_sample_is_refused(etl: Etl) -> None:
    assert "holds the sample of lake_export, 400 rows" in refused(etl("sample load lake_export --rows 500"))


def test_a_sample_that_is_made_comes_from_no_file(etl: Etl, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").touch()

    assert "leave --file out" in refused(etl(f"sample load lake_export --file {tmp_path / 'rows.csv'}"))


def test_a_sample_that_is_a_file_has_no_number_of_rows(etl: Etl) -> None:
    assert "leave --rows and --replace out" in refused(etl("sample load etl_pipeline --rows 3"))


def test_late_rows_are_added_once(etl: Etl) -> None:
    command = "sample late lake_export --date 2024-12-17 --rows 7 --json"

    assert [document(etl(command)) for _ in range(2)] == [{"records": 7}, {"records": 0}]


def test_a_file_has_no_late_rows(etl: Etl) -> None:
    assert "the sample of etl_pipeline has no rows that come late" in refused(
        etl("sample late etl_pipeline --date 2018-02-01")
    )


def test_status_says_how_psql_gets_in(etl: Etl, monkeypatch: pytest.MonkeyPatch) -> None:
    *_, line = [line for line in etl("local status").stdout.splitlines() if line.startswith("export ")]
    variables = dict(word.split("=", 1) for word in shlex.split(line)[1:])

    assert variables == document(etl("local status --json"))["postgres"]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect() as connection:
        assert connection.execute("SELECT count(*) FROM agent_tasks").fetchone() == (ROWS // 4,)


def test_a_contract_is_drafted_from_a_table_of_it(etl: Etl, tmp_path: Path) -> None:
    draft = tmp_path / "tasks.yaml"

    assert etl(f"contract infer --table agent_tasks --window created_at -o {draft}").exit_code == 0
    assert etl(f"contract check {draft}").exit_code == 0
    assert "windowColumn" in draft.read_text()


def test_a_secret_that_is_missing_is_named(etl: Etl) -> None:
    assert "secret nope" in refused(etl("contract infer --table agent_tasks --postgres nope"))


def test_down_and_up_keep_the_rows(etl: Etl) -> None:
    assert document(etl("local down --json")) == {"running": False}
    assert document(etl("local status --json"))["postgres"] == {}
    assert document(etl("local up --json"))["postgres"] != {}
    assert document(etl(f"sample load lake_export --rows {ROWS} --json"))["records"] >= ROWS


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    """A database that DB_HOST and so on name, and no local cloud."""
    server = PostgresServer(tmp_path / "postgres")
    address = server.start()
    monkeypatch.setenv(LOCAL_HOME, str(tmp_path / "none"))
    for name, value in (
        ("HOST", address.host),
        ("PORT", str(address.port)),
        ("NAME", address.database),
        ("USER", address.user),
        ("PASSWORD", address.password),
    ):
        monkeypatch.setenv(f"DB_{name}", value)
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        yield connection
    server.wipe()


def test_a_contract_is_drafted_from_the_database_that_variables_name(
    elsewhere: psycopg.Connection[Any], tmp_path: Path
) -> None:
    elsewhere.execute("CREATE SCHEMA shop")
    elsewhere.execute("CREATE TABLE shop.orders (id int PRIMARY KEY)")
    drafted = run_etl("contract infer --table shop.orders")

    assert drafted.exit_code == 0, drafted.stderr
    assert "physicalName: shop.orders" in drafted.stdout
    assert not (tmp_path / "none").exists()


def test_a_wrong_password_is_said_without_it(
    elsewhere: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "guessed")
    line = refused(run_etl("contract infer --table t"))

    assert "password authentication failed" in line
    assert "guessed" not in line
    assert not elsewhere.closed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "name a file, or a table"),
        ("README.md --table t", "name a file, or a table"),
        ("README.md --window a", "are about a table"),
        ("--table t --rows 5", "--rows is about a file"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: str, said: str) -> None:
    result = run_etl(f"contract infer {arguments}")

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
