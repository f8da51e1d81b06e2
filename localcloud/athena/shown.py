"""What SHOW and DESCRIBE say of the catalog."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from localcloud.athena import iceberg
from localcloud.athena.ddl import Name, definition, lines
from localcloud.athena.engine import Session
from localcloud.athena.errors import AthenaError
from localcloud.athena.results import Result
from localcloud.athena.tables import view_document

_DESCRIBED: Final = ("col_name", "data_type", "comment")
_OWN: Final = frozenset(("EXTERNAL", "metadata_location", "previous_metadata_location", "table_type"))


def databases(session: Session, *, like: str | None) -> Result:
    return lines(*_matching(session.clients.databases(), like), names=["database_name"])


def tables(session: Session, *, name: str | None, like: str | None, views_only: bool = False) -> Result:
    database = name or session.default
    session.clients.need_database(database)
    found = session.clients.tables(database)
    listed = (one["Name"] for one in found if not views_only or one.get("TableType") == "VIRTUAL_VIEW")
    return lines(*_matching(listed, like), names=["tab_name"])


def _matching(names: Any, like: str | None) -> Iterator[str]:
    pattern = re.escape(like or "*").replace(r"\.\*", ".*").replace(r"\*", ".*").replace(r"\|", "|")
    return (name for name in names if re.fullmatch(pattern, name))


def partitions(session: Session, *, table: Name) -> Result:
    found = definition(session, table)
    keys = [one["Name"] for one in found.get("PartitionKeys") or []]
    if not keys:
        raise AthenaError("NOT_SUPPORTED", f"Table {found['Name']} is not a partitioned table")
    listed = session.clients.partitions(found["DatabaseName"], found["Name"])
    shown = ("/".join(f"{key}={value}" for key, value in zip(keys, one["Values"], strict=True)) for one in listed)
    return lines(*sorted(shown), names=["partition"])


def columns(session: Session, *, table: Name) -> Result:
    found = definition(session, table)
    listed = [*found["StorageDescriptor"]["Columns"], *(found.get("PartitionKeys") or [])]
    return lines(*(f"{one['Name']:<20}" for one in listed), names=["field"])


def properties(session: Session, *, table: Name) -> Result:
    found = sorted((definition(session, table).get("Parameters") or {}).items())
    return lines(*(f"{key}\t{value}" for key, value in found), names=["prpt_name", "prpt_value"])


def described(session: Session, *, table: Name) -> Result:
    found = definition(session, table)
    keys = [_described(one) for one in found.get("PartitionKeys") or []]
    listed = [_described(one) for one in found["StorageDescriptor"]["Columns"]]
    head = f"{'# col_name':<24}\t{'data_type':<20}\t{'comment':<20}"
    partition = ["\t \t ", f"{'# Partition Information':<24}\t \t ", head, "\t \t ", *keys] if keys else []
    return lines(*listed, *keys, *partition, names=_DESCRIBED)


def _described(column: dict[str, str]) -> str:
    return f"{column['Name']:<20}\t{column['Type']:<20}\t{column.get('Comment', ''):<20}"


def create_view(session: Session, *, table: Name) -> Result:
    found = definition(session, table)
    query: str = view_document(found)["originalSql"]
    first = f"CREATE VIEW {found['DatabaseName']}.{found['Name']} AS"
    return lines(first, *query.splitlines(), names=["create_view"])


def create_table(session: Session, *, table: Name) -> Result:
    found = definition(session, table)
    if found.get("TableType") == "VIRTUAL_VIEW":
        raise AthenaError("NOT_SUPPORTED", f"{found['Name']} is a view: use SHOW CREATE VIEW")
    stored, kept = found["StorageDescriptor"], {k: v for k, v in found["Parameters"].items() if k not in _OWN}
    written = [*_listed("CREATE EXTERNAL TABLE `{}`".format(found["Name"]), map(_column, stored["Columns"]))]
    written += _listed("PARTITIONED BY ", map(_column, found.get("PartitionKeys") or []))
    if iceberg.is_iceberg(found):
        written[0] = f"CREATE TABLE `{found['DatabaseName']}.{found['Name']}`("
        kept["table_type"] = "iceberg"
    else:
        serde = stored["SerdeInfo"]
        written += ["ROW FORMAT SERDE ", f"  '{serde['SerializationLibrary']}' "]
        written += _listed("WITH SERDEPROPERTIES ", _pairs(serde.get("Parameters") or {}))
        written += ["STORED AS INPUTFORMAT ", f"  '{stored['InputFormat']}' "]
        written += ["OUTPUTFORMAT ", f"  '{stored['OutputFormat']}'"]
    written += ["LOCATION", f"  '{stored['Location']}'", *_listed("TBLPROPERTIES ", _pairs(kept))]
    return lines(*written, names=["createtab_stmt"])


def _listed(before: str, items: Any) -> Iterator[str]:
    shown: Sequence[str] = list(items)
    if shown:
        yield f"{before}("
        yield from (f"  {one}, " for one in shown[:-1])
        yield f"  {shown[-1]})"


def _column(column: dict[str, str]) -> str:
    comment = f" COMMENT {_text(column['Comment'])}" if column.get("Comment") else ""
    return f"`{column['Name']}` {column['Type']}{comment}"


def _pairs(given: dict[str, str]) -> Iterator[str]:
    return (f"{_text(key)}={_text(value)}" for key, value in sorted(given.items()))


def _text(value: str) -> str:
    shown = value.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + "'"
