"""Statements on the catalog: databases, tables, columns, partitions."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

from localcloud.athena import iceberg, text_files, types
from localcloud.athena.engine import Session
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.results import Result
from localcloud.athena.storage import split
from localcloud.athena.tables import PARQUET

Name = tuple[str | None, str]
Columns = list[dict[str, str]]
_HIVE: Final = "org.apache.hadoop.hive.ql.io"
_TEXT: Final = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.HiveIgnoreKeyTextOutputFormat")
_PARQUET: Final = (f"{_HIVE}.parquet.MapredParquetInputFormat", f"{_HIVE}.parquet.MapredParquetOutputFormat")
_STORED: Final = {"parquet": PARQUET, "textfile": text_files.LAZY, "json": text_files.JSON_SERDES[1]}
_OF_DATABASE: Final = {"comment": "Description", "location": "LocationUri", "properties": "Parameters"}
_DELIMITERS: Final = {
    "fields": "field.delim",
    "escape": "escape.delim",
    "items": "collection.delim",
    "map_keys": "mapkey.delim",
    "lines": "line.delim",
    "null": "serialization.null.format",
}
_TRANSFORM: Final = re.compile(r"(?:(year|month|day|hour)|(bucket|truncate)\((\d+),)?\(?([a-z0-9_]+)\)?")
_KEPT: Final = ("Name", "Description", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")


def storage(location: str, columns: Sequence[dict[str, str]], serde: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the storage descriptor of a table."""
    reading, writing = _PARQUET if serde == PARQUET else _TEXT
    return {
        "Columns": list(columns),
        "Location": location,
        "InputFormat": reading,
        "OutputFormat": writing,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
        "Compressed": False,
        "NumberOfBuckets": -1,
        "StoredAsSubDirectories": False,
    }


def free(session: Session, table: Name, *, if_not_exists: bool) -> tuple[str, str] | None:
    """Return where a table can be created, None where there is one already and that is no error."""
    database, name = table[0] or session.default, table[1]
    session.clients.need_database(database)
    if session.clients.table(database, name) is None:
        return database, name
    if if_not_exists:
        return None
    raise AthenaError("TABLE_ALREADY_EXISTS", f"Table 'awsdatacatalog.{database}.{name}' already exists")


def definition(session: Session, table: Name) -> dict[str, Any]:
    """Return a table of the catalog, or raise as Athena does."""
    return session.tables.definition(table[0] or session.default, table[1])


# Databases


def create_database(session: Session, *, name: str, if_not_exists: bool, **given: Any) -> Result:
    database = {"Name": name} | {_OF_DATABASE[key]: value for key, value in given.items() if value}
    try:
        session.clients.glue.create_database(DatabaseInput=database)
    except session.clients.glue.exceptions.AlreadyExistsException as error:
        if not if_not_exists:
            raise AthenaError("SCHEMA_ALREADY_EXISTS", f"Database {name} already exists") from error
    return Result()


def drop_database(session: Session, *, name: str, if_exists: bool, cascade: bool) -> Result:
    if name not in session.clients.databases():
        if if_exists:
            return Result()
        raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{name}' does not exist")
    if session.clients.tables(name) and not cascade:
        raise AthenaError("SCHEMA_NOT_EMPTY", f"Database {name} is not empty. One or more tables exist.")
    session.clients.glue.delete_database(Name=name)
    return Result()


# Tables


def create_table(
    session: Session, *, table: Name, if_not_exists: bool, columns: Columns, location: str | None, **given: Any
) -> Result:
    place = free(session, table, if_not_exists=if_not_exists)
    if place is None:
        return Result()
    if location is None:
        said = f"No location was specified for table {place[1]}: An S3 location must be specified"
        raise AthenaError("MISSING_TABLE_LOCATION", said)
    split(location)
    parameters = given["properties"] or {}
    if "table_type" in parameters:
        raise unsupported("the table property table_type of an external table: leave EXTERNAL out for Iceberg")
    made = {
        "Name": place[1],
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": given["keys"] or [],
        "Parameters": {"EXTERNAL": "TRUE"} | parameters,
        "StorageDescriptor": storage(location, columns, *_serde(given)),
    }
    comment = {"Description": given["comment"]} if given["comment"] else {}
    session.clients.glue.create_table(DatabaseName=place[0], TableInput=made | comment)
    return Result()


