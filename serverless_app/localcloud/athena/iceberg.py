# ruff: noqa: E501, PLR0917, S608 - one fact, one line; the parts of one statement; SQL is written here, from names and literals of our own
"""Iceberg tables through pyiceberg: what is read, what is committed; a commit is seen whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from sqlglot import exp

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.errors import AthenaError, unsupported
from serverless_app.localcloud.athena.queries import Found, TableUse
from serverless_app.localcloud.athena.storage import Clients
from serverless_app.localcloud.athena.types import BIGINT, BOOLEAN, VARCHAR, Type


def is_iceberg(definition: dict[str, Any]) -> bool:
    """Whether a table of the catalog is an Iceberg table."""
    return bool((definition.get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG")


def catalog(clients: Clients) -> Any:
    """Return pyiceberg's view of the local cloud's catalog."""
    from pyiceberg.catalog.glue import GlueCatalog  # noqa: PLC0415 - a second, and most queries need none

    options = {f"client.{key}": value for key, value in clients.credentials().items()}
    options["py-io-impl"] = "serverless_app.localcloud.athena.iceberg_files.LocalFileIO"
    return GlueCatalog("local", client=clients.glue, **options, **{"s3.endpoint": clients.endpoint_url})


def load(clients: Clients, definition: dict[str, Any]) -> Any:
    """Return a table as it is now."""
    return catalog(clients).load_table((definition["DatabaseName"], definition["Name"]))


def columns(table: Any, snapshot: int | None = None) -> list[tuple[str, Type]]:
    """Return the columns of a table, or those that it had at a snapshot."""
    return [(field.name.lower(), kind_of(field.field_type)) for field in _schema(table, snapshot).fields]


def _schema(table: Any, snapshot: int | None) -> Any:
    if snapshot is None:
        return table.schema()
    number = table.snapshot_by_id(snapshot).schema_id
    return table.schema() if number is None else table.schemas()[number]


def kind_of(given: Any) -> Type:
    """Return the type of an Iceberg field."""
    from pyiceberg import types as iceberg  # noqa: PLC0415 - a second, and most queries need none

    plain: dict[Any, Type] = {
        iceberg.BooleanType: BOOLEAN,
        iceberg.IntegerType: types.INTEGER,
        iceberg.LongType: BIGINT,
        iceberg.FloatType: types.REAL,
        iceberg.DoubleType: types.DOUBLE,
        iceberg.DateType: types.DATE,
        iceberg.StringType: VARCHAR,
        iceberg.BinaryType: types.VARBINARY,
        iceberg.TimestampType: types.TIMESTAMP6,
        iceberg.TimestamptzType: types.zoned("UTC", 6),
    }
    match given:
        case iceberg.DecimalType():
            return types.decimal(given.precision, given.scale)
        case iceberg.ListType():
            return types.array(kind_of(given.element_type))
        case iceberg.MapType():
            return Type("map", (kind_of(given.key_type), kind_of(given.value_type)))
        case iceberg.StructType():
            return Type("row", tuple((field.name.lower(), kind_of(field.field_type)) for field in given.fields))
    if type(given) not in plain:
        raise unsupported(f"the Iceberg type {given}")
    return plain[type(given)]


def snapshot_at(table: Any, version: exp.Version, moment: Any) -> int:
    """Return the snapshot that FOR TIMESTAMP AS OF or FOR VERSION AS OF means."""
    if version.name.upper() == "VERSION":
        if table.snapshot_by_id(moment) is None:
            raise AthenaError("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {moment}")
        return int(moment)
    milliseconds = int(moment.timestamp() * 1000)
    found = table.snapshot_as_of_timestamp(milliseconds)
    if found is None:
        raise AthenaError(
            "INVALID_ARGUMENTS", f"No version history table {'.'.join(table.name())} at or before {moment}"
        )
    return int(found.snapshot_id)


def scan(use: TableUse) -> tuple[pa.Table, int]:
    """Return the rows of the columns used, and how many bytes these columns take in the files."""
    table = use.definition
    schema = _schema(table, use.snapshot)
    chosen = tuple(field.name for field in schema.fields if field.name.lower() in use.used) or (schema.fields[0].name,)
    planned = table.scan(selected_fields=chosen, snapshot_id=use.snapshot)
    ids = {field.field_id for field in schema.fields if field.name in use.used}
    tasks = list(planned.plan_files())
    scanned = sum(size for task in tasks for key, size in (task.file.column_sizes or {}).items() if key in ids)
    rows = planned.to_arrow()
    return rows.rename_columns([name.lower() for name in rows.column_names]), scanned


def metadata(table: Any, part: str) -> Found:
    """Return `$history` or `$snapshots`."""
    stamp, zoned = "make_timestamp({} * 1000)", types.zoned("UTC")
    if part == "history":
        current = {one.snapshot_id for one in _ancestors(table)}
        by_id = {one.snapshot_id: one for one in table.snapshots()}
        rows: list[tuple[str, ...]] = [
            (
                stamp.format(one.timestamp_ms),
                _number(one.snapshot_id),
                _number(by_id[one.snapshot_id].parent_snapshot_id),
                str(one.snapshot_id in current),
            )
            for one in table.history()
        ]
        named = [
            ("made_current_at", zoned),
            ("snapshot_id", BIGINT),
            ("parent_id", BIGINT),
            ("is_current_ancestor", BOOLEAN),
        ]
    elif part == "snapshots":
        rows = [
            (
                stamp.format(one.timestamp_ms),
                _number(one.snapshot_id),
                _number(one.parent_snapshot_id),
                types.text(one.summary.operation.value),
                types.text(one.manifest_list),
            )
            for one in table.snapshots()
        ]
        named = [
            ("committed_at", zoned),
            ("snapshot_id", BIGINT),
            ("parent_id", BIGINT),
            ("operation", VARCHAR),
            ("manifest_list", VARCHAR),
        ]
    else:
        raise unsupported(f"the metadata table ${part}: $history and $snapshots are answered")
    listed = ", ".join(f"CAST(c{at} AS {types.duckdb(kind)}) AS c{at}" for at, (_, kind) in enumerate(named))
    values = ", ".join(f"({', '.join(row)})" for row in rows) or f"({', '.join(['NULL'] * len(named))})"
    names = ", ".join(f"c{at}" for at in range(len(named)))
    return Found(f"SELECT {listed} FROM (VALUES {values}) AS m({names}){'' if rows else ' WHERE false'}", list(named))


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(value)


def _ancestors(table: Any) -> Iterator[Any]:
    at = table.current_snapshot()
    while at is not None:
        yield at
        at = at.parent_snapshot_id and table.snapshot_by_id(at.parent_snapshot_id)


@contextmanager
def committing(name: str) -> Iterator[None]:
    """Say in Athena's words that another writer was faster; nothing of this statement is visible then."""
    from pyiceberg.exceptions import CommitFailedException, ValidationException  # noqa: PLC0415 - as above

    try:
        yield
    except (CommitFailedException, ValidationException) as error:
        message = (
            f"Failed to commit the transaction during write: table {name} was changed by another query; run it again"
        )
        raise AthenaError("ICEBERG_COMMIT_ERROR", message) from error


