"""The statements of one contract, whole, for each engine; three of the four have no engine that could run here."""

from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp, parse

from etl.contracts.ddl import Engine, ddl, statements
from etl.contracts.model import Contract
from tests.unit.contracts.ddl.orders import ORDERS, transformed

GOLDEN = Path(__file__).parent / "golden"
ICEBERG = transformed(ordered_at="day", customer="bucket(16)", region=None)
CASES = [
    (Engine.ATHENA, ORDERS, {"location": "s3://lake/orders/"}, "athena"),
    (Engine.ICEBERG, ICEBERG, {"location": "s3://lake/orders/"}, "athena"),
    (Engine.POSTGRES, ORDERS, {}, "postgres"),
    (Engine.REDSHIFT, ORDERS, {}, "redshift"),
]


@pytest.mark.parametrize(("engine", "contract", "place", "_dialect"), CASES)
def test_the_script_is_the_one_that_was_reviewed(
    engine: Engine, contract: Contract, place: dict[str, Any], _dialect: str
) -> None:
    assert ddl(contract, engine, schema="shop", **place) == (GOLDEN / f"{engine}.sql").read_text()


@pytest.mark.parametrize(("engine", "contract", "place", "dialect"), CASES)
def test_every_statement_parses_in_its_dialect(
    engine: Engine, contract: Contract, place: dict[str, Any], dialect: str
) -> None:
    made = statements(contract, engine, schema="shop", if_not_exists=True, **place)

    parsed = parse(";\n".join(made), dialect=dialect)

    assert {type(one) for one in parsed} <= {exp.Create, exp.Comment}
    assert len(parsed) == len(made)


@pytest.mark.parametrize(("engine", "contract", "place", "dialect"), CASES)
def test_comments_come_back_from_the_parser_as_they_were_written(
    engine: Engine, contract: Contract, place: dict[str, Any], dialect: str
) -> None:
    parsed = parse(ddl(contract, engine, **place), dialect=dialect)
    literals = {literal.this for one in parsed if one for literal in one.find_all(exp.Literal) if literal.is_string}

    said = "Who's order\nit is: \\o/"
    assert said in literals or said.replace("\n", " ") in literals


@pytest.mark.parametrize(("engine", "contract", "place", "_dialect"), CASES)
def test_a_table_that_is_there_may_stand(
    engine: Engine, contract: Contract, place: dict[str, Any], _dialect: str
) -> None:
    made = statements(contract, engine, if_not_exists=True, **place)

    creates = [one for one in made if one.startswith("CREATE ")]
    assert all(" IF NOT EXISTS " in one for one in creates)
    assert [one.replace("IF NOT EXISTS ", "", 1) for one in made] == [*statements(contract, engine, **place)]
