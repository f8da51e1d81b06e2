# ruff: noqa: E501, S608 - one fact, one line; SQL is written here, from names and literals of our own
"""The catalog's tables as DuckDB views over exactly the files that Athena would read."""

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from serverless_app.localcloud.athena import iceberg, text_files, types
from serverless_app.localcloud.athena.casts import explicit, rounded
from serverless_app.localcloud.athena.errors import AthenaError, mismatch, unsupported
from serverless_app.localcloud.athena.expressions import Scope
from serverless_app.localcloud.athena.parsing import parse
from serverless_app.localcloud.athena.partitions import Partition, projected
from serverless_app.localcloud.athena.queries import Found, Queries, TableUse, View
from serverless_app.localcloud.athena.storage import Clients, Object
from serverless_app.localcloud.athena.types import VARCHAR, Type

PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_VIEW: Final = "/* Presto View: "
_SCHEMAS: Final = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "columns": ("table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default", "is_nullable", "data_type"),
}  # fmt: skip


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
            return self._information(name)
        base, _, part = name.partition("$")
        definition = self.definition(database, base)
        if part == "partitions":
            return self._partition_rows(definition)
        if part:
            return iceberg.metadata(iceberg.load(self._clients, definition), part)
        if definition.get("TableType") == "VIRTUAL_VIEW":
            return _view(definition)
        if iceberg.is_iceberg(definition):
            table = iceberg.load(self._clients, definition)
            snapshot = iceberg.snapshot_at(table, version, self._moment(version)) if version is not None else None
            return TableUse(view, table, iceberg.columns(table, snapshot), 0, snapshot)
        if version is not None:
            raise AthenaError("NOT_SUPPORTED", "This connector does not support versioned tables")
        return TableUse(view, definition, columns_of(definition), len(definition.get("PartitionKeys") or []))

    def _moment(self, version: exp.Version) -> Any:
        value = Queries(self, self._now).expressions.typed(version.expression, Scope())
        wanted = types.BIGINT if version.name.upper() == "VERSION" else types.zoned("UTC")
        if types.common(value.type, wanted) is None or value.type.name in ("date", "timestamp"):
            raise mismatch(f"Table version must be a {wanted.name}: {value.type}")
        ((found,),) = self._cursor.execute(f"SELECT {value.sql}").fetchall()
        return found.replace(tzinfo=UTC) if isinstance(found, datetime) else found

    def definition(self, database: str, name: str) -> dict[str, Any]:
        """Return a table of the catalog, or raise as Athena does."""
        found = self._clients.table(database, name)
        if found is None and not self._clients.has_database(database):
            raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
        if found is None:
            raise AthenaError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist")
        return found

    def view_text(self, database: str, name: str) -> str:
        """Return the query of a view as it was written."""
        text: str = _view_document(self.definition(database, name))["originalSql"]
        return text

    def define(self, use: TableUse) -> None:
        """Create DuckDB's view of a table, over the files of the partitions that can matter."""
        if not isinstance(use.definition, dict):
            rows, scanned = iceberg.scan(use)
            self._count(scanned)
            self.register_rows(use.view, rows, use.columns)
            return
        keys = use.columns[len(use.columns) - use.partitions :]
        selects = list(self._selects(use, self._pruned(use, keys)))
        if not selects:
            nothing = ", ".join(
                f"CAST(NULL AS {types.duckdb(kind)}) AS c{at}" for at, (_, kind) in enumerate(use.columns)
            )
            selects = [f"SELECT {nothing} WHERE false"]
        self._cursor.execute(f"CREATE TEMP VIEW {use.view} AS {' UNION ALL '.join(selects)}")

    def register_rows(self, view: str, rows: Any, columns: Sequence[tuple[str, Type]]) -> None:
        """Define a view over Arrow's rows; columns that they lack are NULL."""
        self._cursor.register(f"{view}_rows", rows)
        listed = ", ".join(
            f"CAST({_utc(types.quoted(name), kind) if name in rows.column_names else 'NULL'} AS {types.duckdb(kind)}) AS c{at}"
            for at, (name, kind) in enumerate(columns)
        )
        self._cursor.execute(f"CREATE TEMP VIEW {view} AS SELECT {listed} FROM {view}_rows")

    def _count(self, size: int) -> None:
        self.scanned += size
        if self._cutoff is not None and self.scanned > self._cutoff:
            message = "Bytes scanned limit was exceeded"
            raise AthenaError("BYTES_SCANNED_LIMIT_EXCEEDED", message)

    # Partitions

    def _pruned(self, use: TableUse, keys: Sequence[tuple[str, Type]]) -> list[Partition]:
        found = self._partitions(use)
        if not keys or not found:
            return found
        kept = list(range(len(found)))
        rows = pa.table(
            {"i": kept}
            | {f"p{at}": pa.array([one.values[at] for one in found], pa.string()) for at in range(len(keys))}
        )
        self._cursor.register(f"{use.view}_keys", rows)
        first = len(use.columns) - len(keys)
        typed = ", ".join(f"{explicit(f'p{at}', VARCHAR, kind)} AS c{first + at}" for at, (_, kind) in enumerate(keys))
        for sql, alias, _ in use.pruning:
            query = f"SELECT i FROM (SELECT i, {typed} FROM {use.view}_keys) AS {alias} WHERE {sql}"
            kept = [i for i in kept if i in {row[0] for row in self._cursor.execute(query).fetchall()}]
        return [found[i] for i in kept]

    def _partitions(self, use: TableUse) -> list[Partition]:
        table = use.definition
        storage = table["StorageDescriptor"]
        if not use.partitions:
            return [Partition((), storage["Location"], storage)]
        if (table.get("Parameters") or {}).get("projection.enabled", "").lower() == "true":
            return projected(table, [node for _, _, node in use.pruning], self._now)
        return [
            Partition(
                tuple(None if value == "__HIVE_DEFAULT_PARTITION__" else value for value in one["Values"]),
                one["StorageDescriptor"]["Location"],
                storage | one["StorageDescriptor"],
            )
            for one in self._clients.partitions(table["DatabaseName"], table["Name"])
        ]

    def _partition_rows(self, definition: dict[str, Any]) -> Found:
        keys = columns_of(definition)[len(definition["StorageDescriptor"]["Columns"]) :]
        if not keys:
            raise AthenaError("TABLE_NOT_FOUND", f"Table '{definition['Name']}$partitions' does not exist")
        rows = [one["Values"] for one in self._clients.partitions(definition["DatabaseName"], definition["Name"])]
        found = _constant(rows, [name for name, _ in keys])
        listed = ", ".join(f"{explicit(f'c{at}', VARCHAR, kind)} AS c{at}" for at, (_, kind) in enumerate(keys))
        return Found(f"SELECT {listed} FROM ({found.sql})", list(keys))

    # Files

    def _selects(self, use: TableUse, partitions: Sequence[Partition]) -> Iterator[str]:
        data = use.columns[: len(use.columns) - use.partitions]
        used = [name for name, _ in data if name in use.used]
        for number, partition in enumerate(partitions):
            keys = [
                explicit(
                    "NULL" if value is None else types.text(value), types.UNKNOWN if value is None else VARCHAR, kind
                )
                for value, (_, kind) in zip(partition.values, use.columns[len(data) :], strict=True)
            ]
            serde = (partition.storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")
            files = self._clients.objects_in(partition.location)
            reading = (
                self._parquet(files, data, used)
                if serde == PARQUET
                else self._text(use, partition, files, data, f"{use.view}_{number}")
            )
            for source, values in reading:
                listed = ", ".join(f"{value} AS c{at}" for at, value in enumerate([*values, *keys]))
                yield f"SELECT {listed} FROM {source}"

    def _parquet(
        self, files: Sequence[Object], data: Sequence[tuple[str, Type]], used: Sequence[str]
    ) -> Iterator[tuple[str, list[str]]]:
        groups: dict[tuple[str, ...], list[str]] = {}
        for one in files:
            metadata = _footer(self._clients, one)
            self._count(_column_bytes(metadata, used))
            fields = {field.name.lower(): field for field in metadata.schema.to_arrow_schema()}
            values = tuple(_stored(fields.get(name), name, kind, one.key) for name, kind in data)
            groups.setdefault(values, []).append(types.text(str(self._clients.path(one))))
        for values, paths in groups.items():
            yield f"read_parquet([{', '.join(paths)}], hive_partitioning=false)", list(values)

    def _text(
        self, use: TableUse, partition: Partition, files: Sequence[Object], data: Sequence[tuple[str, Type]], view: str
    ) -> Iterator[tuple[str, list[str]]]:
        serde = partition.storage.get("SerdeInfo") or {}
        library = serde.get("SerializationLibrary", "")
        if library not in (text_files.LAZY, text_files.OPEN_CSV, *text_files.JSON_SERDES):
            raise unsupported(f"tables of {library or 'an unnamed SerDe'}: Parquet, CSV and JSON are read")
        names = [f"c{at}" for at in range(len(data))]
        rows = []
        for one in files:
            self._count(one.size)
            path = self._clients.path(one)
            if library in text_files.JSON_SERDES:
                rows.append(text_files.read_json(path, one.key, list(data), use.definition, serde))
            else:
                rows.append(text_files.read_csv(path, one.key, names, use.definition, serde))
        if not rows:
            return
        self._cursor.register(view, pa.concat_tables(rows))
        if library in text_files.JSON_SERDES:
            yield view, [f"CAST({types.quoted(name)} AS {types.duckdb(kind)})" for name, kind in data]
        else:
            yield (
                view,
                [
                    _from_text(f"c{at}", name, kind, lazy=library == text_files.LAZY)
                    for at, (name, kind) in enumerate(data)
                ],
            )

    # The information schema

    def _information(self, name: str) -> Found:
        if name not in _SCHEMAS:
            raise AthenaError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.information_schema.{name}' does not exist")
        rows: list[list[str | None]] = []
        for database in self._clients.databases():
            if name == "schemata":
                rows.append(["awsdatacatalog", database])
                continue
            for table in self._clients.tables(database):
                key = ["awsdatacatalog", database, table["Name"]]
                if name == "tables":
                    rows.append([*key, "VIEW" if table.get("TableType") == "VIRTUAL_VIEW" else "BASE TABLE"])
                else:
                    rows += [
                        [*key, column, str(at), None, "YES", str(kind)]
                        for at, (column, kind) in enumerate(columns_of(table), 1)
                    ]
        found = _constant(rows, _SCHEMAS[name])
        if name != "columns":
            return found
        listed = ", ".join("CAST(c4 AS BIGINT) AS c4" if at == 4 else f"c{at}" for at in range(8))  # noqa: PLR2004 - ordinal_position
        columns = [(column, types.BIGINT if column == "ordinal_position" else VARCHAR) for column in _SCHEMAS[name]]
        return Found(f"SELECT {listed} FROM ({found.sql})", list(columns))


def _utc(sql: str, kind: Type) -> str:
    return f"({sql} AT TIME ZONE 'UTC')" if kind.name == types.zoned("UTC").name else sql


def columns_of(definition: dict[str, Any]) -> list[tuple[str, Type]]:
    """Return a table's columns, partition keys last."""
    listed = [*definition["StorageDescriptor"].get("Columns", []), *(definition.get("PartitionKeys") or [])]
    return [(column["Name"].lower(), types.from_hive(column["Type"])) for column in listed]


def _view(definition: dict[str, Any]) -> View:
    document = _view_document(definition)
    columns = [
        (one["name"], types.from_sql(exp.DataType.build(one["type"], dialect="trino"))) for one in document["columns"]
    ]
    return View(parse(document["originalSql"]), document["schema"], columns)


def _view_document(definition: dict[str, Any]) -> dict[str, Any]:
    original = definition.get("ViewOriginalText") or ""
    if not original.startswith(_VIEW):
        raise unsupported(f"the view {definition['Name']}, which Athena did not create")
    document: dict[str, Any] = json.loads(base64.b64decode(original.removeprefix(_VIEW).removesuffix(" */")))
    return document


def _constant(rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> Found:
    written = [", ".join("NULL" if value is None else types.text(value) for value in row) for row in rows]
    listed = ", ".join(f"CAST(c{at} AS VARCHAR) AS c{at}" for at in range(len(names)))
    values = ", ".join(f"({row})" for row in written) or f"({', '.join(['NULL'] * len(names))})"
    where = "" if rows else " WHERE false"
    columns = ", ".join(f"c{at}" for at in range(len(names)))
    return Found(f"SELECT {listed} FROM (VALUES {values}) AS s({columns}){where}", [(name, VARCHAR) for name in names])


_footers: dict[Object, Any] = {}
_footers_lock = threading.Lock()
_MOST_FOOTERS: Final = 10_000


def _footer(clients: Clients, one: Object) -> Any:
    with _footers_lock:
        found = _footers.get(one)
    if found is None:
        try:
            found = pq.read_metadata(clients.path(one))
        except (pa.ArrowInvalid, OSError) as error:
            raise AthenaError(
                "HIVE_BAD_DATA", f"Not valid Parquet file: s3://{one.bucket}/{one.key}: {error}"
            ) from error
        with _footers_lock:
            if len(_footers) >= _MOST_FOOTERS:
                _footers.clear()
            _footers[one] = found
    return found


def _column_bytes(metadata: Any, used: Sequence[str]) -> int:
    if not used:
        return 0
    groups = (metadata.row_group(at) for at in range(metadata.num_row_groups))
    chunks = (group.column(at) for group in groups for at in range(group.num_columns))
    return sum(one.total_compressed_size for one in chunks if one.path_in_schema.partition(".")[0].lower() in used)


def _stored(field: pa.Field | None, name: str, kind: Type, key: str) -> str:
    """Return the SQL that reads a column of a Parquet file as the type that the catalog declares."""
    if field is None:
        return f"CAST(NULL AS {types.duckdb(kind)})"
    found = _read(types.quoted(field.name), field.type, kind)
    if found is None:
        message = f"Field {name}'s type {field.type} in parquet file {key} is incompatible with type {kind} defined in table schema"
        raise AthenaError("HIVE_BAD_DATA", message)
    return found


def _read(sql: str, given: pa.DataType, kind: Type) -> str | None:  # noqa: PLR0911 - one answer per type
    cast = f"CAST({sql} AS {types.duckdb(kind)})"
    if pa.types.is_dictionary(given):
        given = given.value_type
    if pa.types.is_null(given):
        return cast
    match kind.name:
        case "array" if pa.types.is_list(given) or pa.types.is_large_list(given):
            item = _read("e_", given.value_type, kind.args[0])
            plain = item == f"CAST(e_ AS {types.duckdb(kind.args[0])})"
            return (
                None
                if item is None
                else cast
                if plain
                else f"list_transform({sql}, lambda e_: {item})"
                if "lambda" not in item
                else None
            )
        case "map" if pa.types.is_map(given):
            parts = ((given.key_type, kind.args[0]), (given.item_type, kind.args[1]))
            plain = all(_read("m_", old, new) == f"CAST(m_ AS {types.duckdb(new)})" for old, new in parts)
            return cast if plain else None
        case "row" if pa.types.is_struct(given):
            fields = {given.field(at).name.lower(): given.field(at) for at in range(given.num_fields)}
            parts_of = [_read_field(sql, fields.get(name), name, part) for name, part in kind.args]
            if None in parts_of:
                return None
            packed = ", ".join(
                f"{types.quoted(name)} := {part}" for (name, _), part in zip(kind.args, parts_of, strict=True)
            )
            return f"CASE WHEN {sql} IS NOT NULL THEN CAST(struct_pack({packed}) AS {types.duckdb(kind)}) END"
        case "timestamp" if pa.types.is_timestamp(given):
            zoned = f"({sql} AT TIME ZONE 'UTC')" if given.tz else sql
            return (
                f"CAST({zoned} AS TIMESTAMP)"
                if given.unit in ("s", "ms")
                else rounded(f"CAST({zoned} AS TIMESTAMP)", kind.args[0])
            )
        case "varchar" if pa.types.is_binary(given) or pa.types.is_large_binary(given):
            return f"decode({sql})"
        case "varbinary" if pa.types.is_string(given) or pa.types.is_large_string(given):
            return f"encode({sql})"
    return cast if _same(given, kind) else None


def _read_field(sql: str, field: pa.Field | None, name: str, kind: Type) -> str | None:
    if field is None:
        return f"CAST(NULL AS {types.duckdb(kind)})"
    return _read(f"struct_extract({sql}, {types.text(field.name)})", field.type, kind) if name else None


def _same(given: pa.DataType, kind: Type) -> bool:
    """Whether Athena reads a physical type as a declared one without a loss."""
    match kind.name:
        case "tinyint" | "smallint" | "integer" | "bigint":
            bits = 8 * 2 ** ("tinyint", "smallint", "integer", "bigint").index(kind.name)
            unsigned = pa.types.is_unsigned_integer(given) and given.bit_width < bits
            return bool(unsigned or (pa.types.is_signed_integer(given) and given.bit_width <= bits))
        case "decimal":
            precision, scale = kind.args
            fits = pa.types.is_decimal(given) and given.scale <= scale
            return bool(fits and given.precision - given.scale <= precision - scale)
        case "double":
            return bool(pa.types.is_float64(given) or pa.types.is_float32(given))
        case "varchar":
            return bool(pa.types.is_string(given) or pa.types.is_large_string(given))
        case "varbinary":
            return bool(pa.types.is_binary(given) or pa.types.is_large_binary(given))
    exact = {"boolean": pa.types.is_boolean, "real": pa.types.is_float32, "date": pa.types.is_date32}
    return kind.name in exact and bool(exact[kind.name](given))


def _from_text(sql: str, name: str, kind: Type, *, lazy: bool) -> str:
    """Return the SQL that reads a field of a CSV file as the declared type; OpenCSVSerDe counts days and milliseconds."""
    if kind == VARCHAR:
        return sql
    if not lazy and kind.name in ("date", "timestamp"):
        number = explicit(sql, VARCHAR, types.BIGINT)
        return (
            f"(DATE '1970-01-01' + CAST({number} AS INTEGER))"
            if kind == types.DATE
            else f"make_timestamp({number} * 1000)"
        )
    known = ("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal", "date", "timestamp")
    read = explicit(sql, VARCHAR, kind)
    if kind.name not in known or read is None or (not lazy and kind.name in ("tinyint", "smallint", "real", "decimal")):
        raise unsupported(f"{kind} in CSV files: column {name}")
    # Hive reads an empty field of any type but text as NULL; OpenCSVSerDe cannot read it.
    read = read.replace(
        "INVALID_CAST_ARGUMENT: ", f"HIVE_BAD_DATA: Error parsing field value of column {name.replace(chr(39), '')}: "
    )
    return f"CASE WHEN {sql} <> '' THEN {read} END" if lazy else read
