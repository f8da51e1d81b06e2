"""docs/contracts.md says what the code does: the walk-through is real, and so is the table of types."""

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import from_arrow_type

from etl.contracts import Contract
from etl.contracts.arrow import arrow_schema
from etl.contracts.ddl import ddl
from etl.contracts.reader import parse_contract
from etl.errors import ContractError
from serverless_app.authoring.infer import infer

PAGE = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text(encoding="utf-8")
HEADER = "| in a contract | Arrow, Parquet | Athena | Iceberg | PostgreSQL | Redshift | DuckDB | Spark |"
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in PAGE.partition(HEADER)[2].partition("\n\n")[0].splitlines()[2:]
]


def block(language: str, position: int = 0) -> str:
    return str(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[position])


def declared(said: str) -> Contract:
    """The contract with one field as the first column of the table describes it."""
    if said.startswith("`array`"):
        rest = ["logicalType: array", "items: {logicalType: integer}"]
    elif said == "`object` with `x: integer`":
        rest = ["logicalType: object", "properties: [{name: x, logicalType: integer}]"]
    else:
        kind, *options = re.findall(r"`(.*?)`", said)
        physical = [option for option in options if option.startswith("physicalType")]
        logical = ", ".join(option for option in options if option not in physical)
        rest = [f"logicalType: {kind}", *physical, f"logicalTypeOptions: {{{logical}}}"]
    field = "".join(f"\n        {line}" for line in rest)
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\n"
    text = f"{head}schema:\n  - name: d\n    properties:\n      - name: a{field}\n"
    return parse_contract(text.encode(), Path("d.yaml"))


def arrow(contract: Contract) -> pa.Schema | None:
    try:
        return arrow_schema(contract)
    except ContractError:
        return None


def column(contract: Contract, engine: str) -> str:
    location = "s3://bucket/" if engine in ("athena", "iceberg") else None
    try:
        script = ddl(contract, engine, location=location)
    except ContractError:
        return "refused"
    found = re.search(r'\n\s+["`]a["`] (.*?),?\n', script)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_of_types_is_what_the_engines_get(row: list[str]) -> None:
    contract = declared(row[0])
    schema = arrow(contract)
    made = ["refused" if schema is None else str(schema.field("a").type)]
    made += [column(contract, engine) for engine in ("athena", "iceberg", "postgres", "redshift")]
    if schema is None:
        made += ["refused", "refused"]
    else:
        with duckdb.connect() as connection:
            made.append(str(connection.from_arrow(schema.empty_table()).types[0]))
        made.append(from_arrow_type(schema.field("a").type, prefer_timestamp_ntz=True).simpleString())

    assert row[1:] == made


def test_the_table_has_every_type() -> None:
    assert len(ROWS) == 18


def test_the_draft_in_the_walk_through_is_the_real_one(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(block("csv"))

    assert infer(path) == block("yaml")


def test_the_field_with_its_meaning_is_one_that_is_read() -> None:
    head = block("yaml").partition("      - name: order_id")[0]

    (field,) = parse_contract((head + block("yaml", 1)).encode(), Path("orders.yaml")).fields

    assert (field.minimum, field.description) == (0, "What the customer pays, taxes included, in euros.")


def test_the_error_in_the_walk_through_is_the_real_one() -> None:
    wrong = block("yaml").replace("required: true", "requird: true", 1)

    with pytest.raises(ContractError) as error:
        parse_contract(wrong.encode(), Path("orders.yaml"))

    assert f"error: {error.value}\n" in PAGE