def _serde(given: dict[str, Any]) -> tuple[str, dict[str, str]]:
    stored = given["stored"] or "textfile"
    if stored not in _STORED:
        raise unsupported(f"STORED AS {stored.upper()}: Parquet, CSV and JSON are read")
    parameters = {_DELIMITERS[key]: value for key, value in given.items() if key in _DELIMITERS and value is not None}
    if "field.delim" in parameters:
        parameters["serialization.format"] = parameters["field.delim"]
    return given["serde"] or _STORED[stored], parameters | (given["options"] or {}) | (given["more"] or {})


def create_iceberg(
    session: Session, *, table: Name, if_not_exists: bool, columns: Columns, location: str, **given: Any
) -> Result:
    properties = dict(given["properties"])
    if properties.pop("table_type", "").upper() != "ICEBERG":
        raise AthenaError("MALFORMED_QUERY", "External keyword required for table type HIVE")
    codec = properties.pop("write_compression", "zstd").lower()
    if properties.pop("format", "parquet").lower() != "parquet" or properties:
        raise unsupported(f"the Iceberg table property {next(iter(properties), 'format')}")
    place = free(session, table, if_not_exists=if_not_exists)
    split(location)
    if place is not None:
        listed = [(one["Name"], iceberg.kind(types.from_hive(one["Type"]))) for one in columns]
        partitioning = [transform(one) for one in given["transforms"] or []]
        iceberg.create(session.clients, iceberg.New(place, listed, partitioning, location, codec))
    return Result()


def transform(written: str) -> tuple[str, str]:
    """Return column and transform of one item of an Iceberg table's partitioning."""
    found = _TRANSFORM.fullmatch(re.sub(r"[\s`\"]", "", written).lower())
    if found is None:
        raise unsupported(f"the partition transform {written}")
    return found[4], found[1] or (f"{found[2]}[{found[3]}]" if found[2] else "identity")


def drop_table(session: Session, *, table: Name, if_exists: bool, view: bool = False) -> Result:
    if if_exists and session.clients.table(table[0] or session.default, table[1]) is None:
        return Result()
    found = definition(session, table)
    if view != (found.get("TableType") == "VIRTUAL_VIEW"):
        article, word = ("no", "TABLE") if view else ("a", "VIEW")
        raise AthenaError("NOT_SUPPORTED", f"{found['Name']} is {article} view: use DROP {word}")
    session.clients.glue.delete_table(DatabaseName=found["DatabaseName"], Name=found["Name"])
    if iceberg.is_iceberg(found):
        # Athena removes an Iceberg table's data with it, an external table's never.
        session.clients.remove_folder(found["StorageDescriptor"]["Location"])
    return Result()


def add_columns(session: Session, *, table: Name, columns: Columns) -> Result:
    found = definition(session, table)
    _distinct(found, [*found["StorageDescriptor"]["Columns"], *columns])
    if not iceberg.is_iceberg(found):
        return replace_columns(session, table=table, columns=[*found["StorageDescriptor"]["Columns"], *columns])
    listed = [(one["Name"], types.from_hive(one["Type"])) for one in columns]
    iceberg.add_columns(iceberg.load(session.clients, found), listed)
    return Result()


def replace_columns(session: Session, *, table: Name, columns: Columns) -> Result:
    found = _external(session, table)
    _distinct(found, columns)
    return _update(session, found, StorageDescriptor=found["StorageDescriptor"] | {"Columns": columns})


def _distinct(table: dict[str, Any], columns: Columns) -> None:
    names = [one["Name"] for one in (*columns, *(table.get("PartitionKeys") or []))]
    if len(names) != len(set(names)):
        raise AthenaError("COLUMN_ALREADY_EXISTS", f"a column of {names} is there twice")


def _external(session: Session, table: Name) -> dict[str, Any]:
    found = definition(session, table)
    if iceberg.is_iceberg(found):
        raise unsupported("this ALTER TABLE of an Iceberg table")
    return found


def set_properties(session: Session, *, table: Name, properties: dict[str, str]) -> Result:
    found = _external(session, table)
    return _update(session, found, Parameters=(found.get("Parameters") or {}) | properties)


def set_location(session: Session, *, table: Name, location: str) -> Result:
    found = _external(session, table)
    return _update(session, found, StorageDescriptor=found["StorageDescriptor"] | {"Location": location})


