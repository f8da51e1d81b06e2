"""A table of Redshift, with its distribution and its sort key.

Keys are declared for the planner, which trusts them; Redshift enforces only NOT NULL. It has no checks and no indexes.
Widths are bytes there: a code point may take four, and a text without a width, or with a larger one, gets the widest
column; a value that does not fit fails the load. Whatever nests is `SUPER`. A table without a sort key gets Redshift's
default, `SORTKEY AUTO`.
Sources: "CREATE TABLE", "Names and identifiers", "Character types", "Numeric types", "SUPER type" limitations in the
database developer guide of Amazon Redshift.
"""

from collections.abc import Iterator

from etl.contracts.ddl.names import listed, quoted, refuse_alike, refuse_unfit
from etl.contracts.ddl.options import Options
from etl.contracts.ddl.relations import foreign_keys, qualified, unique_keys
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

_ENGINE = "redshift"
_LONGEST_NAME = 127
_SYSTEM_COLUMNS = frozenset({"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
_INTEGERS = {16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
_FLOATS = {32: "REAL", 64: "DOUBLE PRECISION"}
_BYTES_OF_CODE_POINT = 4
_WIDEST = 65535
_LARGEST_SCALE = 37


def statements(contract: Contract, options: Options) -> tuple[str, ...]:
    """Return the table and its comments; `etl.contracts.ddl.ddl` says more."""
    options.refuse_location(_ENGINE)
    refuse_unfit(contract, _ENGINE, longest=_LONGEST_NAME, system_columns=_SYSTEM_COLUMNS)
    refuse_alike(contract, _ENGINE)
    table = qualified(contract.table, options)
    lines = [_column(contract, field) for field in contract.fields]
    lines += [*unique_keys(contract), *foreign_keys(contract, options)]
    body = ",\n".join(f"    {line}" for line in lines)
    layout = f"{_distribution(contract)}{_sorting(contract)}"
    return (f"CREATE TABLE {options.guard}{table} (\n{body}\n)\n{layout}", *_comments(contract, table))


def redshift_type(dataset: str, path: str, type_: Type) -> str:  # noqa: C901, PLR0911 -- one case for each type
    """Return the type of a column.

    Raises ContractError: redshift has no such number.
    """
    match type_:
        case Text(width):
            return f"VARCHAR({_WIDEST if width is None else min(max(width, 1) * _BYTES_OF_CODE_POINT, _WIDEST)})"
        case Uuid():
            return "VARCHAR(36)"
        case Boolean():
            return "BOOLEAN"
        case Integer(bits):
            return _INTEGERS[bits]
        case Decimal(precision, scale) if scale <= _LARGEST_SCALE:
            return f"DECIMAL({precision},{scale})"
        case Decimal(_, scale):
            raise ContractError(f"{dataset}: {path} has {scale} decimals, and Redshift at most {_LARGEST_SCALE}")
        case Float(bits):
            return _FLOATS[bits]
        case Date():
            return "DATE"
        case Timestamp(zoned):
            return "TIMESTAMPTZ" if zoned else "TIMESTAMP"
        case Json() | Array() | Struct():
            return "SUPER"
        case Number():
            raise ContractError(
                f"{dataset}: {path} is a number of any size and scale, which Redshift does not have:"
                " give it physicalType decimal(p,s), or format f64 under logicalTypeOptions"
            )


def _column(contract: Contract, field: Field) -> str:
    required = " NOT NULL" if field.required or field.key_position is not None else ""
    return f"{quoted(field.name)} {redshift_type(contract.dataset, field.name, field.type)}{required}"


def _distribution(contract: Contract) -> str:
    style = contract.layout.redshift_distribution
    if style in ("auto", "even", "all"):
        return f"DISTSTYLE {style.upper()}"
    _refuse_nested(contract, (style,), "distribute")
    return f"DISTSTYLE KEY\nDISTKEY {listed([style])}"


def _sorting(contract: Contract) -> str:
    key = contract.layout.redshift_sort_key
    _refuse_nested(contract, key, "sort")
    return f"\nCOMPOUND SORTKEY {listed(key)}" if key else ""


def _refuse_nested(contract: Contract, names: tuple[str, ...], what: str) -> None:
    for name in names:
        if isinstance(contract.field(name).type, Json | Array | Struct):
            raise ContractError(
                f"{contract.dataset}: Redshift cannot {what} by {name}, which is SUPER there; take another column"
            )


def _comments(contract: Contract, table: str) -> Iterator[str]:
    if said := contract.description or contract.purpose or contract.name:
        yield f"COMMENT ON TABLE {table} IS {_literal(contract, said)}"
    for field in contract.fields:
        if said := field.description or field.business_name:
            yield f"COMMENT ON COLUMN {table}.{quoted(field.name)} IS {_literal(contract, said)}"


def _literal(contract: Contract, text: str) -> str:
    if "\0" in text:
        raise ContractError(f"{contract.dataset}: {text!r} has the character NUL, which Redshift cannot hold")
    # A backslash escapes in every string literal there.
    return "'" + text.replace("\\", r"\\").replace("'", "''") + "'"
