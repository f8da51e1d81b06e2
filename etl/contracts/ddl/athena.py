"""An external table of Athena over Parquet files in Hive partitions.

Rules and keys are not part of it: Athena has no constraints. It reads times to the millisecond.
Source: "CREATE TABLE" in the user guide of Amazon Athena.
"""

from etl.contracts.ddl.hive import INTEGERS, HiveColumn, definition, hive_columns, literal, one_line, qualified
from etl.contracts.ddl.options import Options
from etl.contracts.model import Contract
from etl.contracts.types import Date, Decimal, Integer, Text, Timestamp, Uuid
from etl.errors import ContractError

_ENGINE = "athena"
_LONGEST_DESCRIPTION = 2048
# What filters on partitions compare: "Expression" of GetPartitions in the Glue web API.
_PARTITIONS = (Text, Uuid, Integer, Decimal, Date, Timestamp)


def statements(contract: Contract, options: Options) -> tuple[str, ...]:
    """Return the one statement that makes the table; `etl.contracts.ddl.ddl` says more."""
    columns, partitions = split_columns(contract, _ENGINE)
    table = qualified(contract, options.schema, _ENGINE)
    parts = [f"CREATE EXTERNAL TABLE {options.guard}{table} (\n{_lines(columns)}\n)"]
    if said := description(contract):
        parts.append(f"COMMENT {literal(said)}")
    if partitions:
        parts.append(f"PARTITIONED BY (\n{_lines(partitions)}\n)")
    parts += ["STORED AS PARQUET", f"LOCATION {literal(options.folder(_ENGINE))}"]
    properties = (f"  {literal(key)} = {literal(value)}" for key, value in parameters(contract).items())
    parts.append("TBLPROPERTIES (\n" + ",\n".join(properties) + "\n)")
    return ("\n".join(parts),)


def split_columns(contract: Contract, engine: str) -> tuple[tuple[HiveColumn, ...], tuple[HiveColumn, ...]]:
    """Return the columns in the files, and those in the paths, by their positions.

    Returns: two tuples of `HiveColumn`.
    Raises ContractError: a partition is a transform or has a type that cannot be filtered on, or no column is left for
    the files.
    """
    every = dict(zip((field.name for field in contract.fields), hive_columns(contract, engine, INTEGERS), strict=True))
    for name in contract.partition_columns:
        field = contract.field(name)
        if field.partition_transform is not None:
            raise ContractError(
                f"{contract.dataset}: {name} partitions by {field.partition_transform}, which only Iceberg tables do;"
                " take the engine iceberg, or partition by a computed field"
            )
        if not isinstance(field.type, _PARTITIONS):
            raise ContractError(
                f"{contract.dataset}: {engine} cannot filter partitions by {name}, which is {every[name].type};"
                " partition by a text, integer, decimal, date or timestamp"
            )
    partitions = tuple(every.pop(name) for name in contract.partition_columns)
    if not every:
        raise ContractError(
            f"{contract.dataset}: every field is a partition, so that files have no column; partition by fewer"
        )
    return tuple(every.values()), partitions


def description(contract: Contract) -> str:
    """Return what the catalog says about the table: at most 2048 characters, in one line."""
    return one_line(contract.description or contract.purpose or contract.name, _LONGEST_DESCRIPTION)


def parameters(contract: Contract) -> dict[str, str]:
    """Return the table's properties: its format, and which contract it keeps."""
    compression = "UNCOMPRESSED" if contract.layout.compression == "none" else contract.layout.compression.upper()
    return {
        "classification": "parquet",
        "contract.id": contract.id,
        "contract.version": contract.version,
        "parquet.compression": compression,
    }


def _lines(columns: tuple[HiveColumn, ...]) -> str:
    return ",\n".join(f"  {definition(column)}" for column in columns)
