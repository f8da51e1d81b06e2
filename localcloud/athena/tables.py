"""The catalog's tables as DuckDB views over exactly the files that Athena would read."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from localcloud.athena import iceberg, text_files, types
from localcloud.athena.casts import coerced, explicit, packed, rounded
from localcloud.athena.duck import quoted, select, text
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.parsing import parse
from localcloud.athena.partitions import Partition, projected
from localcloud.athena.queries import Queries
from localcloud.athena.scope import Found, Listed, Scope, TableUse, View
from localcloud.athena.storage import Clients, Object
from localcloud.athena.types import BIGINT, UNKNOWN, VARCHAR, ZONED, Type

PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
VIEW: Final = "/* Presto View: "
_CATALOG: Final = "awsdatacatalog"
_SCHEMAS: Final = {
    "schemata": "catalog_name schema_name",
    "tables": "table_catalog table_schema table_name table_type",
    "columns": "table_catalog table_schema table_name column_name ordinal_position column_default is_nullable data_type",  # noqa: E501
}


class CatalogTables:
    """The tables of the Glue Catalog, for one statement; `scanned` counts the bytes that it had to read."""

    def __init__(self, clients: Clients, cursor: duckdb.DuckDBPyConnection, now: datetime, cutoff: int | None) -> None:
        self._clients = clients
        self._cursor = cursor
        self._now = now
        self._cutoff = cutoff
        self.scanned = 0

    def use(self, database: str, name: str, view: str, version: exp.Version | None) -> TableUse | View | Found:
        """Return what a name in FROM means."""
        if database == "information_schema":
            return self._information(name, view)
        base, _, part = name.partition("$")
        definition = self.definition(database, base)
        if part == "partitions":
            return self._partition_rows(definition, view)
        if part:
            return self.rows(view, *iceberg.metadata(iceberg.load(self._clients, definition), part))
        if definition.get("TableType") == "VIRTUAL_VIEW":
            return _view(definition)
        if iceberg.is_iceberg(definition):
            table = iceberg.load(self._clients, definition)
            snapshot = iceberg.snapshot_at(table, version, self._moment(version)) if version is not None else None
            return TableUse(view, table, iceberg.columns(table, snapshot), snapshot=snapshot)
        if version is not None:
            raise AthenaError("NOT_SUPPORTED", "This connector does not support versioned tables")
        return TableUse(view, definition, columns_of(definition), len(keys_of(definition)))

    def _moment(self, version: exp.Version) -> Any:
        value = Queries(self, self._now).expressions.typed(version.expression, Scope())
        wanted = BIGINT if version.name.upper() == "VERSION" else types.zoned("UTC")
        if types.common(value.type, wanted) is None or value.type.name in ("date", "timestamp"):
            raise mismatch(f"Table version must be a {wanted.name}: {value.type}")
        ((found,),) = self._cursor.execute(f"SELECT {value.sql}").fetchall()
        return found.replace(tzinfo=UTC) if isinstance(found, datetime) else found

    def definition(self, database: str, name: str) -> dict[str, Any]:
        """Return a table of the catalog, or raise as Athena does."""
        found = self._clients.table(database, name)
        if found is None:
            self._clients.need_database(database)
            raise AthenaError("TABLE_NOT_FOUND", f"Table '{_CATALOG}.{database}.{name}' does not exist")
        return found

    def define(self, use: TableUse) -> None:
        """Create DuckDB's view of a table, over the files of the partitions that can matter."""
        if isinstance(use.definition, dict):
            selects = list(self._selects(use, self._pruned(use)))
            nothing = select((coerced("NULL", UNKNOWN, kind) for _, kind in use.columns), "WHERE false")
            sql = " UNION ALL ".join(selects or [nothing])
        else:
            rows, scanned = iceberg.scan(use.definition, use.snapshot, use.used)
            self.count(scanned)
            sql = self.rows(use.view, rows, use.columns).sql
        self._cursor.execute(f"CREATE TEMP VIEW {use.view} AS {sql}")

    def rows(self, name: str, rows: pa.Table, columns: Sequence[tuple[str, Type]]) -> Found:
        """Return a query of Arrow's rows; columns that they lack are NULL."""
        self._cursor.register(f"{name}_rows", rows)

        def value(column: str, kind: Type) -> str:
            if column not in rows.column_names:
                return coerced("NULL", UNKNOWN, kind)
            given = rows.schema.field(column).type
            zoned = " AT TIME ZONE 'UTC'" if pa.types.is_timestamp(given) and given.tz else ""
            return f"CAST({quoted(column)}{zoned} AS {types.duckdb(kind)})"

        return Found(select((value(*one) for one in columns), f"FROM {name}_rows"), list(columns))

    def count(self, size: int) -> None:
        """Count bytes that are read, up to the workgroup's limit."""
        self.scanned += size
        if self._cutoff is not None and self.scanned > self._cutoff:
            raise AthenaError("BYTES_SCANNED_LIMIT_EXCEEDED", "Bytes scanned limit was exceeded")

    # Partitions

    def _pruned(self, use: TableUse) -> list[Partition]:
        found = self._partitions(use)
        if not use.pruning or not found:
            return found
        listed = {f"p{at}": [one.values[at] for one in found] for at in range(use.partitions)}
        rows = pa.table({"i": list(range(len(found)))} | {name: pa.array(v, pa.string()) for name, v in listed.items()})
        self._cursor.register(f"{use.view}_keys", rows)
        places = enumerate(use.keys, len(use.data))
        typed = ", ".join(
            f"{explicit(p, VARCHAR, kind)} AS c{at}" for p, (at, (_, kind)) in zip(listed, places, strict=True)
        )
        kept = set(range(len(found)))
        for sql, alias, _ in use.pruning:
            query = f"SELECT i FROM (SELECT i, {typed} FROM {use.view}_keys) AS {alias} WHERE {sql}"  # noqa: S608 - of our own names
            kept &= {i for (i,) in self._cursor.execute(query).fetchall()}
        return [found[i] for i in sorted(kept)]

    def _partitions(self, use: TableUse) -> list[Partition]:
        table, storage = use.definition, use.definition["StorageDescriptor"]
        if not use.partitions:
            return [Partition((), storage["Location"], storage)]
        if (table.get("Parameters") or {}).get("projection.enabled", "").lower() == "true":
            return projected(table, [node for _, _, node in use.pruning], self._now)
        return [
            Partition(_values(one), one["StorageDescriptor"]["Location"], storage | one["StorageDescriptor"])
            for one in self._clients.partitions(table["DatabaseName"], table["Name"])
        ]

    def _partition_rows(self, definition: dict[str, Any], view: str) -> Found:
        keys = keys_of(definition)
        if not keys:
            raise AthenaError("TABLE_NOT_FOUND", f"Table '{definition['Name']}$partitions' does not exist")
        rows = [_values(one) for one in self._clients.partitions(definition["DatabaseName"], definition["Name"])]
        found = self._texts(view, [name for name, _ in keys], rows)
        values = (explicit(f"c{at}", VARCHAR, kind) or "" for at, (_, kind) in enumerate(keys))
        return Found(select(values, f"FROM {found}"), list(keys))

    # Files

    def _selects(self, use: TableUse, partitions: Sequence[Partition]) -> Iterator[str]:
        for number, partition in enumerate(partitions):
            keys = [
                coerced("NULL", UNKNOWN, kind) if value is None else explicit(text(value), VARCHAR, kind) or ""
                for value, (_, kind) in zip(partition.values, use.keys, strict=True)
            ]
            serde = (partition.storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")
            files = self._clients.objects_in(partition.location)
            reading = (
                self._parquet(use, files)
                if serde == PARQUET
                else self._text(use, partition, files, f"{use.view}_{number}")
            )
            for source, values in reading:
                yield select([*values, *keys], f"FROM {source}")

    def _parquet(self, use: TableUse, files: Sequence[Object]) -> Iterator[tuple[str, Sequence[str]]]:
        groups: dict[tuple[str, ...], list[str]] = {}
        for one in files:
            metadata = _footer(self._clients, one)
            self.count(_column_bytes(metadata, use.used))
            fields = {field.name.lower(): field for field in metadata.schema.to_arrow_schema()}
            values = tuple(_stored(fields.get(name), name, kind, one.key) for name, kind in use.data)
            groups.setdefault(values, []).append(text(str(self._clients.path(one))))
        for values, paths in groups.items():
            yield f"read_parquet([{', '.join(paths)}], hive_partitioning=false)", values

    def _text(
        self, use: TableUse, partition: Partition, files: Sequence[Object], view: str
    ) -> Iterator[tuple[str, Sequence[str]]]:
        serde = partition.storage.get("SerdeInfo") or {}
        library = serde.get("SerializationLibrary", "")
        if library not in text_files.SERDES:
            raise unsupported(f"tables of {library or 'an unnamed SerDe'}: Parquet, CSV and JSON are read")
        read = text_files.read_json if library in text_files.JSON_SERDES else text_files.read_csv
        rows = []
        for one in files:
            self.count(one.size)
            rows.append(read(self._clients.path(one), one.key, use.data, use.definition, serde))
        if rows:
            self._cursor.register(view, pa.concat_tables(rows))
            yield view, [text_files.value(f"c{at}", *one, library) for at, one in enumerate(use.data)]

    # The information schema

    def _information(self, name: str, view: str) -> Found:
        if name not in _SCHEMAS:
            raise AthenaError("TABLE_NOT_FOUND", f"Table '{_CATALOG}.information_schema.{name}' does not exist")
        rows: list[Sequence[str | None]] = []
        for database in self._clients.databases():
            tables = self._clients.tables(database) if name != "schemata" else []
            keys = [(_CATALOG, database, table["Name"]) for table in tables]
            if name == "schemata":
                rows.append((_CATALOG, database))
            elif name == "tables":
                words = ("VIEW" if one.get("TableType") == "VIRTUAL_VIEW" else "BASE TABLE" for one in tables)
                rows += [(*key, word) for key, word in zip(keys, words, strict=True)]
            else:
                for key, table in zip(keys, tables, strict=True):
                    listed = enumerate(columns_of(table), 1)
                    rows += [(*key, column, str(at), None, "YES", str(kind)) for at, (column, kind) in listed]
        names = _SCHEMAS[name].split()
        kinds: Listed = [(column, BIGINT if column == "ordinal_position" else VARCHAR) for column in names]
        found = self._texts(view, names, rows)
        return Found(
            select((f"CAST(c{at} AS {types.duckdb(k)})" for at, (_, k) in enumerate(kinds)), f"FROM {found}"), kinds
        )

    def _texts(self, view: str, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Found:
        columns = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)}
        return self.rows(view, pa.table(columns), [(name, VARCHAR) for name in names])


