"""`etl quality` against files, with real engines; the split's part on what it has to do with a scorecard."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from etl.contracts import read_contract
from etl.quality.history import write_scorecard
from etl.quality.scorecard import RuleCount, score
from etl.windows import Window
from serverless_app.cli import quality

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:test:orders
version: 1.0.0
status: active
schema:
  - name: orders
    logicalType: object
    properties:
      - {name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true}
      - {name: customer, logicalType: string, relationships: [{to: customers.name}]}
      - {name: amount, logicalType: number, physicalType: "decimal(9,2)", logicalTypeOptions: {minimum: 0}}
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    return path


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    amounts = pa.array([1, 2], pa.decimal128(9, 2))
    pq.write_table(pa.table({"id": [1, 2], "customer": ["ann", "bob"], "amount": amounts}), path)
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(quality.app, [str(argument) for argument in arguments])


def rules(output: str) -> dict[str, tuple[int, str]]:
    return {one["rule"]: (one["failed"], one["verdict"]) for one in json.loads(output)["rules"]}


def test_a_file_that_keeps_its_contract_passes(contract: Path, orders: Path) -> None:
    result = run("check", contract, orders, "--json")
    assert result.exit_code == 0, result.output
    assert rules(result.output) == {
        "id.required": (0, "passed"),
        "amount.range": (0, "passed"),
        "id.unique": (0, "passed"),
        "customer.reference": (0, "skipped"),
    }


def test_a_reference_is_looked_up_in_the_file_that_is_named(contract: Path, orders: Path, tmp_path: Path) -> None:
    customers = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"name": ["ann"]}), customers)
    result = run("check", contract, orders, "--reference", f"customers={customers}", "--json")
    assert (result.exit_code, rules(result.output)["customer.reference"]) == (1, (1, "failed"))


def test_rows_of_a_csv_that_cannot_be_typed_count_as_failed(contract: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,customer,amount\n1,ann,1.00\nx,bob,-1\n3,cy\n", encoding="utf-8")
    result = run("check", contract, path, "--json")
    found = rules(result.output)
    assert (result.exit_code, found["id.type"], found["columns"]) == (1, (1, "failed"), (1, "failed"))


def test_a_table_names_the_rules_and_the_verdict(contract: Path, orders: Path) -> None:
    result = run("check", contract, orders)
    assert "amount.range" in result.output
    assert "warned" not in result.output


def test_a_file_on_s3_is_fetched(contract: Path, orders: Path, s3: Any, bucket: str) -> None:
    s3.upload_file(str(orders), bucket, "in/orders.parquet")
    assert run("check", contract, f"s3://{bucket}/in/orders.parquet", "--target", "aws").exit_code == 0


def test_a_file_that_is_not_there_is_named(contract: Path) -> None:
    result = run("check", contract, "nowhere.parquet")
    assert (result.exit_code, "nowhere.parquet: there is no such file" in result.output) == (1, True)


def test_a_file_of_another_dataset_is_refused(contract: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": ["a"]}), path)
    result = run("check", contract, path)
    assert (result.exit_code, "column id is VARCHAR" in result.output) == (1, True)


def test_the_history_shows_a_row_for_each_window(
    contract: Path, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Place:
        def client(self, _: str) -> Any:
            return s3

    monkeypatch.setattr(quality, "open_target", lambda _: Place())
    for day in (1, 2):
        counts = [RuleCount(rule="id.required", checked=10)]
        window = Window.of_day(date(2018, 2, day))
        write_scorecard(s3, bucket, score(read_contract(contract), counts, rows=day * 1000, window=window))
    document = json.loads(run("history", "orders", "--bucket", bucket, "--json").output)
    assert [one["rows"] for one in document] == [1000, 2000]
    assert "2,000" in run("history", "orders", "--bucket", bucket).output
