"""`etl runs`: the executions that the service knows, with the figures that the ledger knows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serverless_app.cli import main
from tests.unit.cli.account import Account

START = datetime(2024, 12, 22, 2, tzinfo=UTC)


class Listed:
    """Step Functions with two executions that are over."""

    def list_executions(self, **_: Any) -> dict[str, Any]:
        over = {"status": "SUCCEEDED", "startDate": START, "stopDate": START + timedelta(seconds=3)}
        return {"executions": [over | {"name": name} for name in ("known-run", "other-run")]}


@pytest.fixture
def ran(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account where the ledger knows one of the runs."""
    item = {"pk": "lake_export", "sk": "run#2024-12-22T02:00:00Z#known-run", "run": "known-run", "status": "succeeded"}
    figures = {"rows_in": "1240", "rows_out": "1234", "rejected": "6", "bytes": "56789"}
    account.clients["dynamodb"].put_item(
        TableName="runs",
        Item={name: {"S": value} for name, value in (item | {"started": "2024-12-22T02:00:00Z"}).items()}
        | {name: {"N": value} for name, value in figures.items()},
    )
    monkeypatch.setattr(account, "machine", Listed())
    monkeypatch.setattr(main, "open_target", lambda _name: account)
    return account


def test_a_run_has_the_ledger_s_figures_and_one_that_it_does_not_know_has_none(ran: Account) -> None:
    known, other = json.loads(ran.etl("runs lake_export --json").stdout)
    assert {name: known[name] for name in ("run", "pipeline", "status", "seconds")} == {
        "run": "known-run",
        "pipeline": "lake_export",
        "status": "SUCCEEDED",
        "seconds": 3,
    }
    assert [known[name] for name in ("rows_in", "rows_out", "rejected", "bytes")] == [1240, 1234, 6, 56789]
    assert [other[name] for name in ("rows_in", "rows_out", "rejected", "bytes")] == [None] * 4


def test_people_see_the_figures_too(ran: Account) -> None:
    lines = [line.split() for line in ran.etl("runs lake_export").stdout.splitlines()]
    (known,) = [line for line in lines if line[:1] == ["known-ru"]]
    assert known[-4:] == ["3.00", "1,234", "6", "56,789"]
