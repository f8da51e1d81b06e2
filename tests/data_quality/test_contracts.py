"""The contracts that are shipped: valid by the standard itself, and good to their own examples."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import etl
from etl.contracts import Contract, read_contract
from etl.errors import ContractError
from etl.values.records import RecordValidator
from serverless_app.authoring.standard import check_standard

LINTER = "datacontract-cli==1.2.8"
PATHS = sorted(Path(etl.__path__[0]).glob("pipelines/*/contracts/*.yaml"))
every_contract = pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")


def test_every_pipeline_ships_contracts() -> None:
    pipelines = {path.parent for path in Path(etl.__path__[0]).glob("pipelines/*/__init__.py")}

    assert pipelines == {path.parents[1] for path in PATHS}


@every_contract
def test_means_to_the_standards_library_what_it_means_to_the_pipelines(path: Path) -> None:
    contract = read_contract(path)
    standard = check_standard(path)

    (dataset,) = standard.schema_ or []
    assert (standard.id, standard.version, dataset.name) == (contract.id, contract.version, contract.dataset)
    declared = [
        (field.name, field.required or field.primaryKey, field.primaryKeyPosition) for field in dataset.properties or []
    ]
    assert [(name, bool(required), position) for name, required, position in declared] == [
        (field.name, field.required, field.key_position) for field in contract.fields
    ]


@every_contract
def test_the_standards_schema_would_notice_a_wrong_one(path: Path, tmp_path: Path) -> None:
    whole = yaml.safe_load(path.read_text())
    whole["schema"][0]["properties"][0]["logicalType"] = "varchar"
    wrong = tmp_path / "contract.yaml"
    wrong.write_text(yaml.safe_dump(whole))

    with pytest.raises(ContractError, match="not valid in the standard: 'varchar' is not one of"):
        check_standard(wrong)


@pytest.mark.network
def test_the_linter_of_the_field_accepts_every_contract(tmp_path: Path) -> None:
    """In an environment of its own: it is a check, not something that the project is made of."""
    python = tmp_path / "linter" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", str(tmp_path / "linter")], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), LINTER], check=True)

    for path in PATHS:
        done = subprocess.run(
            [python.parent / "datacontract", "lint", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@every_contract
def test_every_field_says_what_it_is(path: Path) -> None:
    assert [field.name for field in read_contract(path).fields if not field.description] == []


@every_contract
def test_every_field_that_the_source_brings_has_an_example(path: Path) -> None:
    assert [field.name for field in read_contract(path).source_fields if not field.examples] == []


@every_contract
def test_the_examples_keep_their_own_rules(path: Path) -> None:
    contract = read_contract(path)
    for field in contract.fields:
        brought = dataclasses.replace(field, computed=None, unique=False)
        alone = RecordValidator(Contract(id="alone", version="1", dataset="alone", fields=(brought,)))
        for example in field.examples:
            assert alone.problems({field.name: example}) == []


@every_contract
def test_has_a_primary_key_with_positions_from_1(path: Path) -> None:
    positions = [field.key_position for field in read_contract(path).fields if field.key_position is not None]

    assert sorted(positions) == list(range(1, len(positions) + 1))
    assert positions