def _update(session: Session, table: dict[str, Any], **changes: Any) -> Result:
    kept = {key: table[key] for key in _KEPT if table.get(key)}
    session.clients.glue.update_table(DatabaseName=table["DatabaseName"], TableInput=kept | changes)
    return Result()


# Partitions


def add_partitions(
    session: Session, *, table: Name, if_not_exists: bool, partitions: list[tuple[dict[str, str], str | None]]
) -> Result:
    found = _external(session, table)
    known = _known(session, found)
    wanted = [(_key(found, given), location) for given, location in partitions]
    taken = next((values for values, _ in wanted if values in known), None)
    if taken is not None and not if_not_exists:
        raise AthenaError("ALREADY_EXISTS", f"Partition already exists: {taken}")
    fresh = [(values, location or place_of(found, values)) for values, location in wanted if values not in known]
    register(session, found, fresh)
    return Result()


def drop_partitions(
    session: Session, *, table: Name, if_exists: bool, partitions: list[tuple[dict[str, str], str | None]]
) -> Result:
    found = _external(session, table)
    known = _known(session, found)
    for values in [_key(found, given) for given, _ in partitions]:
        if values in known:
            key = {"DatabaseName": found["DatabaseName"], "TableName": found["Name"]}
            session.clients.glue.delete_partition(**key, PartitionValues=list(values))
        elif not if_exists:
            raise AthenaError("PARTITION_NOT_FOUND", f"Partition not found: {values}")
    return Result()


def _known(session: Session, table: dict[str, Any]) -> set[tuple[str, ...]]:
    return {tuple(one["Values"]) for one in session.clients.partitions(table["DatabaseName"], table["Name"])}


def _key(table: dict[str, Any], given: dict[str, str]) -> tuple[str, ...]:
    keys = [one["Name"] for one in table.get("PartitionKeys") or []]
    if sorted(given) != sorted(keys):
        said = f"partition specification {given} does not name exactly {keys}"
        raise AthenaError("INVALID_PARTITION_VALUE", said)
    return tuple(given[key] for key in keys)


def place_of(table: dict[str, Any], values: Sequence[str]) -> str:
    """Return the folder in which Hive keeps a partition."""
    root: str = table["StorageDescriptor"]["Location"].rstrip("/")
    keys = [one["Name"] for one in table["PartitionKeys"]]
    return "/".join([root, *(f"{key}={_escaped(value)}" for key, value in zip(keys, values, strict=True)), ""])


def _escaped(value: str) -> str:
    """Return a value as Hive writes it in a path."""
    return re.sub(r"""[\x00-\x1f"#%'*/:=?\\{}\[\]^\x7f]""", lambda found: f"%{ord(found[0]):02X}", value)


def register(session: Session, table: dict[str, Any], wanted: Sequence[tuple[Sequence[str], str]]) -> None:
    """Make partitions known to the catalog."""
    inputs = [
        {"Values": list(values), "StorageDescriptor": table["StorageDescriptor"] | {"Location": location}}
        for values, location in wanted
    ]
    key = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
    for start in range(0, len(inputs), 100):
        session.clients.glue.batch_create_partition(**key, PartitionInputList=inputs[start : start + 100])


def repair(session: Session, *, table: Name) -> Result:
    stored = _external(session, table)
    keys = [one["Name"] for one in stored.get("PartitionKeys") or []]
    location = stored["StorageDescriptor"]["Location"].rstrip("/") + "/"
    prefix = split(location)[1]
    known = _known(session, stored)
    found: dict[tuple[str, ...], str] = {}
    for one in session.clients.objects_in(location):
        folders = one.key.removeprefix(prefix).split("/")[: len(keys)]
        parts = [folder.partition("=") for folder in folders]
        values = tuple(unquote(value) for _, _, value in parts)
        if [key.lower() for key, _, _ in parts] == keys and values not in known:
            found[values] = location + "/".join(folders) + "/"
    register(session, stored, list(found.items()))
    name = stored["Name"]
    added = ["/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True)) for values in found]
    missing = [f"Partitions not in metastore:\t{' '.join(f'{name}:{one}' for one in added)}"] if added else []
    return lines(*missing, *(f"Repair: Added partition to metastore {name}:{one}" for one in added))


def lines(*written: str, names: Sequence[str] = ()) -> Result:
    """Return the answer of a utility statement; its lines hold the columns named, between tabs."""
    return Result([(name, types.VARCHAR) for name in names], [(line,) for line in written])
