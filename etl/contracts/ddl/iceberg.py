"""An Iceberg table that Athena makes and keeps.

It has neither constraints nor a comment on the table, as Athena's statement takes none, and only the properties that
Athena knows. Integers of 16 bits become 32; instants are kept as their time in UTC.
Sources: "Create Iceberg tables", "Use Iceberg table compression" in the user guide of Amazon Athena; "Partition
Transforms" in the Iceberg table specification.
"""

import re

from etl.contracts.ddl.hive import ICEBERG_INTEGERS, definition, hive_columns, literal, qualified
from etl.contracts.ddl.options import Options
from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Date, Decimal, Integer, Json, Struct, Text, Timestamp, Type, Uuid
from etl.errors import ContractError

_ENGINE = "iceberg"
_TRANSFORM = re.compile(r"(?P<name>[a-z]+)(?:\((?P<count>\d+)\))?", re.ASCII)
_TRANSFORMED: dict[str, tuple[type[Type], ...]] = {
    "year": (Date, Timestamp),
    "month": (Date, Timestamp),
    "day": (Date, Timestamp),
    "hour": (Timestamp,),
    "bucket": (Integer, Decimal, Date, Timestamp, Text, Uuid),
    "truncate": (Integer, Decimal, Text, Uuid),
}


def statements(contract: Contract, options: Options) -> tuple[str, ...]:
    """Return the one statement that makes the table; `etl.contracts.ddl.ddl` says more."""
    columns = hive_columns(contract, _ENGINE, ICEBERG_INTEGERS)
    lines = ",\n".join(f"  {definition(column)}" for column in columns)
    parts = [f"CREATE TABLE {options.guard}{qualified(contract, options.schema, _ENGINE)} (\n{lines}\n)"]
    if contract.partition_columns:
        by = ", ".join(_partition(contract, contract.field(name)) for name in contract.partition_columns)
        parts.append(f"PARTITIONED BY ({by})")
    parts.append(f"LOCATION {literal(options.folder(_ENGINE))}")
    properties = {"table_type": "ICEBERG", "format": "parquet", "write_compression": contract.layout.compression}
    told = ",\n".join(f"  {literal(key)} = {literal(value)}" for key, value in properties.items())
    parts.append(f"TBLPROPERTIES (\n{told}\n)")
    return ("\n".join(parts),)


def _partition(contract: Contract, field: Field) -> str:
    column = f"`{field.name.lower()}`"
    if field.partition_transform is None:
        if isinstance(field.type, Array | Struct | Json):
            raise _wrong(contract, field, "its value")
        return column
    found = _TRANSFORM.fullmatch(field.partition_transform)
    if found is None or not isinstance(field.type, _TRANSFORMED.get(found["name"], ())):
        raise _wrong(contract, field, field.partition_transform)
    return f"{found['name']}({found['count']}, {column})" if found["count"] else f"{found['name']}({column})"


def _wrong(contract: Contract, field: Field, how: str) -> ContractError:
    kind = type(field.type).__name__.lower()
    return ContractError(
        f"{contract.dataset}: Iceberg cannot partition by {how} of {field.name}, a {kind}; year, month and day take"
        " dates and timestamps, hour timestamps, bucket(n) and truncate(n) texts and exact numbers"
    )