def columns_of(definition: dict[str, Any]) -> list[tuple[str, Type]]:
    """Return a table's columns, partition keys last."""
    listed = definition["StorageDescriptor"].get("Columns", [])
    return [*((one["Name"].lower(), types.from_hive(one["Type"])) for one in listed), *keys_of(definition)]


def keys_of(definition: dict[str, Any]) -> list[tuple[str, Type]]:
    """Return a table's partition keys."""
    return [(one["Name"].lower(), types.from_hive(one["Type"])) for one in definition.get("PartitionKeys") or []]


def _values(partition: dict[str, Any]) -> tuple[str | None, ...]:
    return tuple(None if value == "__HIVE_DEFAULT_PARTITION__" else value for value in partition["Values"])


def _view(definition: dict[str, Any]) -> View:
    document = view_document(definition)
    kinds = ((one["name"], exp.DataType.build(one["type"], dialect="trino")) for one in document["columns"])
    columns = [(name, types.from_sql(kind)) for name, kind in kinds]
    return View(parse(document["originalSql"]), document["schema"], columns)


def view_document(definition: dict[str, Any]) -> dict[str, Any]:
    """Return what Athena keeps of a view in the catalog: its query, and the names and types of its columns."""
    original = definition.get("ViewOriginalText") or ""
    if not original.startswith(VIEW):
        raise unsupported(f"the view {definition['Name']}, which Athena did not create")
    document: dict[str, Any] = json.loads(base64.b64decode(original.removeprefix(VIEW).removesuffix(" */")))
    return document


