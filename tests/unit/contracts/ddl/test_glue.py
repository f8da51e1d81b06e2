"""A contract in the Glue Data Catalog, as moto plays it."""

from dataclasses import replace

import boto3
import pytest
from sqlglot import exp, parse_one

from etl.contracts.ddl import ddl
from etl.contracts.glue import glue_table
from etl.contracts.model import Layout
from tests.unit.contracts.ddl.orders import ORDERS

LOCATION = "s3://lake/orders/"


@pytest.mark.usefixtures("aws")
def test_the_catalog_takes_the_table_and_gives_it_back() -> None:
    table = glue_table(ORDERS).table_input(LOCATION)
    client = boto3.client("glue")
    client.create_database(DatabaseInput={"Name": "shop"})
    client.create_table(DatabaseName="shop", TableInput=table)

    found = client.get_table(DatabaseName="shop", Name="order")["Table"]

    assert {key: found[key] for key in table} == table


def test_columns_in_the_paths_are_keys_and_no_columns() -> None:
    table = glue_table(ORDERS)

    assert [(key.name, key.type) for key in table.partition_keys] == [("day", "date"), ("region", "string")]
    assert not {column.name for column in table.columns} & {"day", "region"}


def test_partition_keys_keep_the_order_of_their_positions() -> None:
    places = {"day": 2, "region": 1}
    fields = tuple(replace(field, partition_position=places.get(field.name)) for field in ORDERS.fields)

    assert [key.name for key in glue_table(replace(ORDERS, fields=fields)).partition_keys] == ["region", "day"]


def test_the_catalog_and_the_statement_agree() -> None:
    made = parse_one(ddl(ORDERS, "athena", location=LOCATION).rstrip(";\n"), dialect="athena")
    table = glue_table(ORDERS)

    stated = [(column.name, column.args["kind"].sql("hive").lower()) for column in made.find_all(exp.ColumnDef)]
    catalogued = [
        (column.name, exp.DataType.build(column.type, dialect="hive").sql("hive").lower())
        for column in (*table.columns, *table.partition_keys)
    ]
    assert [one for one in stated if one in catalogued] == catalogued


def test_the_table_says_which_contract_it_keeps() -> None:
    assert glue_table(ORDERS).parameters == {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "contract.id": "urn:shop:orders",
        "contract.version": "1.4.0",
        "parquet.compression": "ZSTD",
    }


def test_files_without_compression_are_called_uncompressed() -> None:
    contract = replace(ORDERS, layout=Layout(compression="none"))

    assert glue_table(contract).parameters["parquet.compression"] == "UNCOMPRESSED"
