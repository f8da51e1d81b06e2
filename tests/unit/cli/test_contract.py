"""`etl contract`: every command on a contract that is shipped, and what is wrong in one line on stderr."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serverless_app.cli import contract as command
from serverless_app.cli.console import console
from serverless_app.cli.contract import app, find_contract, shipped
from tests.unit.cli.test_refusals import refused

Run = Callable[..., Result]
HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: {version}\nstatus: active\n"
BODY = (
    "schema:\n  - name: orders\n    logicalType: object\n    properties:\n      - {{name: id, logicalType: {type}}}\n"
)


@pytest.fixture
def contract(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, on a terminal wide enough for a row."""
    monkeypatch.setattr(console, "width", 200)
    return lambda line: CliRunner().invoke(app, shlex.split(line))


def written(folder: Path, name: str, *, version: str = "1.0.0", kind: str = "string") -> Path:
    path = folder / name
    path.write_text((HEAD + BODY).format(version=version, type=kind))
    return path


def printed(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


@pytest.mark.parametrize("reference", ["events", "etl_pipeline/events"])
def test_a_contract_is_found_by_its_dataset(contract: Run, reference: str) -> None:
    assert printed(contract(f"show {reference}")).startswith(" dataset ")


def test_a_file_comes_before_a_dataset_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "events")
    monkeypatch.chdir(tmp_path)

    assert find_contract("events").resolve() == path


def test_an_unknown_contract_is_refused_with_the_known_ones(contract: Run) -> None:
    assert "there is no contract 'nope'; give a file, or one of etl_pipeline/events" in refused(contract("show nope"))


def test_a_dataset_of_two_pipelines_has_to_be_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contract: Run
) -> None:
    for pipeline in ("one", "two"):
        (tmp_path / pipeline / "contracts").mkdir(parents=True)
        written(tmp_path / pipeline / "contracts", "orders.yaml")
    monkeypatch.setattr(command, "shipped", lambda: sorted(tmp_path.glob("*/contracts/*.yaml")))

    assert "several pipelines; write one of one/orders, two/orders" in refused(contract("show orders"))
    assert "orders" in printed(contract("show two/orders"))


def test_show_lists_every_field_with_its_rules(contract: Run) -> None:
    lines = printed(contract("show events")).splitlines()

    assert any(line.split()[:3] == ["id", "text", "primary"] for line in lines)
    assert any("required; at least -1000000000000" in line for line in lines)


def test_show_is_a_document_for_programs(contract: Run) -> None:
    document = json.loads(printed(contract("show events --json")))

    assert document["primary_key"] == ["id", "timestamp"]
    assert document["fields"][0] == {
        "path": "id",
        "type": "text",
        "required": True,
        "rules": ["primary key 1", "1 to 2048 characters"],
        "description": "Identifies the event in its source.",
    }


def test_ddl_is_of_the_engine_that_is_asked(contract: Run, tmp_path: Path) -> None:
    path = written(tmp_path, "orders.yaml")

    assert printed(contract(f"ddl {path} --engine postgres --schema s")).startswith('CREATE TABLE "s"."orders"')
    iceberg = printed(contract(f"ddl {path} --engine iceberg --location s3://bucket/orders --if-not-exists"))
    assert iceberg.startswith("CREATE TABLE IF NOT EXISTS `orders`")
    assert "s3://bucket/orders/" in iceberg


def test_ddl_that_an_engine_cannot_have_is_refused(contract: Run, tmp_path: Path) -> None:
    assert "location" in refused(contract(f"ddl {written(tmp_path, 'orders.yaml')} --engine athena"))


def test_dqdl_is_a_ruleset(contract: Run) -> None:
    assert 'Rules = [\n    ColumnLength "id" >= 1,\n' in printed(contract("dqdl events"))


def test_docs_are_markdown(contract: Run) -> None:
    assert printed(contract("docs events")).startswith("# Events\n")


