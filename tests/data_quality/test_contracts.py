"""The contracts that are shipped: valid by the standard itself, and good to their own examples."""

import json
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.jsonschema import StandardValidator
from open_data_contract_standard.model import OpenDataContractStandard

import etl
from etl.contracts import Contract, RecordValidator, read_contract

PATHS = sorted(Path(etl.__path__[0]).glob("pipelines/*/contracts/*.yaml"))
every_contract = pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")


def document(path: Path) -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(path.read_text())
    return whole


def breaches(whole: dict[str, Any]) -> list[str]:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    return [error.message for error in StandardValidator(schema).evolve(schema=schema).iter_errors(whole)]


def examples(path: Path) -> dict[str, list[Any]]:
    (dataset,) = document(path)["schema"]
    return {declared["name"]: declared.get("examples", []) for declared in dataset["properties"]}


def with_exact_numbers(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, float) else value


def test_every_pipeline_ships_contracts() -> None:
    pipelines = {path.parent for path in Path(etl.__path__[0]).glob("pipelines/*/__init__.py")}

    assert pipelines == {path.parents[1] for path in PATHS}


@every_contract
def test_is_valid_by_the_standards_schema(path: Path) -> None:
    assert breaches(document(path)) == []


@every_contract
def test_the_standards_schema_would_notice_a_wrong_one(path: Path) -> None:
    whole = document(path)
    whole["schema"][0]["properties"][0]["logicalType"] = "varchar"

    assert breaches(whole) != []


@every_contract
def test_means_to_the_standards_library_what_it_means_to_the_pipelines(path: Path) -> None:
    contract = read_contract(path)
    standard = OpenDataContractStandard.from_file(str(path))

    (dataset,) = standard.schema_ or []
    assert (standard.id, standard.version, dataset.name) == (contract.id, contract.version, contract.dataset)
    declared = [(field.name, field.logicalType, field.primaryKeyPosition) for field in dataset.properties or []]
    assert declared == [(field.name, str(field.type), field.key_position) for field in contract.fields]


@every_contract
def test_every_field_says_what_it_is(path: Path) -> None:
    assert [field.name for field in read_contract(path).fields if not field.description] == []


@every_contract
def test_every_field_that_the_source_brings_has_an_example(path: Path) -> None:
    given = examples(path)

    assert [field.name for field in read_contract(path).source_fields if not given[field.name]] == []


@every_contract
def test_the_examples_keep_their_own_rules(path: Path) -> None:
    contract = read_contract(path)
    for field in contract.fields:
        alone = Contract(id="alone", version="1", dataset="alone", fields=(field,))
        for example in examples(path)[field.name]:
            assert RecordValidator(alone).problems({field.name: with_exact_numbers(example)}) == []


@every_contract
def test_has_a_primary_key_with_positions_from_1(path: Path) -> None:
    positions = [field.key_position for field in read_contract(path).fields if field.key_position is not None]

    assert sorted(positions) == list(range(1, len(positions) + 1))
    assert positions
