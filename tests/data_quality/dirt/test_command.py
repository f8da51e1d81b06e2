"""`etl quality check` and `etl contract` with the files that people have."""

import gzip
import json
from decimal import Decimal as Exact
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from serverless_app.cli.main import app

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
      - {name: customer, logicalType: string, logicalTypeOptions: {maxLength: 3}, relationships: [{to: customers.name}]}
      - {name: amount, logicalType: number, physicalType: "decimal(9,2)", logicalTypeOptions: {minimum: 0}}
    quality:
      - {name: sane, type: sql, query: "SELECT COUNT(*) FROM ${object} WHERE id > 100 AND amount < 1", mustBe: 0}
    customProperties:
      - {property: thresholds, value: {consistency: 0, validity: 0}}
      - {property: rejectTolerance, value: 0.9}
"""
AMOUNTS = pa.array([Exact("1.00"), Exact("2.50")], pa.decimal128(9, 2))
CLEAN = pa.table({"id": [1, 2], "customer": ["ann", "bob"], "amount": AMOUNTS})
CLEAN_CSV = b"id,customer,amount\n1,ann,1.00\n2,bob,2.50\n"


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def check(contract: Path, *arguments: object) -> dict[str, Any]:
    result = run("quality", "check", contract, *arguments, "--json")
    assert result.stdout, result.output
    card = json.loads(result.stdout)
    assert result.exit_code == (card["verdict"] == "failed")
    return dict(card)


def failed(card: dict[str, Any]) -> dict[str, int]:
    return {one["rule"]: one["failed"] for one in card["rules"] if one["failed"]}


def written(path: Path, data: bytes | pa.Table) -> Path:
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        pq.write_table(data, path)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", CLEAN_CSV),
        ("a.CSV.gz", gzip.compress(CLEAN_CSV, mtime=0)),
        ("a.tsv", CLEAN_CSV.replace(b",", b"\t")),
        ("a.jsonl", b'{"id":1,"customer":"ann","amount":1.00}\n{"id":2,"customer":"bob","amount":2.5}\n'),
        ("a.json", b'[{"id":1,"customer":"ann","amount":1.00},{"id":2,"customer":"bob","amount":2.5}]'),
        ("a.parquet", CLEAN),
        ("a.PARQUET", CLEAN),
    ],
)
def test_the_same_rows_have_the_same_scorecard_in_every_format(
    contract: Path, tmp_path: Path, name: str, data: bytes | pa.Table
) -> None:
    card = check(contract, written(tmp_path / name, data))

    assert (card["verdict"], card["rows"], card["rejected"]) == ("passed", 2, 0)
    assert [(one["rule"], one["checked"], one["failed"]) for one in card["rules"]] == [
        ("id.required", 2, 0),
        ("customer.length", 2, 0),
        ("amount.range", 2, 0),
        ("id.unique", 2, 0),
        ("customer.reference", 0, 0),
        ("sane", 2, 0),
    ]


def test_each_kind_of_dirt_is_a_rule_that_failed(contract: Path, tmp_path: Path) -> None:
    lines = [b"id,customer,amount", b"1,ann,1.00", b"2,bobby,-2.50", b"x,cy,1.005", b"3,ann", b"101,ann,0.5", b'4,"a,1']
    card = check(contract, written(tmp_path / "a.csv", b"\n".join(lines)))

    assert (card["rows"], card["rejected"]) == (6, 5)
    assert failed(card) == {
        "customer.length": 1,
        "amount.range": 1,
        "id.type": 1,
        "amount.type": 1,
        "columns": 1,
        "sane": 1,
        "quotes": 1,
    }


def test_several_files_are_one_dataset(contract: Path, tmp_path: Path) -> None:
    first, second = written(tmp_path / "a.csv", CLEAN_CSV), written(tmp_path / "b.csv", CLEAN_CSV)

    card = check(contract, first, second)
    assert (card["rows"], failed(card), card["verdict"]) == (4, {"id.unique": 2}, "failed")


def test_a_reference_that_leads_nowhere_fails(contract: Path, tmp_path: Path) -> None:
    customers = written(tmp_path / "customers.parquet", pa.table({"name": ["ann"]}))

    card = check(contract, written(tmp_path / "a.csv", CLEAN_CSV), "--reference", f"customers={customers}")
    (rule,) = (one for one in card["rules"] if one["rule"] == "customer.reference")
    assert (rule["checked"], rule["failed"], rule["keys"], card["verdict"]) == (2, 1, [["bob"]], "failed")


def test_files_on_s3_are_fetched(contract: Path, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=CLEAN_CSV)
    s3.put_object(Bucket=bucket, Key="more/a.csv", Body=b"id,customer,amount\n3,ann,x\n")

    card = check(contract, f"s3://{bucket}/in/a.csv", f"s3://{bucket}/more/a.csv", "--target", "aws")
    assert (card["rows"], failed(card)) == (3, {"amount.type": 1})


def test_a_file_that_is_not_on_s3_is_named(contract: Path, bucket: str) -> None:
    result = run("quality", "check", contract, f"s3://{bucket}/gone.csv", "--target", "aws")

    assert (result.exit_code, f"s3://{bucket}/gone.csv" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", None, "a.csv: there is no such file"),
        ("a.csv", b"", "a.csv is empty: not even a header"),
        ("a.csv", CLEAN_CSV.replace(b",", b";"), "a.csv has no column 'id'"),
        ("a.csv", b"id,customer\n1,ann\n", "a.csv has no column 'amount'"),
        ("a.json", b'{"rows":[]}', "a.json: the document is not an array of records"),
        ("a.json", b"", "a.json"),
        ("a.parquet", b"", "a.parquet is no Parquet file"),
        ("a.parquet", CLEAN.drop_columns("amount"), "no column amount"),
        ("a.parquet", CLEAN.set_column(2, "amount", pa.array([1.0, 2.0])), "column amount is DOUBLE"),
        ("a.txt", CLEAN_CSV, "a.txt: its name does not say its format"),
    ],
)
def test_a_file_that_cannot_be_checked_is_one_line_on_stderr(
    contract: Path, tmp_path: Path, name: str, data: bytes | pa.Table | None, message: str
) -> None:
    path = tmp_path / name if data is None else written(tmp_path / name, data)
    result = run("quality", "check", contract, path)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("requird: true", "required: true", "did you mean `required`?"),
        ("WHERE idd >", "WHERE id >", "idd is no field of the contract"),
        ("WHERE now() >", "WHERE id >", "rule sane"),
        ("DELETE FROM ${object}", "SELECT COUNT(*) FROM ${object}", "rule sane"),
        ("maxLength: -3", "maxLength: 3", "maxLength"),
        ("decimal(99,2)", "decimal(9,2)", "decimal"),
        ("{to: customers}", "{to: customers.name}", "customers"),
    ],
)
def test_a_contract_with_a_slip_names_it(tmp_path: Path, wrong: str, right: str, message: str) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text(CONTRACT.replace(right, wrong), encoding="utf-8")
    result = run("quality", "check", path, written(tmp_path / "a.csv", CLEAN_CSV))

    assert (result.exit_code, message in result.stderr) == (1, True), result.output


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"a: [", b"a: &a [*a]\n", b"[]", b"- 1\n", b"\0", b"a: !!python/object:x.Y {}"]
)
@pytest.mark.parametrize("command", [["show"], ["docs"], ["check"], ["dqdl"], ["ddl", "--engine", "postgres"]])
def test_what_is_no_contract_is_one_error_whatever_is_asked_of_it(
    tmp_path: Path, text: bytes, command: list[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(text)
    result = run("contract", *command, path)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {path}:")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b""),
        ("a.csv", b"a\n"),
        ("a.csv", b"a,a\n1,2\n"),
        ("a.csv", b"a,\n1,2\n"),
        ("a.csv", b'"a\n'),
        ("a.csv", "a,b\n1,2\n".encode("utf-16")),
        ("a.jsonl", b""),
        ("a.json", b"5"),
        ("a.json", b"[1,2]"),
        ("a.parquet", b"PAR1"),
        ("a.yaml", b"a: 1"),
    ],
)
def test_nothing_is_drafted_from_what_cannot_be_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = written(tmp_path / name, data)
    result = run("contract", "infer", path)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: {path}:")


@pytest.mark.parametrize(
    "data", [b'a b,"sel""ect",order,a.b,\xc3\xbc\n1,2,3,4,5\n', b"id,'x\n1,it's\n", b'a\n""\n" "\n']
)
def test_a_draft_accepts_its_own_file_whatever_its_columns_are_called(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path / "a.csv", data)
    contract = tmp_path / "a.yaml"

    assert run("contract", "infer", path, "-o", contract).exit_code == 0
    assert run("contract", "check", contract).exit_code == 0
    assert check(contract, path)["verdict"] == "passed"


def test_a_computed_field_is_not_asked_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.yaml"
    added = '      - {name: twice, logicalType: number, physicalType: "decimal(9,2)", transformLogic: "amount * 2"}\n'
    path.write_text(CONTRACT.replace("    quality:\n", added + "    quality:\n"), encoding="utf-8")

    assert run("quality", "check", path, written(tmp_path / "a.csv", CLEAN_CSV)).exit_code == 0


@pytest.mark.parametrize(
    ("name", "data", "option"),
    [
        ("a.csv", b"id;name\n1;Ann\n2;Bo\n", "--delimiter=;"),
        ("a.csv", "id,name\n1,Zo\u00e9\n".encode("latin-1"), "--encoding=latin-1"),
        ("a.json", b'{"features":[{"id":1},{"id":2}]}', "--path=features"),
    ],
)
def test_a_file_may_be_written_otherwise(tmp_path: Path, name: str, data: bytes, option: str) -> None:
    path = written(tmp_path / name, data)
    utf8 = written(tmp_path / f"utf8-{name}", data.decode("latin-1").encode())
    assert run("contract", "infer", utf8, "-o", tmp_path / "a.yaml").exit_code == 0

    assert run("quality", "check", tmp_path / "a.yaml", path, option).exit_code == 0


def test_dirty_rows_have_the_same_scorecard_in_every_format(contract: Path, tmp_path: Path) -> None:
    table = CLEAN.set_column(1, "customer", pa.array(["ann", "bobby"]))
    one = check(contract, written(tmp_path / "a.parquet", table))
    other = check(contract, written(tmp_path / "a.csv", CLEAN_CSV.replace(b"bob", b"bobby")))

    assert failed(one) == failed(other) == {"customer.length": 1}
    assert one == other
