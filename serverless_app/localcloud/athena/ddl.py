# ruff: noqa: C901, E501, PLR0911, PLR0917 - one branch per type; one fact, one line; one answer per type; the parts of one statement
"""Statements on the catalog: databases, tables, partitions, columns, and what SHOW and DESCRIBE say of them."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote

from serverless_app.localcloud.athena import iceberg, text_files, types
from serverless_app.localcloud.athena.engine import Session
from serverless_app.localcloud.athena.errors import AthenaError, unsupported
from serverless_app.localcloud.athena.results import Result
from serverless_app.localcloud.athena.storage import split
from serverless_app.localcloud.athena.tables import PARQUET
from serverless_app.localcloud.athena.words import Words

_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"
_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET_INPUT: Final = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_PARQUET_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_DELIMITERS: Final = {
    ("FIELDS", "TERMINATED", "BY"): "field.delim",
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): "collection.delim",
    ("MAP", "KEYS", "TERMINATED", "BY"): "mapkey.delim",
    ("LINES", "TERMINATED", "BY"): "line.delim",
    ("NULL", "DEFINED", "AS"): "serialization.null.format",
}
_TRANSFORM: Final = re.compile(
    r"(year|month|day|hour)\(([a-z0-9_]+)\)|(bucket|truncate)\((\d+),([a-z0-9_]+)\)|([a-z0-9_]+)"
)
_DESCRIBED: Final = ("col_name", "data_type", "comment")
_OWN: Final = frozenset(("metadata_location", "previous_metadata_location", "table_type"))

Statement = Callable[[Session, Words], Result]


def storage(location: str, columns: Sequence[dict[str, str]], serde: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the storage descriptor of a table."""
    parquet = serde == PARQUET
    return {
        "Columns": list(columns),
        "Location": location,
        "InputFormat": _PARQUET_INPUT if parquet else _INPUT,
        "OutputFormat": _PARQUET_OUTPUT if parquet else _OUTPUT,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
        "Compressed": False,
        "NumberOfBuckets": -1,
        "StoredAsSubDirectories": False,
    }


def lines(*written: str, names: Sequence[str] = ()) -> Result:
    """Return the answer of a utility statement; its lines hold the columns named, between tabs."""
    return Result([(name, types.VARCHAR) for name in names], [(line,) for line in written])


# CREATE


def create_database(session: Session, words: Words) -> Result:
    """Run CREATE DATABASE."""
    exists = words.skip("IF", "NOT", "EXISTS")
    given: dict[str, Any] = {"Name": words.name()}
    while words.peek():
        if words.skip("COMMENT"):
            given["Description"] = words.string()
        elif words.skip("LOCATION"):
            given["LocationUri"] = words.string()
        else:
            words.take("WITH", "DBPROPERTIES")
            given["Parameters"] = words.properties()
    try:
        session.clients.glue.create_database(DatabaseInput=given)
    except session.clients.glue.exceptions.AlreadyExistsException as error:
        if not exists:
            raise AthenaError("SCHEMA_ALREADY_EXISTS", f"Database {given['Name']} already exists") from error
    return lines()


def create_table(session: Session, words: Words, *, external: bool) -> Result:
    """Run CREATE EXTERNAL TABLE, or CREATE TABLE of an Iceberg table."""
    exists = words.skip("IF", "NOT", "EXISTS")
    database, name = words.table(session.default)
    columns = _columns(words)
    table = _clauses(words)
    columns_only = [(one["Name"], types.from_hive(one["Type"])) for one in columns]
    location = table.pop("location", None)
    if not session.clients.has_database(database):
        raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    if session.clients.table(database, name) is not None:
        if exists:
            return lines()
        raise AthenaError("TABLE_ALREADY_EXISTS", f"Table {database}.{name} already exists")
    if location is None:
        raise AthenaError(
            "MISSING_TABLE_LOCATION", f"No location was specified for table {name}: An S3 location must be specified"
        )
    split(location)
    if table["parameters"].get("table_type", "").upper() == "ICEBERG":
        properties = {key: value for key, value in table["parameters"].items() if key != "table_type"}
        _create_iceberg(session, (database, name), columns_only, table["partitions"], location, properties)
        return lines()
    if not external:
        raise AthenaError("MALFORMED_QUERY", "External keyword required for table type HIVE")
    if any("(" in one for one in table["partitions"]):
        raise AthenaError("SYNTAX_ERROR", "only Iceberg tables have partition transforms")
    keys = [{"Name": n, "Type": t} for n, t in (one.split(" ", 1) for one in table["partitions"])]
    for one in keys:
        types.from_hive(one["Type"])
    given: dict[str, Any] = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": keys,
        "Parameters": {"EXTERNAL": "TRUE"} | table["parameters"],
        "StorageDescriptor": storage(location, columns, table["serde"], table["serde_parameters"]),
    }
    if table["comment"]:
        given["Description"] = table["comment"]
    session.clients.glue.create_table(DatabaseName=database, TableInput=given)
    return lines()


