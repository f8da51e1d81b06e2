# ruff: noqa: E501, PLR0917, S608 - one fact, one line; the parts of one statement; SQL is written here, from names and literals of our own
"""Statements that write rows: CREATE TABLE AS, INSERT, UNLOAD, UPDATE, DELETE, MERGE; and views."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp

from serverless_app.localcloud.athena import ddl, iceberg, text_files, types, writing
from serverless_app.localcloud.athena.casts import coerced
from serverless_app.localcloud.athena.engine import Session, named
from serverless_app.localcloud.athena.errors import AthenaError, mismatch, unsupported
from serverless_app.localcloud.athena.expressions import Column, Relation, Scope, Typed
from serverless_app.localcloud.athena.parsing import parse
from serverless_app.localcloud.athena.queries import Found, Queries
from serverless_app.localcloud.athena.results import Result
from serverless_app.localcloud.athena.tables import PARQUET, columns_of
from serverless_app.localcloud.athena.types import Type
from serverless_app.localcloud.athena.words import Words

_DATA: Final = re.compile(r"\sWITH\s+(NO\s+)?DATA\s*$", re.IGNORECASE)


def with_clause(words: Words) -> dict[str, Any]:
    """Return the properties of `WITH (name = value, …)`, arrays as lists."""
    if not words.skip("WITH"):
        return {}
    words.take("(")
    found: dict[str, Any] = {}
    while not words.skip(")"):
        key = words.name()
        words.take("=")
        if words.skip("ARRAY", "["):
            found[key] = []
            while not words.skip("]"):
                found[key].append(words.string().lower() if key != "partitioning" else words.string())
                words.skip(",")
        else:
            found[key] = words.name() if words.peek() in ("TRUE", "FALSE") else words.literal()
        words.skip(",")
    return found


def create_table_as(session: Session, words: Words, output: str) -> Result:
    """Run CREATE TABLE … AS: the files first, the table last, so that nobody sees a part of it."""
    exists = words.skip("IF", "NOT", "EXISTS")
    database, name = words.table(session.default)
    properties = with_clause(words)
    words.take("AS")
    sql = words.rest()
    tail = _DATA.search(sql)
    query = parse(sql[: tail.start()] if tail else sql)
    if not session.clients.has_database(database):
        raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    if session.clients.table(database, name) is not None:
        if exists:
            return Result(manifest=(), written=0)
        raise AthenaError("TABLE_ALREADY_EXISTS", f"Table 'awsdatacatalog.{database}.{name}' already exists")
    found = session.translate(query)
    if tail and tail[1]:
        found = Found(f"SELECT * FROM ({found.sql}) AS n WHERE false", found.columns)
    columns = _listed(found)
    folder, _, execution = output.rpartition("/")
    location = str(properties.pop("external_location", properties.pop("location", f"{folder}/tables/{execution}/")))
    if str(properties.pop("table_type", "HIVE")).upper() == "ICEBERG":
        return _iceberg_as(session, found, columns, (database, name), location, properties)
    properties.pop("is_external", None)
    keys = [str(key) for key in properties.pop("partitioned_by", [])]
    form = writing.format_of(properties)
    if properties:
        raise unsupported(f"the table property {next(iter(properties))}")
    if keys and [name for name, _ in columns[-len(keys) :]] != keys:
        message = f"Partition keys must be the last columns in the table and in the same order as the table properties: {keys}"
        raise AthenaError("HIVE_COLUMN_ORDER_MISMATCH", message)
    written_types = [{"Name": n, "Type": types.hive(kind)} for n, kind in columns]
    _empty(session, location)
    written = writing.write(session, found, columns, len(keys), location, form)
    data = written_types[: len(columns) - len(keys)]
    serde, options = _serde(form)
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": written_types[len(data) :],
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        "StorageDescriptor": ddl.storage(location, data, serde, options),
    }
    # The catalog of the local cloud takes partitions of a table that is still to come: so it comes with all of them.
    session.clients.forget_partitions(database, name)
    ddl.register(session, table | {"DatabaseName": database}, list(written.partitions.items()))
    session.clients.glue.create_table(DatabaseName=database, TableInput=table)
    return Result(manifest=written.files, written=written.rows)


def _serde(form: writing.Format) -> tuple[str, dict[str, str]]:
    if form.name == "TEXTFILE":
        return text_files.LAZY, {"field.delim": form.delimiter, "serialization.format": form.delimiter}
    return PARQUET if form.name == "PARQUET" else text_files.JSON_SERDES[1], {"serialization.format": "1"}


def _listed(found: Found) -> list[tuple[str, Type]]:
    columns = [(name or "", kind) for name, kind in found.columns]
    for at, (name, _) in enumerate(columns, 1):
        if not name:
            raise AthenaError("MISSING_COLUMN_NAME", f"Column name not specified at position {at}")
        if [other for other, _ in columns].count(name) > 1:
            raise AthenaError("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once")
    return columns


def _empty(session: Session, location: str) -> None:
    if session.clients.objects_in(location):
        raise AthenaError("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table '{location}' already exists")


def _iceberg_as(
    session: Session,
    found: Found,
    columns: list[tuple[str, Type]],
    key: tuple[str, str],
    location: str,
    properties: dict[str, Any],
) -> Result:
    partitioning = [ddl.transform(one) for one in properties.pop("partitioning", [])]
    if str(properties.pop("is_external", "false")).lower() != "false":
        raise AthenaError("NOT_SUPPORTED", "an Iceberg table is not external: WITH (is_external = false)")
    form = writing.format_of(properties)
    if properties or form.name != "PARQUET":
        raise unsupported(f"the Iceberg table property {next(iter(properties), form.name)}")
    wider = [(name, _iceberg_type(kind)) for name, kind in columns]
    rows = _table(session, Found(found.sql, found.columns), columns, wider)
    iceberg.create(session.clients, key, wider, partitioning, location, {}, rows)
    return Result(manifest=(), written=len(rows))


def _iceberg_type(kind: Type) -> Type:
    return types.TIMESTAMP6 if kind.name == "timestamp" else kind


def _table(
    session: Session, found: Found, columns: Sequence[tuple[str, Type]], wanted: Sequence[tuple[str, Type]]
) -> pa.Table:
    """Return a query's rows as Arrow, typed as an Iceberg table keeps them."""
    listed = ", ".join(
        f"{coerced(f'c{at}', old, new)} AS c{at}"
        for at, ((_, old), (_, new)) in enumerate(zip(columns, wanted, strict=True))
    )
    cast = Found(f"SELECT {listed} FROM ({found.sql}) AS w", [(None, kind) for _, kind in wanted])
    schema = pa.schema([(name, _arrow(kind)) for name, kind in wanted])
    table: Any = session.execute(cast).to_arrow_table()
    arrays = [_utc(column, field.type) for column, field in zip(table.columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrow(kind: Type) -> pa.DataType:
    if kind.name == types.zoned("UTC").name:
        if kind.args[1] != "UTC":
            raise unsupported(f"{kind} in Iceberg tables")
        return pa.timestamp("us", "UTC")
    return text_files.arrow(types.INTEGER if kind.name in ("tinyint", "smallint") else kind)


def _utc(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    return column.cast(wanted)


# INSERT


def insert(session: Session, words: Words) -> Result:
    """Run INSERT INTO: of the columns named, or of all."""
    database, name = words.table(session.default)
    chosen = words.columns()
    query = parse(words.rest())
    definition = session.tables.definition(database, name)
    if definition.get("TableType") == "VIRTUAL_VIEW":
        raise AthenaError("NOT_SUPPORTED", f"Inserting into views is not supported: {database}.{name}")
    table = iceberg.load(session.clients, definition) if iceberg.is_iceberg(definition) else None
    wanted = iceberg.columns(table) if table is not None else columns_of(definition)
    found = _fitted(session.translate(query), wanted, chosen)
    if table is not None:
        rows = _table(session, found, wanted, wanted)
        iceberg.append(table, rows)
        return Result(manifest=(), written=len(rows))
    return _insert_files(session, definition, found, wanted)


def _fitted(found: Found, wanted: Sequence[tuple[str, Type]], chosen: Sequence[str]) -> Found:
    names = [name for name, _ in wanted]
    chosen = list(chosen) or names
    unknown = next((name for name in chosen if name not in names), None)
    if unknown is not None:
        raise AthenaError("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {unknown}")
    kinds = dict(wanted)
    table, query = [kinds[name] for name in chosen], [kind for _, kind in found.columns]
    if len(table) != len(query) or any(
        types.common(old, new) != new and not _narrowed(old, new) for old, new in zip(query, table, strict=True)
    ):
        message = f"Insert query has mismatched column types: Table: [{', '.join(map(str, table))}], Query: [{', '.join(map(str, query))}]"
        raise mismatch(message)
    at = {name: place for place, name in enumerate(chosen)}
    listed = ", ".join(
        f"{coerced(f'c{at[name]}', query[at[name]], kind) if name in at else f'CAST(NULL AS {types.duckdb(kind)})'} AS c{place}"
        for place, (name, kind) in enumerate(wanted)
    )
    return Found(f"SELECT {listed} FROM ({found.sql}) AS f", list(wanted))


def _narrowed(old: Type, new: Type) -> bool:
    """Whether Iceberg's microseconds, or Hive's milliseconds, take a timestamp of other digits."""
    return old.name == new.name == "timestamp" and old.args[0] <= new.args[0]


def _insert_files(
    session: Session, definition: dict[str, Any], found: Found, wanted: Sequence[tuple[str, Type]]
) -> Result:
    stored = definition["StorageDescriptor"]
    serde = stored["SerdeInfo"]["SerializationLibrary"]
    options = stored["SerdeInfo"].get("Parameters") or {}
    if (definition.get("Parameters") or {}).get(
        "projection.enabled", ""
    ).lower() == "true" and "storage.location.template" in definition["Parameters"]:
        raise unsupported("INSERT into a table with projected locations")
    if serde == PARQUET:
        form = writing.Format()
    elif serde == text_files.LAZY and not options.get("escape.delim"):
        form = writing.Format("TEXTFILE", "none", options.get("field.delim", "\x01"))
    else:
        raise unsupported(f"INSERT into tables of {serde}")
    keys = len(definition.get("PartitionKeys") or [])
    known = (
        {
            tuple(one["Values"]): one
            for one in session.clients.partitions(definition["DatabaseName"], definition["Name"])
        }
        if keys
        else {}
    )
    written = writing.write(session, found, wanted, keys, stored["Location"], form)
    for values, place in written.partitions.items():
        if values in known and known[values]["StorageDescriptor"]["Location"].rstrip("/") != place.rstrip("/"):
            raise unsupported(f"INSERT into a partition that is elsewhere than {place}")
    ddl.register(
        session, definition, [(values, place) for values, place in written.partitions.items() if values not in known]
    )
    return Result(manifest=written.files, written=written.rows)


def unload(session: Session, words: Words) -> Result:
    """Run UNLOAD (query) TO 's3://…' WITH (…)."""
    query = parse(words.until_closed())
    words.take("TO")
    location = words.string()
    properties = with_clause(words)
    words.end()
    if "format" not in properties:
        raise AthenaError("SYNTAX_ERROR", "UNLOAD needs WITH (format = …)")
    keys = [str(key) for key in properties.pop("partitioned_by", [])]
    form = writing.format_of(properties)
    if properties:
        raise unsupported(f"the UNLOAD property {next(iter(properties))}")
    found = session.translate(query)
    columns = _listed(Found(found.sql, list(named(found.columns))))
    if keys and [name for name, _ in columns[-len(keys) :]] != keys:
        raise AthenaError("HIVE_COLUMN_ORDER_MISMATCH", f"Partition keys must be the last columns: {keys}")
    _empty(session, location)
    written = writing.write(session, found, columns, len(keys), location, form)
    return Result(manifest=written.files, written=written.rows)


# Views


def create_view(session: Session, words: Words, *, replace: bool) -> Result:
    """Run CREATE VIEW."""
    database, name = words.table(session.default)
    words.take("AS")
    sql = words.rest()
    queries = Queries(session.tables, session.now)
    found = queries.query(parse(sql), Scope(database=session.default))
    columns = _listed(found)
    present = session.clients.table(database, name)
    if present is not None and (not replace or present.get("TableType") != "VIRTUAL_VIEW"):
        raise AthenaError(
            "TABLE_ALREADY_EXISTS", f"{'View' if replace else 'Table or view'} already exists: {database}.{name}"
        )
    document = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": session.default,
        "columns": [{"name": column, "type": _written_type(kind)} for column, kind in columns],
    }
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    table = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": types.hive(kind)} for column, kind in columns],
            "SerdeInfo": {},
        },
    }
    if present is None:
        session.clients.glue.create_table(DatabaseName=database, TableInput=table)
    else:
        session.clients.glue.update_table(DatabaseName=database, TableInput=table)
    return ddl.lines()