def replace(table: Any, rows: pa.Table) -> None:
    """Commit new rows in the place of all that the loaded table has."""
    with committing(".".join(table.name())):
        table.overwrite(rows)


def append(table: Any, rows: pa.Table) -> None:
    """Commit further rows."""
    with committing(".".join(table.name())):
        table.append(rows)


def add_columns(table: Any, listed: Sequence[tuple[str, Type]]) -> None:
    """Commit further columns, which older rows have as NULL."""
    import itertools  # noqa: PLC0415

    with committing(".".join(table.name())), table.update_schema() as update:
        for name, kind in listed:
            update.add_column(name, field_type(kind, itertools.count(1)))


def field_type(kind: Type, ids: Iterator[int]) -> Any:
    """Return the Iceberg type of a column that is created."""
    from pyiceberg import types as iceberg  # noqa: PLC0415 - a second, and most queries need none

    plain: dict[str, Any] = {
        "boolean": iceberg.BooleanType,
        "tinyint": iceberg.IntegerType,
        "smallint": iceberg.IntegerType,
        "integer": iceberg.IntegerType,
        "bigint": iceberg.LongType,
        "real": iceberg.FloatType,
        "double": iceberg.DoubleType,
        "date": iceberg.DateType,
        "varchar": iceberg.StringType,
        "varbinary": iceberg.BinaryType,
        "timestamp": iceberg.TimestampType,
        "timestamp with time zone": iceberg.TimestamptzType,
    }
    match kind.name:
        case "decimal":
            return iceberg.DecimalType(*kind.args)
        case "array":
            return iceberg.ListType(
                element_id=next(ids), element_type=field_type(kind.args[0], ids), element_required=False
            )
        case "map":
            key, value = next(ids), next(ids)
            return iceberg.MapType(
                key_id=key,
                key_type=field_type(kind.args[0], ids),
                value_id=value,
                value_type=field_type(kind.args[1], ids),
                value_required=False,
            )
        case "row":
            return iceberg.StructType(
                *(
                    iceberg.NestedField(next(ids), name, field_type(part, ids), required=False)
                    for name, part in kind.args
                )
            )
    if kind.name not in plain:
        raise unsupported(f"{kind} in Iceberg tables")
    return plain[kind.name]()


def create(
    clients: Clients, key: tuple[str, str], listed: Sequence[tuple[str, Type]], partitioning: Sequence[tuple[str, str]], location: str, properties: dict[str, str], rows: pa.Table | None = None
) -> None:  # fmt: skip
    """Create a table, with its first rows in the same commit when there are any."""
    import itertools  # noqa: PLC0415

    from pyiceberg.partitioning import PartitionField, PartitionSpec  # noqa: PLC0415 - a second, and most queries need none
    from pyiceberg.schema import Schema  # noqa: PLC0415
    from pyiceberg.transforms import parse_transform  # noqa: PLC0415
    from pyiceberg.types import NestedField  # noqa: PLC0415

    ids = itertools.count(len(listed) + 1)
    fields = [NestedField(at, name, field_type(kind, ids), required=False) for at, (name, kind) in enumerate(listed, 1)]
    by_name = {field.name: field.field_id for field in fields}
    spec = []
    for number, (name, transform) in enumerate(partitioning):
        if name not in by_name:
            raise AthenaError("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved")
        suffix = "" if transform == "identity" else "_" + transform.partition("[")[0]
        spec.append(PartitionField(by_name[name], 1000 + number, parse_transform(transform), name + suffix))
    transaction = catalog(clients).create_table_transaction(
        key, Schema(*fields), location=location.rstrip("/"), partition_spec=PartitionSpec(*spec), properties=properties
    )
    with committing(".".join(key)):
        if rows is not None:
            transaction.append(rows)
        transaction.commit_transaction()