@pytest.mark.parametrize(("kind", "code"), [("integer", 1), ("string", 0)])
def test_diff_fails_when_the_change_breaks_somebody(contract: Run, tmp_path: Path, kind: str, code: int) -> None:
    old, new = written(tmp_path, "old.yaml"), written(tmp_path, "new.yaml", version="2.0.0", kind=kind)

    assert contract(f"diff {old} {new}").exit_code == code
    assert contract(f"diff {old} {new} --json").exit_code == code


def test_diff_says_what_changed_and_why_it_breaks(contract: Run, tmp_path: Path) -> None:
    old, new = written(tmp_path, "old.yaml"), written(tmp_path, "new.yaml", kind="integer")

    (row,) = [line for line in contract(f"diff {old} {new}").stdout.splitlines() if " id " in line]
    assert row.strip().startswith("breaks readers and sources")
    document = json.loads(contract(f"diff {old} {new} --json").stdout)
    assert document["breaking"] is True
    assert [(change["path"], change["kind"]) for change in document["changes"]] == [
        ("id", "type"),
        ("<version>", "version"),
    ]


def test_diff_of_equal_contracts_says_so(contract: Run) -> None:
    assert printed(contract("diff events events")) == "The contracts say the same.\n"
    assert json.loads(printed(contract("diff events events --json"))) == {"breaking": False, "changes": []}


def test_a_drafted_contract_passes_its_check(contract: Run, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("id,amount\n1,2.50\n2,3\n")
    draft = tmp_path / "draft.yaml"

    printed(contract(f"infer {file} -o {draft} --dataset sales"))

    assert printed(contract(f"check {draft}")) == f"{draft}: sales 0.1.0 is valid\n"
    assert printed(contract(f"infer {file} --dataset sales")) == draft.read_text()


def test_a_draft_does_not_replace_a_contract_by_accident(contract: Run, tmp_path: Path) -> None:
    file, draft = tmp_path / "orders.csv", written(tmp_path, "orders.yaml")
    file.write_text("id,amount\n1,2.50\n")
    before = draft.read_text()

    assert "there is a file; give another name, or --force" in refused(contract(f"infer {file} -o {draft}"))
    assert draft.read_text() == before
    printed(contract(f"infer {file} -o {draft} --force"))
    assert draft.read_text() != before


def test_infer_looks_at_as_many_rows_as_it_is_told(contract: Run, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("id,amount\n1,2.50\n2,3\n")

    assert "1 rows, the first 1; there are more" in printed(contract(f"infer {file} --rows 1"))


def test_check_passes_every_contract_that_is_shipped(contract: Run) -> None:
    lines = printed(contract("check")).splitlines()

    assert [line.partition(": ")[0] for line in lines] == [str(path) for path in shipped()]
    assert lines


def test_check_names_each_contract_that_is_wrong_and_goes_on(contract: Run, tmp_path: Path) -> None:
    good, wrong = written(tmp_path, "good.yaml"), written(tmp_path, "wrong.yaml", kind="varchar")

    result = contract(f"check {wrong} nope {good}")

    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["error", "error"]
    assert str(wrong) in result.stderr
    assert f"{good}: orders 1.0.0 is valid\n" == result.stdout


def test_check_finds_what_is_wrong_with_a_rule_in_sql(contract: Run, tmp_path: Path) -> None:
    path = written(tmp_path, "orders.yaml")
    rule = "{type: sql, query: 'SELECT COUNT(*) FROM ${object} WHERE gone > 1', mustBe: 0}"
    path.write_text(path.read_text() + f"    quality:\n      - {rule}\n")

    assert f"{path}: rule sql: gone is no field of the contract" in refused(contract(f"check {path}"))


@pytest.mark.parametrize(
    "arguments", ["ddl events", "ddl events --engine oracle", "infer", "diff events", "infer x --rows 0"]
)
def test_wrong_usage_is_told_from_failure(contract: Run, arguments: str) -> None:
    assert contract(arguments).exit_code == 2