@lru_cache(maxsize=10_000)
def _footer(clients: Clients, one: Object) -> Any:
    try:
        return pq.read_metadata(clients.path(one))
    except (pa.ArrowInvalid, OSError) as error:
        said = f"Not valid Parquet file: s3://{one.bucket}/{one.key}: {error}"
        raise AthenaError("HIVE_BAD_DATA", said) from error


def _column_bytes(metadata: Any, used: set[str]) -> int:
    groups = (metadata.row_group(at) for at in range(metadata.num_row_groups)) if used else ()
    chunks = (group.column(at) for group in groups for at in range(group.num_columns))
    return sum(one.total_compressed_size for one in chunks if one.path_in_schema.partition(".")[0].lower() in used)


def _stored(field: pa.Field | None, name: str, kind: Type, key: str) -> str:
    """Return the SQL that reads a column of a Parquet file as the type that the catalog declares."""
    if field is None:
        return coerced("NULL", UNKNOWN, kind)
    found = _read(quoted(field.name), field.type, kind)
    if found is None:
        said = (
            f"Field {name}'s type {field.type} in parquet file {key} is incompatible with type {kind} in table schema"
        )
        raise AthenaError("HIVE_BAD_DATA", said)
    return found


def _read(sql: str, given: pa.DataType, kind: Type, depth: int = 0) -> str | None:
    """Return a stored value as the declared type, None where Athena has no way without a loss."""
    cast = f"CAST({sql} AS {types.duckdb(kind)})"
    found = types.of_arrow(given)
    if found in (kind, UNKNOWN):
        return cast
    if found.name == kind.name == "array":
        item = _read(f"e{depth}_", given.value_type, kind.args[0], depth + 1)
        return item and f"list_transform({sql}, lambda e{depth}_: {item})"
    if found.name == kind.name == "row":
        fields = {field.name.lower(): field for field in given}
        return packed(sql, [(name, _field(sql, fields.get(name), part, depth)) for name, part in kind.args], kind)
    if found.name in ("timestamp", ZONED) and kind.name == "timestamp":
        moment = f"({sql} AT TIME ZONE 'UTC')" if found.name == ZONED else sql
        return rounded(f"CAST({moment} AS TIMESTAMP)", kind.args[0])
    if {found, kind} == {VARCHAR, types.VARBINARY}:
        return f"{'decode' if kind == VARCHAR else 'encode'}({sql})"
    return cast if _widens(found, kind) else None


def _field(sql: str, field: pa.Field | None, kind: Type, depth: int) -> str | None:
    if field is None:
        return coerced("NULL", UNKNOWN, kind)
    return _read(f"struct_extract({sql}, {text(field.name)})", field.type, kind, depth)


def _widens(given: Type, kind: Type) -> bool:
    if given.name == kind.name == "map":
        return all(one == other or _widens(one, other) for one, other in zip(given.args, kind.args, strict=True))
    exact = types.INTEGERS if kind in types.INTEGERS else (types.REAL, types.DOUBLE)
    same = given.name == kind.name == "decimal" or (given in exact and kind in exact)
    return same and types.common(given, kind) == kind