def _written_type(kind: Type) -> str:
    return "timestamp(3)" if kind.name == "timestamp" and kind.args[0] < types.TIMESTAMP.args[0] else str(kind)


# UPDATE, DELETE, MERGE of Iceberg tables


class _Target:
    """An Iceberg table that a statement changes: read whole, changed in DuckDB, committed whole on what was read."""

    def __init__(self, session: Session, node: exp.Expr) -> None:
        self.session = session
        name, database = node.name.lower(), node.text("db").lower() or session.default
        definition = session.tables.definition(database, name)
        if not iceberg.is_iceberg(definition):
            raise AthenaError("NOT_SUPPORTED", "Modifying Hive table rows is only supported for Iceberg tables")
        self.table = iceberg.load(session.clients, definition)
        self.columns = iceberg.columns(self.table)
        self.queries = Queries(session.tables, session.now)
        found = [Column(column, Typed(f"t0.c{at}", kind)) for at, (column, kind) in enumerate(self.columns)]
        alias = node.args.get("alias")
        names = (alias.name.lower(),) if alias else (name, database, "awsdatacatalog")
        self.relation = Relation(names, found)
        self.scope = Scope([self.relation], database=session.default)

    def read(self) -> None:
        """Register the rows as `target`, numbered."""
        rows = self.table.scan().to_arrow()
        self.session.tables.scanned += sum(task.file.file_size_in_bytes for task in self.table.scan().plan_files())
        self.session.tables.register_rows(
            "target0", rows.rename_columns([name.lower() for name in rows.column_names]), self.columns
        )
        names = ", ".join(f"c{at}" for at in range(len(self.columns)))
        self.session.cursor.execute(
            f"CREATE TEMP TABLE target AS SELECT {names}, row_number() OVER () AS rid FROM target0"
        )

    def assigned(self, assignments: Sequence[exp.Expr], scope: Scope) -> dict[str, str]:
        """Return the SQL of what is assigned to columns."""
        kinds, found = dict(self.columns), {}
        for one in assignments:
            name = one.this.name.lower()
            if name not in kinds:
                raise AthenaError("COLUMN_NOT_FOUND", f"The UPDATE SET target column {name} doesn't exist")
            value = self.queries.expressions.typed(one.expression, scope)
            found[name] = self.fit(value, kinds[name], name)
        return found

    def fit(self, value: Typed, kind: Type, name: str) -> str:
        """Return a value as what a column takes."""
        if types.common(value.type, kind) != kind and not _narrowed(value.type, kind):
            raise mismatch(f"Assignment for column {name}: {kind} cannot take {value.type}")
        return coerced(value.sql, value.type, kind)

    def commit(self, sql: str) -> None:
        """Put the rows of a query in the place of all."""
        iceberg.replace(self.table, _table(self.session, Found(sql, list(self.columns)), self.columns, self.columns))


