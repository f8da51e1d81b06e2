"""Iceberg tables through pyiceberg: what is read, what is committed; a commit is seen whole or not at all.

pyiceberg is imported where it is used: it takes a second, and most queries need none of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp

from localcloud.athena import types
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.storage import Clients
from localcloud.athena.types import BIGINT, BOOLEAN, VARCHAR, Type

_METADATA: Final = {
    "history": {
        "made_current_at": types.zoned("UTC"),
        "snapshot_id": BIGINT,
        "parent_id": BIGINT,
        "is_current_ancestor": BOOLEAN,
    },
    "snapshots": {
        "committed_at": types.zoned("UTC"),
        "snapshot_id": BIGINT,
        "parent_id": BIGINT,
        "operation": VARCHAR,
        "manifest_list": VARCHAR,
    },
}


def is_iceberg(definition: dict[str, Any]) -> bool:
    """Whether a table of the catalog is an Iceberg table."""
    return bool((definition.get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG")


def catalog(clients: Clients) -> Any:
    """Return pyiceberg's view of the local cloud's catalog."""
    from pyiceberg.catalog.glue import GlueCatalog  # noqa: PLC0415 - see above

    options = {f"client.{key}": value for key, value in clients.credentials().items()}
    options["py-io-impl"] = "localcloud.athena.iceberg_files.LocalFileIO"
    return GlueCatalog("local", client=clients.glue, **options, **{"s3.endpoint": clients.endpoint_url})


def load(clients: Clients, definition: dict[str, Any]) -> Any:
    """Return a table as it is now."""
    return catalog(clients).load_table((definition["DatabaseName"], definition["Name"]))


def kind(given: Type) -> Type:
    """Return the type with which Iceberg keeps values of a type."""
    if given.name == "timestamp":
        return types.TIMESTAMP6
    return types.INTEGER if given in (types.TINYINT, types.SMALLINT) else given


def columns(table: Any, snapshot: int | None = None) -> list[tuple[str, Type]]:
    """Return the columns of a table, or those that it had at a snapshot."""
    return [(field.name.lower(), types.of_arrow(field.type)) for field in _schema(table, snapshot).as_arrow()]


def _schema(table: Any, snapshot: int | None) -> Any:
    number = None if snapshot is None else table.snapshot_by_id(snapshot).schema_id
    return table.schema() if number is None else table.schemas()[number]


def snapshot_at(table: Any, version: exp.Version, moment: Any) -> int:
    """Return the snapshot that FOR TIMESTAMP AS OF or FOR VERSION AS OF means."""
    if version.name.upper() == "VERSION":
        if table.snapshot_by_id(moment) is None:
            raise AthenaError("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {moment}")
        return int(moment)
    found = table.snapshot_as_of_timestamp(int(moment.timestamp() * 1000))
    if found is None:
        said = f"No version history table {'.'.join(table.name())} at or before {moment}"
        raise AthenaError("INVALID_ARGUMENTS", said)
    return int(found.snapshot_id)


def scan(table: Any, snapshot: int | None = None, used: set[str] | None = None) -> tuple[pa.Table, int]:
    """Return the rows of the columns used, all if none are named, and how many bytes these take in the files."""
    fields = _schema(table, snapshot).fields
    chosen = [field for field in fields if used is None or field.name.lower() in used]
    names = [field.name for field in chosen or fields[:1]]
    planned = table.scan(selected_fields=tuple(names), snapshot_id=snapshot)
    ids = {field.field_id for field in chosen}
    sizes = (size for task in planned.plan_files() for size in (task.file.column_sizes or {}).items())
    scanned = sum(size for key, size in sizes if key in ids)
    rows = planned.to_arrow()
    return rows.rename_columns([name.lower() for name in rows.column_names]), scanned


def metadata(table: Any, part: str) -> tuple[pa.Table, list[tuple[str, Type]]]:
    """Return the rows of `$history` or `$snapshots`."""
    if part not in _METADATA:
        raise unsupported(f"the metadata table ${part}: $history and $snapshots are answered")
    return getattr(table.inspect, part)(), list(_METADATA[part].items())


@contextmanager
def _committing(name: Sequence[str]) -> Iterator[None]:
    """Say in Athena's words that another writer was faster; nothing of this statement is visible then."""
    from pyiceberg.exceptions import CommitFailedException, ValidationException  # noqa: PLC0415 - see above

    try:
        yield
    except (CommitFailedException, ValidationException) as error:
        said = f"table {'.'.join(name)} was changed by another query; run it again"
        raise AthenaError("ICEBERG_COMMIT_ERROR", f"Failed to commit the transaction during write: {said}") from error


def replace(table: Any, rows: pa.Table) -> None:
    """Commit new rows in the place of all that the loaded table has."""
    with _committing(table.name()):
        table.overwrite(rows)


def append(table: Any, rows: pa.Table) -> None:
    """Commit further rows."""
    with _committing(table.name()):
        table.append(rows)


def schema(listed: Sequence[tuple[str, Type]]) -> pa.Schema:
    """Return the Arrow schema of an Iceberg table's rows."""
    return pa.schema([(name, types.arrow(kind(given))) for name, given in listed])


def add_columns(table: Any, listed: Sequence[tuple[str, Type]]) -> None:
    """Commit further columns, which older rows have as NULL."""
    with _committing(table.name()), table.update_schema() as update:
        update.union_by_name(schema(listed))


@dataclass(frozen=True)
class New:
    """A table to be: its name, columns, partitioning by columns and transforms, place, and codec of Parquet."""

    key: tuple[str, str]
    columns: Sequence[tuple[str, Type]]
    partitioning: Sequence[tuple[str, str]]
    location: str
    codec: str


def create(clients: Clients, new: New, rows: pa.Table | None = None) -> None:
    """Create a table, with its first rows in the same commit when there are any."""
    from pyiceberg.transforms import parse_transform  # noqa: PLC0415 - see above

    missing = next((name for name, _ in new.partitioning if name not in dict(new.columns)), None)
    if missing is not None:
        raise AthenaError("COLUMN_NOT_FOUND", f"Column '{missing}' cannot be resolved")
    properties = {"write.parquet.compression-codec": new.codec}
    transaction = catalog(clients).create_table_transaction(
        new.key, schema(new.columns), location=new.location.rstrip("/"), properties=properties
    )
    with transaction.update_spec() as spec:
        for name, transform in new.partitioning:
            suffix = "" if transform == "identity" else "_" + transform.partition("[")[0]
            spec.add_field(name, parse_transform(transform), name + suffix)
    with _committing(new.key):
        if rows is not None:
            transaction.append(rows)
        transaction.commit_transaction()
