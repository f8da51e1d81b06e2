"""A lake on moto: the versioned bucket, the catalog's tables from their contracts, the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.contracts.arrow import file_schema
from etl.contracts.glue import glue_table
from etl.lake.layout import object_key, of_source
from etl.pipelines.lake_export.catalog import CatalogSettings
from etl.pipelines.lake_export.datasets import dataset, datasets
from etl.runs.ledger import Ledger
from tests.integration.lake_export.source_database import Database, running_database

BUCKET, STAGING, DATABASE, LEDGER = "lake", "lake-staging", "lake_export", "etl-runs"


@dataclass(frozen=True)
class Lake:
    """What the functions of the pipeline work on, and what a reader finds there."""

    s3: Any
    glue: Any
    ledger: Ledger
    settings: CatalogSettings

    def put_day(self, name: str, day: date, ids: list[str]) -> str:
        """Put a file of the contract's schema where the day belongs, and return its version."""
        schema = file_schema(of_source(dataset(name)))
        others = [_zeros(field.type, len(ids)) for field in schema.remove(0)]
        table = pa.Table.from_arrays([pa.array(ids, schema.field(0).type), *others], schema=schema)
        sink = pa.BufferOutputStream()
        with pq.ParquetWriter(sink, schema) as writer:
            writer.write_table(table)
        body = sink.getvalue().to_pybytes()
        version: str = self.s3.put_object(Bucket=BUCKET, Key=object_key(dataset(name), day), Body=body)["VersionId"]
        return version

    def ids(self, name: str, day: date) -> list[str]:
        """Return what a reader finds in the first column of a day."""
        body = self.s3.get_object(Bucket=BUCKET, Key=object_key(dataset(name), day))["Body"].read()
        found: list[str] = pq.read_table(pa.BufferReader(body)).column(0).to_pylist()
        return found

    def partitions(self, name: str) -> dict[tuple[str, ...], str]:
        """Return the registered partitions of a table with their locations."""
        found = self.glue.get_partitions(DatabaseName=DATABASE, TableName=name)["Partitions"]
        return {tuple(one["Values"]): one["StorageDescriptor"]["Location"] for one in found}


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    with running_database() as database:
        yield database


@pytest.fixture
def database(server: Database) -> Database:
    server.reset()
    return server


@pytest.fixture
def lake(aws: None, session: boto3.Session) -> Lake:  # noqa: ARG001 -- only has to stand
    s3: Any = session.client("s3")
    glue: Any = session.client("glue")
    dynamodb: Any = session.client("dynamodb")
    for bucket in (BUCKET, STAGING):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    glue.create_database(DatabaseInput={"Name": DATABASE})
    for name, contract in datasets().items():
        table = glue_table(contract).table_input(f"s3://{BUCKET}/{name}/")
        glue.create_table(DatabaseName=DATABASE, TableInput=table)
    dynamodb.create_table(
        TableName=LEDGER,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return Lake(s3, glue, Ledger(dynamodb, LEDGER), CatalogSettings(BUCKET, DATABASE))


def _zeros(type_: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_timestamp(type_):
        return pa.array([0] * rows, pa.int64()).cast(type_)
    zero: object = "" if pa.types.is_string(type_) else [] if pa.types.is_list(type_) else 0
    return pa.array([zero] * rows, type_)