def _create_iceberg(
    session: Session,
    key: tuple[str, str],
    columns: Sequence[tuple[str, types.Type]],
    partitions: Sequence[str],
    location: str,
    properties: dict[str, str],
) -> None:
    listed = [(name, types.TIMESTAMP6 if kind == types.TIMESTAMP else kind) for name, kind in columns]
    kept = {"write_compression": "write.parquet.compression-codec"}
    for name in properties:
        if name not in ("format", *kept):
            raise unsupported(f"the Iceberg table property {name}")
    if properties.get("format", "parquet").lower() != "parquet":
        raise unsupported(f"Iceberg tables of {properties['format']}")
    chosen = {kept[name]: value.lower() for name, value in properties.items() if name in kept}
    iceberg.create(session.clients, key, listed, [transform(one) for one in partitions], location, chosen)


def transform(written: str) -> tuple[str, str]:
    """Return column and transform of one item of an Iceberg table's PARTITIONED BY."""
    found = _TRANSFORM.fullmatch(written.replace(" ", "").lower())
    if found is None:
        raise unsupported(f"the partition transform {written}")
    if found[1]:
        return found[2], found[1]
    return (found[5], f"{found[3]}[{found[4]}]") if found[3] else (found[6], "identity")


def _columns(words: Words) -> list[dict[str, str]]:
    words.take("(")
    columns = []
    while not words.skip(")"):
        column = {"Name": words.name(), "Type": words.type()}
        if words.skip("COMMENT"):
            column["Comment"] = words.string()
        columns.append(column)
        if words.peek() != ")":
            words.take(",")
    return columns


def _clauses(words: Words) -> dict[str, Any]:
    table: dict[str, Any] = {
        "comment": "",
        "partitions": [],
        "serde": text_files.LAZY,
        "serde_parameters": {},
        "parameters": {},
    }
    while words.peek():
        if words.skip("COMMENT"):
            table["comment"] = words.string()
        elif words.skip("PARTITIONED", "BY"):
            table["partitions"] = _partitioned(words.until_closed())
        elif words.skip("ROW", "FORMAT"):
            _row_format(words, table)
        elif words.skip("WITH", "SERDEPROPERTIES"):
            table["serde_parameters"] |= words.properties()
        elif words.skip("STORED", "AS"):
            _stored_as(words, table)
        elif words.skip("LOCATION"):
            table["location"] = words.string()
        elif words.skip("TBLPROPERTIES"):
            table["parameters"] = words.properties()
        else:
            raise unsupported(f"{words.peek()} in CREATE TABLE")
    return table


def _partitioned(source: str) -> list[str]:
    return [" ".join(part.replace("`", "").split()).lower() for part in re.split(r",(?![^(<]*[)>])", source)]


def _row_format(words: Words, table: dict[str, Any]) -> None:
    if words.skip("SERDE"):
        table["serde"] = words.string()
        return
    words.take("DELIMITED")
    while True:
        found = next((key for key in _DELIMITERS if words.skip(*key)), None)
        if found is None:
            return
        table["serde_parameters"][_DELIMITERS[found]] = words.string()
        if found[0] == "FIELDS":
            table["serde_parameters"]["serialization.format"] = table["serde_parameters"]["field.delim"]
            if words.skip("ESCAPED", "BY"):
                table["serde_parameters"]["escape.delim"] = words.string()


def _stored_as(words: Words, table: dict[str, Any]) -> None:
    if words.skip("INPUTFORMAT"):
        words.string()
        words.take("OUTPUTFORMAT")
        words.string()
        return
    kind = words.name().upper()
    if kind not in ("PARQUET", "TEXTFILE", "JSON"):
        raise unsupported(f"STORED AS {kind}: Parquet, CSV and JSON are read")
    if kind == "PARQUET":
        table["serde"] = PARQUET
    elif kind == "JSON":
        table["serde"] = text_files.JSON_SERDES[1]


# DROP, ALTER, MSCK


