"""`etl split`: a file into typed rows and rejects, from the terminal."""

import json
from pathlib import Path

import pyarrow.parquet as pq
from typer.testing import CliRunner, Result

from serverless_app.cli import app

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: amount, logicalType: number, physicalType: "decimal(9,2)", logicalTypeOptions: {minimum: 0}}
"""


def split(folder: Path, text: str, *options: str, name: str = "orders.csv") -> Result:
    (folder / "orders.yaml").write_text(CONTRACT)
    (folder / name).write_text(text)
    arguments = ["split", folder / "orders.yaml", folder / name, "--good", folder / "good.parquet"]
    return CliRunner().invoke(app, [*map(str, arguments), "--rejects", str(folder / "rejects.jsonl"), *options])


def test_every_row_is_in_one_of_the_two_files(tmp_path: Path) -> None:
    result = split(tmp_path, "id,amount,extra\n1,2.50,x\n2,-1,y\nx,1,z\n", "--json")

    assert json.loads(result.stdout) == {
        "read": 3, "good": 1, "rejected": 2, "reasons": {"range": 1, "type": 1}, "left_out": ["extra"],
    }  # fmt: skip
    assert pq.read_table(tmp_path / "good.parquet").column("id").to_pylist() == [1]
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [(one["line"], one["record"]) for one in rejects] == [(3, "2,-1,y"), (4, "x,1,z")]


def test_the_counts_are_said_in_words(tmp_path: Path) -> None:
    result = split(tmp_path, "id;amount\n1;2.50\n;1\n", "--delimiter", ";")

    assert result.exit_code == 0
    assert "2 rows read: 1 good" in result.stdout
    assert "1 rejected" in result.stdout
    assert "(required: 1)" in result.stdout


def test_a_file_that_cannot_be_read_is_an_error_in_one_line(tmp_path: Path) -> None:
    result = split(tmp_path, "id\n1\n")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "has no column 'amount'" in result.stderr