def change(session: Session, node: exp.Expr) -> Result:
    """Run UPDATE or DELETE."""
    target = _Target(session, node.this)
    allowed = {"this", "where", "expressions"}
    extra = next((key for key, value in node.args.items() if value and key not in allowed), None)
    if extra:
        raise unsupported(f"{extra} in {type(node).__name__.upper()}")
    where = node.args.get("where")
    condition = target.queries.expressions.boolean(where.this, target.scope, "WHERE clause") if where else "true"
    values = target.assigned(node.expressions, target.scope) if isinstance(node, exp.Update) else {}
    target.read()
    session.define(target.queries)
    # Decided once for each row: a condition may hold a query over the table itself.
    session.cursor.execute(f"CREATE TEMP TABLE chosen AS SELECT rid FROM target AS t0 WHERE {condition}")
    ((count,),) = session.cursor.execute("SELECT count(*) FROM chosen").fetchall()
    hit = "t0.rid IN (SELECT rid FROM chosen)"
    names = [name for name, _ in target.columns]
    if isinstance(node, exp.Delete):
        listed = ", ".join(f"t0.c{at}" for at in range(len(names)))
        sql = f"SELECT {listed} FROM target AS t0 WHERE NOT ({hit})"
    else:
        new = (
            f"CASE WHEN {hit} THEN {values[name]} ELSE t0.c{at} END AS c{at}" if name in values else f"t0.c{at}"
            for at, name in enumerate(names)
        )
        sql = f"SELECT {', '.join(new)} FROM target AS t0"
    if count:
        target.commit(sql)
    return Result(manifest=(), written=count)


