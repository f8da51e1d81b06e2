"""What Athena's external tables, its Iceberg tables and the Glue Data Catalog have in common: types, names, comments.

Sources: "Data types in Amazon Athena", "Supported data types for Iceberg tables in Athena", "Name databases, tables,
and columns", and `Column` of the Glue web API.
"""

import re
from dataclasses import dataclass

from etl.contracts.ddl.names import refuse_alike
from etl.contracts.model import Contract, Field
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.errors import ContractError

INTEGERS = {16: "smallint", 32: "int", 64: "bigint"}
ICEBERG_INTEGERS = {16: "int", 32: "int", 64: "bigint"}
"""Iceberg has no integers below 32 bits."""

_FLOATS = {32: "float", 64: "double"}
_NAME = re.compile(r"[a-z0-9_]{1,255}", re.ASCII)
_UNPRINTABLE = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]+")
_LONGEST_COMMENT = 255


@dataclass(frozen=True, slots=True)
class HiveColumn:
    """A column as the Glue Data Catalog keeps it."""

    name: str
    type: str
    comment: str


def hive_columns(contract: Contract, engine: str, integers: dict[int, str]) -> tuple[HiveColumn, ...]:
    """Return every column of a dataset, in the contract's order.

    Returns: names in lower case, as Athena folds them. UUIDs and JSON are `string`; timestamps of both kinds are
    `timestamp`, where an instant stands as its time in UTC: no table definition of Athena takes a zone. Whether a
    column is required cannot be said.
    Raises ContractError: a name has characters that Athena does not support, two differ only by case, or a number has
    neither precision nor width.
    """
    refuse_alike(contract, engine)
    table_name(contract, engine)
    return tuple(
        HiveColumn(
            _name(contract, field.name, engine),
            _type(contract, field.name, field.type, engine, integers),
            one_line(field.description or field.business_name, _LONGEST_COMMENT),
        )
        for field in contract.fields
    )


def table_name(contract: Contract, engine: str) -> str:
    """Return the table's name in lower case; ContractError when Athena does not support it."""
    return _name(contract, contract.table, engine)


def qualified(contract: Contract, schema: str | None, engine: str) -> str:
    """Return the table's name in backticks, with its database when there is one; ContractError as `table_name`."""
    database = f"`{_name(contract, schema, engine)}`." if schema else ""
    return f"{database}`{table_name(contract, engine)}`"


def one_line(text: str, longest: int) -> str:
    """Return a text as the catalog takes it for a comment.

    `longest`: how many UTF-16 code units are left of it; what is cut ends with an ellipsis.
    """
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    if len(line.encode("utf-16-le")) // 2 <= longest:
        return line
    return line.encode("utf-16-le")[: 2 * (longest - 1)].decode("utf-16-le", errors="ignore") + "…"


def literal(text: str) -> str:
    r"""Return a string literal of Athena's DDL, where a backslash escapes, as in Hive."""
    return "'" + text.replace("\\", r"\\").replace("'", r"\'") + "'"


def definition(column: HiveColumn) -> str:
    """Return a column as it stands in a `CREATE TABLE` of Athena."""
    comment = f" COMMENT {literal(column.comment)}" if column.comment else ""
    return f"`{column.name}` {column.type}{comment}"


def _name(contract: Contract, name: str, engine: str) -> str:
    folded = name.lower()
    if _NAME.fullmatch(folded) is None:
        raise ContractError(
            f"{contract.dataset}: {name!r} is no name that queries on {engine} can rely on; use up to 255 letters"
            " of ASCII, digits and underscores"
        )
    return folded


def _type(  # noqa: C901, PLR0911 -- one case for each type
    contract: Contract, path: str, type_: Type, engine: str, integers: dict[int, str]
) -> str:
    match type_:
        case Text() | Uuid() | Json():
            return "string"
        case Boolean():
            return "boolean"
        case Integer(bits):
            return integers[bits]
        case Decimal(precision, scale):
            return f"decimal({precision},{scale})"
        case Float(bits):
            return _FLOATS[bits]
        case Date():
            return "date"
        case Timestamp():
            return "timestamp"
        case Array(item):
            return f"array<{_type(contract, f'{path}[]', item.type, engine, integers)}>"
        case Struct(fields):
            return f"struct<{','.join(_member(contract, path, one, engine, integers) for one in fields)}>"
        case Number():
            raise ContractError(
                f"{contract.dataset}: {path} is a number of any size and scale, which {engine} does not have:"
                " give it physicalType decimal(p,s), or format f64 under logicalTypeOptions"
            )


def _member(contract: Contract, path: str, field: Field, engine: str, integers: dict[int, str]) -> str:
    inner = _type(contract, f"{path}.{field.name}", field.type, engine, integers)
    return f"{_name(contract, field.name, engine)}:{inner}"
