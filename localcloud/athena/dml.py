"""Statements that write rows: CREATE TABLE AS, INSERT, UNLOAD; and views, which keep a query."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from localcloud.athena import ddl, iceberg, types, writing
from localcloud.athena.casts import coerced
from localcloud.athena.ddl import Name
from localcloud.athena.duck import places, select
from localcloud.athena.engine import Session, named
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.parsing import parse
from localcloud.athena.queries import Queries
from localcloud.athena.results import Result
from localcloud.athena.scope import Found, Scope
from localcloud.athena.tables import PARQUET, VIEW, columns_of
from localcloud.athena.types import UNKNOWN, Type

_DATA: Final = re.compile(r"\sWITH\s+(NO\s+)?DATA\s*$", re.IGNORECASE)


def create_table_as(
    session: Session, *, table: Name, if_not_exists: bool, options: dict[str, Any] | None, query: str
) -> Result:
    given, tail = dict(options or {}), _DATA.search(query)
    parsed = parse(query[: tail.start()] if tail else query)
    key = ddl.free(session, table, if_not_exists=if_not_exists)
    if key is None:
        return Result(manifest=(), written=0)
    found = session.translate(parsed)
    if tail and tail[1]:
        found = Found(select(places(len(found.columns)), f"FROM {found} AS n WHERE false"), found.columns)
    columns = _listed(found.columns)
    folder, _, execution = session.output.rpartition("/")
    location = given.pop("external_location", given.pop("location", f"{folder}/tables/{execution}/"))
    if str(given.pop("table_type", "HIVE")).upper() == "ICEBERG":
        return _iceberg_as(session, Found(found.sql, columns), key, location, given)
    given.pop("is_external", None)
    keys, codec = _partitioned(given, columns), writing.codec_of(given)
    _only(given, location, session)
    hive = [{"Name": name, "Type": types.hive(kind)} for name, kind in columns]
    written = writing.write(session, found, columns, keys, location=location, codec=codec)
    data = hive[: len(hive) - keys]
    made: dict[str, Any] = {
        "Name": key[1],
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": hive[len(data) :],
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        "StorageDescriptor": ddl.storage(location, data, PARQUET, {"serialization.format": "1"}),
    }
    # The catalog of the local cloud takes partitions of a table that is still to come: so it comes with all of them.
    session.clients.forget_partitions(*key)
    ddl.register(session, made | {"DatabaseName": key[0]}, list(written.partitions.items()))
    session.clients.glue.create_table(DatabaseName=key[0], TableInput=made)
    return Result(manifest=written.files, written=written.rows)


def _partitioned(options: dict[str, Any], columns: Sequence[tuple[str, Type]]) -> int:
    keys = [str(key).lower() for key in options.pop("partitioned_by", [])]
    if keys and [name for name, _ in columns[-len(keys) :]] != keys:
        said = (
            f"Partition keys must be the last columns in the table and in the same order as in partitioned_by: {keys}"
        )
        raise AthenaError("HIVE_COLUMN_ORDER_MISMATCH", said)
    return len(keys)


def _only(left: dict[str, Any], location: str, session: Session) -> None:
    """Raise for an option that nothing has taken, and for a place that is taken."""
    if left:
        raise unsupported(f"the property {next(iter(left))} in WITH")
    if session.clients.objects_in(location):
        raise AthenaError("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table '{location}' already exists")


def _listed(columns: Sequence[tuple[str | None, Type]]) -> list[tuple[str, Type]]:
    names = [name or "" for name, _ in columns]
    for at, name in enumerate(names, 1):
        if not name:
            raise AthenaError("MISSING_COLUMN_NAME", f"Column name not specified at position {at}")
        if names.count(name) > 1:
            raise AthenaError("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once")
    return list(zip(names, (kind for _, kind in columns), strict=True))


def _iceberg_as(session: Session, found: Found, key: tuple[str, str], location: str, options: dict[str, Any]) -> Result:
    partitioning = [ddl.transform(one) for one in options.pop("partitioning", [])]
    if str(options.pop("is_external", "false")).lower() != "false":
        raise AthenaError("NOT_SUPPORTED", "an Iceberg table is not external: WITH (is_external = false)")
    codec = writing.codec_of(options)
    _only(options, location, session)
    wider = [(name or "", iceberg.kind(kind)) for name, kind in found.columns]
    rows = iceberg_rows(session, found, wider)
    iceberg.create(session.clients, iceberg.New(key, wider, partitioning, location, codec), rows)
    return Result(manifest=(), written=len(rows))


def iceberg_rows(session: Session, found: Found, wanted: Sequence[tuple[str, Type]]) -> pa.Table:
    """Return a query's rows as Arrow, typed as an Iceberg table keeps them."""
    pairs = enumerate(zip(found.columns, wanted, strict=True))
    values = (coerced(f"c{at}", old, new) for at, ((_, old), (_, new)) in pairs)
    cast = Found(select(values, f"FROM {found} AS w"), [(None, kind) for _, kind in wanted])
    schema = iceberg.schema(wanted)
    rows: Any = session.execute(cast).to_arrow_table()
    arrays = [column.cast(field.type) for column, field in zip(rows.columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def insert(session: Session, *, table: Name, chosen: list[str] | None, query: str) -> Result:
    parsed, into = parse(query), ddl.definition(session, table)
    if into.get("TableType") == "VIRTUAL_VIEW":
        raise AthenaError("NOT_SUPPORTED", f"Inserting into views is not supported: {into['Name']}")
    if iceberg.is_iceberg(into):
        loaded = iceberg.load(session.clients, into)
        wanted = iceberg.columns(loaded)
        rows = iceberg_rows(session, _fitted(session.translate(parsed), wanted, chosen), wanted)
        iceberg.append(loaded, rows)
        return Result(manifest=(), written=len(rows))
    wanted = columns_of(into)
    return _insert_files(session, into, _fitted(session.translate(parsed), wanted, chosen), wanted)


def _fitted(found: Found, wanted: Sequence[tuple[str, Type]], chosen: list[str] | None) -> Found:
    kinds = dict(wanted)
    names = chosen or list(kinds)
    once(names)
    unknown = next((name for name in names if name not in kinds), None)
    if unknown is not None:
        raise AthenaError("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {unknown}")
    into, given = [kinds[name] for name in names], [kind for _, kind in found.columns]
    if len(into) != len(given) or not all(map(takes, into, given)):
        said = f"Table: [{', '.join(map(str, into))}], Query: [{', '.join(map(str, given))}]"
        raise mismatch(f"Insert query has mismatched column types: {said}")
    values = {name: coerced(f"c{at}", given[at], kinds[name]) for at, name in enumerate(names)}
    sql = select((values.get(name) or coerced("NULL", UNKNOWN, kind) for name, kind in wanted), f"FROM {found} AS f")
    return Found(sql, list(wanted))


def once(names: Sequence[str]) -> None:
    """Raise for a column that is named twice."""
    again = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if again is not None:
        raise AthenaError("SYNTAX_ERROR", f"Column name is specified more than once: {again}")


def takes(column: Type, given: Type) -> bool:
    """Whether a column takes values of a type; a timestamp also those of fewer digits."""
    fewer = column.name == given.name == "timestamp" and given.args <= column.args
    return fewer or types.common(given, column) == column


def _insert_files(session: Session, into: dict[str, Any], found: Found, wanted: Sequence[tuple[str, Type]]) -> Result:
    stored, parameters = into["StorageDescriptor"], into.get("Parameters") or {}
    serde = stored["SerdeInfo"]["SerializationLibrary"]
    if serde != PARQUET:
        raise unsupported(f"INSERT into tables of {serde}: Parquet and Iceberg are written")
    if parameters.get("projection.enabled", "").lower() == "true" and "storage.location.template" in parameters:
        raise unsupported("INSERT into a table with projected locations")
    keys = len(into.get("PartitionKeys") or [])
    listed = session.clients.partitions(into["DatabaseName"], into["Name"]) if keys else []
    known = {tuple(one["Values"]): one["StorageDescriptor"]["Location"].rstrip("/") for one in listed}
    written = writing.write(session, found, wanted, keys, location=stored["Location"])
    for values, place in written.partitions.items():
        if known.get(values, place.rstrip("/")) != place.rstrip("/"):
            raise unsupported(f"INSERT into a partition that is elsewhere than {place}")
    fresh = [(values, place) for values, place in written.partitions.items() if values not in known]
    ddl.register(session, into, fresh)
    return Result(manifest=written.files, written=written.rows)


def unload(session: Session, *, query: str, location: str, options: dict[str, Any]) -> Result:
    """Run UNLOAD (query) TO 's3://…' WITH (…)."""
    given = dict(options)
    if "format" not in given:
        raise AthenaError("SYNTAX_ERROR", "UNLOAD needs WITH (format = …)")
    found = session.translate(parse(query))
    columns = _listed(named(found.columns))
    keys, codec = _partitioned(given, columns), writing.codec_of(given)
    _only(given, location, session)
    written = writing.write(session, found, columns, keys, location=location, codec=codec)
    return Result(manifest=written.files, written=written.rows)


def create_view(session: Session, *, table: Name, or_replace: bool, query: str) -> Result:
    database, name = table[0] or session.default, table[1]
    found = Queries(session.tables, session.now).query(parse(query), Scope(database=session.default))
    columns = _listed(found.columns)
    present = session.clients.table(database, name)
    if present is not None and (not or_replace or present.get("TableType") != "VIRTUAL_VIEW"):
        raise AthenaError("TABLE_ALREADY_EXISTS", f"Table or view already exists: {database}.{name}")
    document = {
        "originalSql": query,
        "catalog": "awsdatacatalog",
        "schema": session.default,
        "columns": [{"name": column, "type": _written(kind)} for column, kind in columns],
    }
    hive = [{"Name": column, "Type": types.hive(kind)} for column, kind in columns]
    made = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"{VIEW}{base64.b64encode(json.dumps(document).encode()).decode()} */",
        "ViewExpandedText": "/* Presto View */",
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": hive, "SerdeInfo": {}},
    }
    glue = session.clients.glue
    (glue.create_table if present is None else glue.update_table)(DatabaseName=database, TableInput=made)
    return Result()


def _written(kind: Type) -> str:
    return str(types.TIMESTAMP) if kind.name == "timestamp" and kind.args < types.TIMESTAMP.args else str(kind)