def merge(session: Session, node: exp.Merge) -> Result:
    """Run MERGE INTO."""
    target = _Target(session, node.this)
    source = target.queries
    sql, relation = source._relation(node.args["using"], Scope(database=session.default))  # noqa: SLF001 - the FROM of this statement
    both = Scope([target.relation, relation], database=session.default)
    only = Scope([relation], database=session.default)
    on = source.expressions.boolean(node.args["on"], both, "MERGE ON clause")
    width = len(target.columns)
    kept = [f"t0.c{at}" for at in range(width)]
    matched, inserted = [], []
    for when in node.args["whens"].expressions:
        if when.args.get("source"):
            raise unsupported("WHEN NOT MATCHED BY SOURCE")
        scope = both if when.args.get("matched") else only
        test = when.args.get("condition")
        condition = source.expressions.boolean(test, scope, "MERGE WHEN clause") if test is not None else "true"
        then = when.args["then"]
        if not when.args.get("matched"):
            inserted.append((condition, _inserted(target, then, only)))
        elif isinstance(then, exp.Update):
            values = target.assigned(then.expressions, both)
            matched.append(
                (condition, "update", [values.get(name, kept[at]) for at, (name, _) in enumerate(target.columns)])
            )
        elif then.name.upper() == "DELETE":
            matched.append((condition, "delete", kept))
        else:
            raise unsupported(f"{then.sql('trino')} in MERGE")
    target.read()
    session.define(source)
    return _merged(session, target, sql, on, matched, inserted)