def drop(session: Session, words: Words) -> Result:
    """Run DROP DATABASE, DROP TABLE or DROP VIEW."""
    if words.skip("DATABASE") or words.skip("SCHEMA"):
        return _drop_database(session, words)
    view = words.skip("VIEW")
    if not view:
        words.take("TABLE")
    exists = words.skip("IF", "EXISTS")
    database, name = words.table(session.default)
    words.end()
    found = session.clients.table(database, name)
    if found is None:
        if exists:
            return lines()
        raise AthenaError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist")
    if view != (found.get("TableType") == "VIRTUAL_VIEW"):
        raise AthenaError(
            "NOT_SUPPORTED",
            f"{database}.{name} is {'no' if view else 'a'} view: use DROP {'TABLE' if view else 'VIEW'}",
        )
    session.clients.glue.delete_table(DatabaseName=database, Name=name)
    if iceberg.is_iceberg(found):
        # Athena removes an Iceberg table's data with it, an external table's never.
        session.clients.remove_folder(found["StorageDescriptor"]["Location"])
    return lines()


def _drop_database(session: Session, words: Words) -> Result:
    exists = words.skip("IF", "EXISTS")
    name = words.name()
    cascade = words.skip("CASCADE")
    words.skip("RESTRICT")
    words.end()
    if not session.clients.has_database(name):
        if exists:
            return lines()
        raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{name}' does not exist")
    if session.clients.tables(name) and not cascade:
        raise AthenaError("SCHEMA_NOT_EMPTY", f"Database {name} is not empty. One or more tables exist.")
    session.clients.glue.delete_database(Name=name)
    return lines()


def alter_table(session: Session, words: Words) -> Result:
    """Run ALTER TABLE."""
    database, name = words.table(session.default)
    table = session.tables.definition(database, name)
    if words.skip("ADD", "COLUMNS"):
        return _change_columns(session, table, lambda old: [*old, *_columns(words)])
    if words.skip("REPLACE", "COLUMNS"):
        return _change_columns(session, table, lambda _: _columns(words))
    if iceberg.is_iceberg(table):
        raise unsupported(f"ALTER TABLE … {words.peek()} of an Iceberg table")
    if words.skip("ADD"):
        return _add_partitions(session, words, table)
    if words.skip("DROP"):
        return _drop_partitions(session, words, table)
    if words.skip("SET", "TBLPROPERTIES"):
        found = words.properties()
        return _update(session, table, Parameters=(table.get("Parameters") or {}) | found)
    if words.skip("SET", "LOCATION"):
        return _update(session, table, StorageDescriptor=table["StorageDescriptor"] | {"Location": words.string()})
    raise unsupported(f"ALTER TABLE … {words.peek()}")


def _change_columns(
    session: Session, table: dict[str, Any], change: Callable[[list[dict[str, str]]], list[dict[str, str]]]
) -> Result:
    old = table["StorageDescriptor"]["Columns"]
    new = change(old)
    names = [one["Name"] for one in (*new, *(table.get("PartitionKeys") or []))]
    if len(names) != len(set(names)):
        raise AthenaError("COLUMN_ALREADY_EXISTS", f"a column of {names} is there twice")
    kinds = [(one["Name"], types.from_hive(one["Type"])) for one in new]
    if not iceberg.is_iceberg(table):
        return _update(session, table, StorageDescriptor=table["StorageDescriptor"] | {"Columns": new})
    if len(new) < len(old) or new[: len(old)] != old:
        raise unsupported("REPLACE COLUMNS of an Iceberg table")
    iceberg.add_columns(iceberg.load(session.clients, table), kinds[len(old) :])
    return lines()


