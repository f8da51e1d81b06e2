"""A contract as a table of the Glue Data Catalog, for stacks and for boto3.

Source: `TableInput` of the Glue web API; CloudFormation's `AWS::Glue::Table` has the same keys.
"""

from dataclasses import dataclass
from typing import Any

from etl.contracts.ddl.athena import description, parameters, split_columns
from etl.contracts.ddl.hive import HiveColumn, table_name
from etl.contracts.model import Contract

INPUT_FORMAT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
OUTPUT_FORMAT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
SERIALIZATION_LIBRARY = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueTable:
    """An external table over Parquet files, without the place where they are."""

    name: str
    description: str
    columns: tuple[HiveColumn, ...]
    """Those in the files."""
    partition_keys: tuple[HiveColumn, ...]
    """Those in the paths, from the outermost."""
    parameters: dict[str, str]

    def table_input(self, location: str) -> dict[str, Any]:
        """Return what `create_table` of boto3 and `AWS::Glue::Table` take as `TableInput`.

        In a stack, give it to a `CfnResource`: `CfnTable` knows other spellings of the keys, and drops these.

        `location`: the S3 folder of the files, ended by a slash. In a stack it may be a token.
        """
        return {
            "Name": self.name,
            "Description": self.description,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": dict(self.parameters),
            "PartitionKeys": [_column(column) for column in self.partition_keys],
            "StorageDescriptor": {
                "Columns": [_column(column) for column in self.columns],
                "Location": location,
                "InputFormat": INPUT_FORMAT,
                "OutputFormat": OUTPUT_FORMAT,
                "SerdeInfo": {
                    "SerializationLibrary": SERIALIZATION_LIBRARY,
                    "Parameters": {"serialization.format": "1"},
                },
            },
        }


def glue_table(contract: Contract) -> GlueTable:
    """Return the table that Athena and Glue jobs see for a dataset.

    Returns: the same table as the DDL for `athena` makes.
    Raises ContractError: athena cannot express something; the message names it and what to write.
    """
    columns, partitions = split_columns(contract, "glue")
    return GlueTable(
        name=table_name(contract, "glue"),
        description=description(contract),
        columns=columns,
        partition_keys=partitions,
        parameters={"EXTERNAL": "TRUE", **parameters(contract)},
    )


def _column(column: HiveColumn) -> dict[str, str]:
    return {"Name": column.name, "Type": column.type, "Comment": column.comment}