def _inserted(target: _Target, then: exp.Expr, scope: Scope) -> list[str]:
    if not isinstance(then, exp.Insert) or not isinstance(then.expression, exp.Tuple):
        raise unsupported(f"{then.sql('trino')} in MERGE")
    names = (
        [one.name.lower() for one in then.this.expressions]
        if then.this is not None
        else [name for name, _ in target.columns]
    )
    kinds = dict(target.columns)
    if len(names) != len(then.expression.expressions) or not set(names) <= set(kinds):
        raise mismatch("MERGE insert columns and values do not fit each other")
    values = dict(zip(names, then.expression.expressions, strict=True))
    return [
        target.fit(target.queries.expressions.typed(values[name], scope), kind, name)
        if name in values
        else f"CAST(NULL AS {types.duckdb(kind)})"
        for name, kind in target.columns
    ]


def _merged(
    session: Session,
    target: _Target,
    source: str,
    on: str,
    matched: list[tuple[str, str, list[str]]],
    inserted: list[tuple[str, list[str]]],
) -> Result:
    cursor, width = session.cursor, len(target.columns)
    names = ", ".join(f"c{at}" for at in range(width))
    action = (
        " ".join(f"WHEN {condition} THEN {number}" for number, (condition, _, _) in enumerate(matched))
        or "WHEN false THEN 0"
    )
    new = [
        "CASE a " + " ".join(f"WHEN {number} THEN {values[at]}" for number, (_, _, values) in enumerate(matched)) + f" ELSE t0.c{at} END AS c{at}"
        for at in range(width)
    ] if matched else [f"t0.c{at} AS c{at}" for at in range(width)]  # fmt: skip
    decided = f"CASE {action} ELSE NULL END"
    listed = ", ".join(one.replace("CASE a ", f"CASE {decided} ", 1) for one in new)
    cursor.execute(
        f"CREATE TEMP TABLE acted AS SELECT t0.rid, {decided} AS a, {listed} FROM target AS t0 JOIN {source} ON {on}"
    )
    if cursor.execute("SELECT 1 FROM acted WHERE a IS NOT NULL GROUP BY rid HAVING count(*) > 1 LIMIT 1").fetchall():
        message = "One MERGE target table row matched more than one source row"
        raise AthenaError("MERGE_TARGET_ROW_MULTIPLE_MATCHES", message)
    deletes = ", ".join(str(number) for number, (_, kind, _) in enumerate(matched) if kind == "delete") or "-1"
    parts = [
        f"SELECT {names} FROM target WHERE rid NOT IN (SELECT rid FROM acted WHERE a IS NOT NULL)",
        f"SELECT {names} FROM acted WHERE a IS NOT NULL AND a NOT IN ({deletes})",
    ]
    ((count,),) = cursor.execute("SELECT count(*) FROM acted WHERE a IS NOT NULL").fetchall()
    fresh = 0
    if inserted:
        choice = (
            "CASE "
            + " ".join(f"WHEN {condition} THEN {number}" for number, (condition, _) in enumerate(inserted))
            + " ELSE NULL END"
        )
        new = [
            "CASE "
            + choice
            + " "
            + " ".join(f"WHEN {number} THEN {values[at]}" for number, (_, values) in enumerate(inserted))
            + f" END AS c{at}"
            for at in range(width)
        ]
        cursor.execute(
            f"CREATE TEMP TABLE fresh AS SELECT {', '.join(new)} FROM {source} "
            f"WHERE NOT EXISTS (SELECT 1 FROM target AS t0 WHERE {on}) AND {choice} IS NOT NULL"
        )
        ((fresh,),) = cursor.execute("SELECT count(*) FROM fresh").fetchall()
        parts.append(f"SELECT {names} FROM fresh")
    if count or fresh:
        target.commit(" UNION ALL ".join(parts))
    return Result(manifest=(), written=count + fresh)
