"""Statements: those of SQL by their tree, all others by their form; each either runs or is refused by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from sqlglot import exp

from localcloud.athena import changes, ddl, dml, shown
from localcloud.athena.engine import Session, named
from localcloud.athena.errors import unsupported
from localcloud.athena.grammar import Form, first_word, form, uncommented
from localcloud.athena.parsing import bind, parse
from localcloud.athena.results import Result

_CREATE_DATABASE: Final = (
    "CREATE {DATABASE|SCHEMA} [IF NOT EXISTS] <name> [COMMENT <comment:text>] [LOCATION <location:text>]"
    " [WITH DBPROPERTIES <properties>]"
)
_CREATE_ICEBERG: Final = (
    "CREATE TABLE [IF NOT EXISTS] <table> <columns> [PARTITIONED BY <transforms:list>] LOCATION <location:text>"
    " TBLPROPERTIES <properties>"
)
_CREATE_AS: Final = "CREATE TABLE [IF NOT EXISTS] <table> [WITH <options:properties>] AS <query>"
_CREATE_TABLE: Final = (
    "CREATE EXTERNAL TABLE [IF NOT EXISTS] <table> <columns> [COMMENT <comment:text>] [PARTITIONED BY <keys:columns>]"
    " [ROW FORMAT {SERDE <serde:text> [WITH SERDEPROPERTIES <options:properties>] | DELIMITED"
    " [FIELDS TERMINATED BY <fields:text> [ESCAPED BY <escape:text>]] [COLLECTION ITEMS TERMINATED BY <items:text>]"
    " [MAP KEYS TERMINATED BY <map_keys:text>] [LINES TERMINATED BY <lines:text>] [NULL DEFINED AS <null:text>]}]"
    " [STORED AS {INPUTFORMAT <input:text> OUTPUTFORMAT <output:text> | <stored:name>}]"
    " [WITH SERDEPROPERTIES <more:properties>] [LOCATION <location:text>] [TBLPROPERTIES <properties>]"
)
# What the API calls a statement, its form, and what runs it.
FORMS: Final[tuple[tuple[str, str, Callable[..., Result]], ...]] = (
    ("DDL CREATE_DATABASE", _CREATE_DATABASE, ddl.create_database),
    ("DDL DROP_DATABASE", "DROP {DATABASE|SCHEMA} [IF EXISTS] <name> [{RESTRICT}] [CASCADE]", ddl.drop_database),
    ("DDL CREATE_TABLE", _CREATE_TABLE, ddl.create_table),
    ("DDL CREATE_TABLE", _CREATE_ICEBERG, ddl.create_iceberg),
    ("DDL CREATE_TABLE_AS_SELECT", _CREATE_AS, dml.create_table_as),
    ("DDL DROP_TABLE", "DROP TABLE [IF EXISTS] <table>", ddl.drop_table),
    ("DDL ALTER_TABLE", "ALTER TABLE <table> ADD COLUMNS <columns>", ddl.add_columns),
    ("DDL ALTER_TABLE", "ALTER TABLE <table> REPLACE COLUMNS <columns>", ddl.replace_columns),
    ("DDL ALTER_TABLE", "ALTER TABLE <table> ADD [IF NOT EXISTS] <partitions>", ddl.add_partitions),
    ("DDL ALTER_TABLE", "ALTER TABLE <table> DROP [IF EXISTS] <partitions>", ddl.drop_partitions),
    ("DDL ALTER_TABLE", "ALTER TABLE <table> SET TBLPROPERTIES <properties>", ddl.set_properties),
    ("DDL ALTER_TABLE", "ALTER TABLE <table> SET LOCATION <location:text>", ddl.set_location),
    ("DDL MSCK_REPAIR_TABLE", "MSCK REPAIR TABLE <table>", ddl.repair),
    ("DDL CREATE_VIEW", "CREATE [OR REPLACE] VIEW <table> AS <query>", dml.create_view),
    ("DDL DROP_VIEW", "DROP VIEW [IF EXISTS] <table>", partial(ddl.drop_table, view=True)),
    ("UTILITY SHOW_DATABASES", "SHOW {DATABASES|SCHEMAS} [{LIKE}] [<like:text>]", shown.databases),
    ("UTILITY SHOW_TABLES", "SHOW TABLES [{IN|FROM} <name>] [{LIKE}] [<like:text>]", shown.tables),
    (
        "UTILITY SHOW_VIEWS",
        "SHOW VIEWS [{IN|FROM} <name>] [{LIKE}] [<like:text>]",
        partial(shown.tables, views_only=True),
    ),
    ("UTILITY SHOW_PARTITIONS", "SHOW PARTITIONS <table>", shown.partitions),
    ("UTILITY SHOW_COLUMNS", "SHOW COLUMNS {IN|FROM} <table>", shown.columns),
    ("UTILITY SHOW_TBLPROPERTIES", "SHOW TBLPROPERTIES <table>", shown.properties),
    ("UTILITY SHOW_CREATE", "SHOW CREATE TABLE <table>", shown.create_table),
    ("UTILITY SHOW_CREATE", "SHOW CREATE VIEW <table>", shown.create_view),
    ("UTILITY DESCRIBE_TABLE", "{DESCRIBE|DESC} <table>", shown.described),
    ("DML INSERT", "INSERT INTO <table> [<chosen:names>] <query>", dml.insert),
    ("DML UNLOAD", "UNLOAD ( <query> ) TO <location:text> WITH <options:properties>", dml.unload),
)
_FIRST: Final = frozenset(("CREATE", "DROP", "ALTER", "MSCK", "SHOW", "DESCRIBE", "DESC", "INSERT", "UNLOAD"))


@dataclass(frozen=True)
class Outcome:
    """A statement's result, with the names that the API has for its kind."""

    kind: str
    name: str
    result: Result


@cache
def _forms() -> tuple[tuple[str, Form, Callable[..., Result]], ...]:
    return tuple((called, form(written), run) for called, written, run in FORMS)


def read(sql: str) -> tuple[str, Callable[..., Result], dict[str, Any]] | None:
    """Return a statement's name, what runs it, and its parts, if it has one of the forms."""
    if first_word(sql) not in _FIRST:
        return None
    # A query keeps its comments: it quotes texts as Trino does, not as Hive does.
    plain = uncommented(sql)
    for called, one, answer in _forms():
        given = one.read(sql if "query" in one.kinds else plain)
        if given is not None:
            return called, answer, given
    return None


def run(session: Session, sql: str, parameters: Sequence[str]) -> Outcome:
    """Run one statement."""
    sql = bind(sql, parameters).strip().removesuffix(";")
    formed = read(sql)
    if formed is not None:
        called, answer, given = formed
        kind, name = called.split()
        return Outcome(kind, name, answer(session, **given))
    first = first_word(sql)
    statement = None if first in _FIRST - {"INSERT"} else parse(sql)
    if isinstance(statement, (exp.Query, exp.Values)):
        found = session.translate(statement)
        return Outcome("DML", "SELECT", Result(named(found.columns), session.rows(found)))
    if isinstance(statement, (exp.Update, exp.Delete, exp.Merge)):
        return Outcome("DML", statement.key.upper(), changes.change(session, statement))
    raise unsupported(f"{first} as it is written here: docs/athena.md lists the statements that are answered")
