"""`etl query`: what a user sees of an answer, and of an error."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from localcloud import LocalCloud
from serverless_app.cli import app

Query = Callable[..., Result]


@pytest.fixture
def query(athena_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Query:
    """The command against the tests' own cloud."""

    class Place:
        poll_seconds = 0.01

        def client(self, service: str) -> Any:
            return athena_cloud.client(service)

    monkeypatch.setattr("serverless_app.cli.query.open_target", lambda _: Place())
    return lambda *arguments: CliRunner().invoke(app, ["query", *arguments])


def test_an_answer_is_a_table_with_its_cost_beside_it(query: Query) -> None:
    result = query("SELECT 7/2 AS whole, 'a' || 'b' AS joined")

    assert result.exit_code == 0, result.output
    assert [word for word in result.stdout.split() if not word.startswith("─")] == ["whole", "joined", "3", "ab"]
    assert "1 rows" in result.stderr
    assert "bytes scanned" in result.stderr


def test_rows_are_csv_for_other_programs(query: Query) -> None:
    result = query("SELECT * FROM (VALUES (1, 'a,b'), (2, NULL)) AS t (id, name)", "--output", "csv")

    assert result.stdout == 'id,name\n1,"a,b"\n2,\n'


def test_rows_are_json_with_null_as_null(query: Query) -> None:
    document = json.loads(query("SELECT 1 AS id, CAST(NULL AS varchar) AS name", "--output", "json").stdout)

    assert document["rows"] == [{"id": "1", "name": None}]
    assert document["bytes_scanned"] == 0


def test_more_rows_than_a_page_come_whole(query: Query) -> None:
    result = query("SELECT n FROM UNNEST(sequence(1, 2500)) AS t (n)", "--output", "csv")

    assert result.stdout.splitlines() == ["n", *map(str, range(1, 2501))]


def test_a_statement_that_is_refused_is_an_error_in_one_line(query: Query) -> None:
    result = query("SELECT nosuch(1)")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: FUNCTION_NOT_FOUND")