def _update(session: Session, table: dict[str, Any], **changes: Any) -> Result:
    keys = ("Name", "Description", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    kept = {key: table[key] for key in keys if table.get(key)}
    session.clients.glue.update_table(DatabaseName=table["DatabaseName"], TableInput=kept | changes)
    return lines()


def _specification(words: Words, table: dict[str, Any]) -> list[str]:
    words.take("PARTITION", "(")
    given = {}
    while not words.skip(")"):
        key = words.name()
        words.take("=")
        given[key] = words.literal()
        words.skip(",")
    keys = [one["Name"] for one in table.get("PartitionKeys") or []]
    if sorted(given) != sorted(keys):
        raise AthenaError("INVALID_PARTITION_VALUE", f"partition specification {given} does not name exactly {keys}")
    return [given[key] for key in keys]


def _add_partitions(session: Session, words: Words, table: dict[str, Any]) -> Result:
    exists = words.skip("IF", "NOT", "EXISTS")
    known = {tuple(one["Values"]) for one in session.clients.partitions(table["DatabaseName"], table["Name"])}
    wanted = []
    while words.peek():
        values = _specification(words, table)
        location = words.string() if words.skip("LOCATION") else place_of(table, values)
        if tuple(values) not in known:
            wanted.append((values, location))
        elif not exists:
            raise AthenaError("ALREADY_EXISTS", f"Partition already exists: {values}")
    register(session, table, wanted)
    return lines()


def place_of(table: dict[str, Any], values: Sequence[str]) -> str:
    """Return the folder in which Hive keeps a partition."""
    root: str = table["StorageDescriptor"]["Location"].rstrip("/")
    keys = [one["Name"] for one in table["PartitionKeys"]]
    return "/".join([root, *(f"{k}={escaped(v)}" for k, v in zip(keys, values, strict=True)), ""])


def escaped(value: str) -> str:
    """Return a value as Hive writes it in a path."""
    return re.sub(r"""[\x00-\x1f"#%'*/:=?\\{}\[\]^\x7f]""", lambda found: f"%{ord(found[0]):02X}", value)


def register(session: Session, table: dict[str, Any], wanted: Sequence[tuple[Sequence[str], str]]) -> None:
    """Make partitions known to the catalog."""
    inputs = [
        {"Values": list(values), "StorageDescriptor": table["StorageDescriptor"] | {"Location": location}}
        for values, location in wanted
    ]
    for start in range(0, len(inputs), 100):
        session.clients.glue.batch_create_partition(
            DatabaseName=table["DatabaseName"], TableName=table["Name"], PartitionInputList=inputs[start : start + 100]
        )


def _drop_partitions(session: Session, words: Words, table: dict[str, Any]) -> Result:
    exists = words.skip("IF", "EXISTS")
    known = {tuple(one["Values"]) for one in session.clients.partitions(table["DatabaseName"], table["Name"])}
    while words.peek():
        values = _specification(words, table)
        if tuple(values) not in known and not exists:
            raise AthenaError("PARTITION_NOT_FOUND", f"Partition not found: {values}")
        if tuple(values) in known:
            session.clients.glue.delete_partition(
                DatabaseName=table["DatabaseName"], TableName=table["Name"], PartitionValues=values
            )
        words.skip(",")
    return lines()


def repair(session: Session, words: Words) -> Result:
    """Run MSCK REPAIR TABLE: register the partitions whose Hive-style folders have files."""
    database, name = words.table(session.default)
    words.end()
    table = session.tables.definition(database, name)
    keys = [one["Name"] for one in table.get("PartitionKeys") or []]
    location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    prefix = split(location)[1]
    known = {tuple(one["Values"]) for one in session.clients.partitions(database, name)}
    found: dict[tuple[str, ...], str] = {}
    for one in session.clients.objects_in(location):
        folders = one.key.removeprefix(prefix).split("/")[: len(keys)]
        parts = [folder.partition("=") for folder in folders]
        values = tuple(unquote(value) for _, _, value in parts)
        if [key.lower() for key, _, _ in parts] == keys and values not in known:
            found[values] = location + "/".join(folders) + "/"
    register(session, table, list(found.items()))
    named = ["/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True)) for values in found]
    missing = [f"Partitions not in metastore:\t{' '.join(f'{name}:{one}' for one in named)}"] if named else []
    return lines(*missing, *(f"Repair: Added partition to metastore {name}:{one}" for one in named))


# SHOW, DESCRIBE


def show(session: Session, words: Words) -> Result:
    """Run SHOW."""
    if words.skip("DATABASES") or words.skip("SCHEMAS"):
        return lines(*_matching(session.clients.databases(), words), names=["database_name"])
    if words.skip("CREATE", "TABLE"):
        return lines(*_written(session, words), names=["createtab_stmt"])
    if words.skip("CREATE", "VIEW"):
        return lines(*_written_view(session, words), names=["create_view"])
    if words.skip("PARTITIONS"):
        table = _named(session, words)
        keys = [one["Name"] for one in table.get("PartitionKeys") or []]
        if not keys:
            raise AthenaError("NOT_SUPPORTED", f"Table {table['Name']} is not a partitioned table")
        found = session.clients.partitions(table["DatabaseName"], table["Name"])
        return lines(
            *sorted("/".join(f"{k}={v}" for k, v in zip(keys, one["Values"], strict=True)) for one in found),
            names=["partition"],
        )
    if words.skip("TBLPROPERTIES"):
        table = _named(session, words)
        shown = (f"{key}\t{value}" for key, value in sorted((table.get("Parameters") or {}).items()))
        return lines(*shown, names=["prpt_name", "prpt_value"])
    if words.skip("COLUMNS"):
        if not words.skip("IN"):
            words.take("FROM")
        table = _named(session, words)
        listed = [*table["StorageDescriptor"]["Columns"], *(table.get("PartitionKeys") or [])]
        return lines(*(f"{one['Name']:<20}" for one in listed), names=["field"])
    views = words.skip("VIEWS")
    if not views:
        words.take("TABLES")
    database = words.name() if words.skip("IN") or words.skip("FROM") else session.default
    if not session.clients.has_database(database):
        raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    listed = [
        one["Name"] for one in session.clients.tables(database) if not views or one.get("TableType") == "VIRTUAL_VIEW"
    ]
    return lines(*_matching(listed, words), names=["tab_name"])


def _named(session: Session, words: Words) -> dict[str, Any]:
    found = session.tables.definition(*words.table(session.default))
    words.end()
    return found


def _matching(names: Sequence[str], words: Words) -> Iterator[str]:
    words.skip("LIKE")
    pattern = words.string() if words.peek() else "*"
    words.end()
    written = re.escape(pattern).replace(r"\.\*", ".*").replace(r"\*", ".*").replace(r"\|", "|")
    return (name for name in names if re.fullmatch(written, name))


def describe(session: Session, words: Words) -> Result:
    """Run DESCRIBE."""
    if words.peek() in ("FORMATTED", "EXTENDED"):
        raise unsupported(f"DESCRIBE {words.peek()}")
    table = _named(session, words)
    keys = [_column_line(one) for one in table.get("PartitionKeys") or []]
    columns = [_column_line(one) for one in table["StorageDescriptor"]["Columns"]]
    if not keys:
        return lines(*columns, names=_DESCRIBED)
    head = f"{'# col_name':<24}\t{'data_type':<20}\t{'comment':<20}"
    return lines(
        *columns, *keys, "\t \t ", f"{'# Partition Information':<24}\t \t ", head, "\t \t ", *keys, names=_DESCRIBED
    )


def _column_line(column: dict[str, str]) -> str:
    return f"{column['Name']:<20}\t{column['Type']:<20}\t{column.get('Comment', ''):<20}"


def _written(session: Session, words: Words) -> Iterator[str]:
    table = _named(session, words)
    if table.get("TableType") == "VIRTUAL_VIEW":
        raise AthenaError("NOT_SUPPORTED", f"{table['Name']} is a view: use SHOW CREATE VIEW")
    stored = table["StorageDescriptor"]
    iceberg_table = iceberg.is_iceberg(table)
    yield f"CREATE {'' if iceberg_table else 'EXTERNAL '}TABLE `{table['DatabaseName'] + '.' if iceberg_table else ''}{table['Name']}`("
    yield from _column_list(stored["Columns"])
    if table.get("PartitionKeys"):
        yield "PARTITIONED BY ( "
        yield from _column_list(table["PartitionKeys"])
    if not iceberg_table:
        yield "ROW FORMAT SERDE "
        yield f"  '{stored['SerdeInfo']['SerializationLibrary']}' "
        parameters = stored["SerdeInfo"].get("Parameters") or {}
        if parameters:
            yield "WITH SERDEPROPERTIES ( "
            yield from _property_list(parameters)
        yield "STORED AS INPUTFORMAT "
        yield f"  '{stored['InputFormat']}' "
        yield "OUTPUTFORMAT "
        yield f"  '{stored['OutputFormat']}'"
    yield "LOCATION"
    yield f"  '{stored['Location']}'"
    kept = {key: value for key, value in (table.get("Parameters") or {}).items() if key not in (*_OWN, "EXTERNAL")}
    kept |= {"table_type": "iceberg"} if iceberg_table else {}
    if kept:
        yield "TBLPROPERTIES ("
        yield from _property_list(kept)


def _column_list(columns: Sequence[dict[str, str]]) -> Iterator[str]:
    for at, one in enumerate(columns, 1):
        comment = f" COMMENT '{one['Comment']}'" if one.get("Comment") else ""
        yield f"  `{one['Name']}` {one['Type']}{comment}{')' if at == len(columns) else ', '}"


def _property_list(properties: dict[str, str]) -> Iterator[str]:
    for at, (key, value) in enumerate(sorted(properties.items()), 1):
        yield f"  '{key}'='{_escaped_text(value)}'{')' if at == len(properties) else ', '}"


def _escaped_text(value: str) -> str:
    shown = value.replace("\\", "\\\\").replace("'", "\\'")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)


def _written_view(session: Session, words: Words) -> Iterator[str]:
    database, name = words.table(session.default)
    words.end()
    yield f"CREATE VIEW {database}.{name} AS"
    yield from session.tables.view_text(database, name).splitlines()
