"""Statements, told apart by their first words: each either runs or is refused by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from serverless_app.localcloud.athena import ddl, dml
from serverless_app.localcloud.athena.engine import Session, named
from serverless_app.localcloud.athena.errors import AthenaError, unsupported
from serverless_app.localcloud.athena.parsing import bind, parse
from serverless_app.localcloud.athena.results import Result
from serverless_app.localcloud.athena.words import Words


@dataclass(frozen=True)
class Outcome:
    """A statement's result, with the names that the API has for its kind."""

    kind: str
    name: str
    result: Result


def run(session: Session, sql: str, parameters: Sequence[str], output: str) -> Outcome:
    """Run one statement; `output` is where its result goes, without a suffix."""
    sql = bind(sql, parameters)
    words = Words(sql)
    first = words.peek()
    if first in ("CREATE", "DROP", "ALTER", "MSCK", "SHOW", "DESCRIBE", "DESC"):
        return _on_the_catalog(session, words, output)
    if words.skip("INSERT", "INTO"):
        return Outcome("DML", "INSERT", dml.insert(session, words))
    if words.skip("UNLOAD"):
        return Outcome("DML", "UNLOAD", dml.unload(session, words))
    return _query(session, parse(words.rest()))


def _query(session: Session, statement: exp.Expr) -> Outcome:
    if isinstance(statement, (exp.Query, exp.Values)):
        found = session.translate(statement)
        return Outcome("DML", "SELECT", Result(named(found.columns), session.rows(found)))
    if isinstance(statement, exp.Update):
        return Outcome("DML", "UPDATE", dml.change(session, statement))
    if isinstance(statement, exp.Delete):
        return Outcome("DML", "DELETE", dml.change(session, statement))
    if isinstance(statement, exp.Merge):
        return Outcome("DML", "MERGE", dml.merge(session, statement))
    if (
        isinstance(statement, (exp.Command, exp.DDL, exp.Set, exp.Pragma, exp.Copy))
        or type(statement).__module__ == "sqlglot.expressions.ddl"
    ):
        name = statement.name if isinstance(statement, exp.Command) else type(statement).__name__
        raise unsupported(f"the statement {name.upper()}")
    raise AthenaError("SYNTAX_ERROR", f"mismatched input '{statement.sql('trino')}': no statement starts so")


def _on_the_catalog(session: Session, words: Words, output: str) -> Outcome:
    if words.skip("SHOW"):
        return Outcome("UTILITY", f"SHOW_{words.peek()}", ddl.show(session, words))
    if words.skip("DESCRIBE") or words.skip("DESC"):
        return Outcome("UTILITY", "DESCRIBE_TABLE", ddl.describe(session, words))
    if words.skip("MSCK", "REPAIR", "TABLE"):
        return Outcome("DDL", "MSCK_REPAIR_TABLE", ddl.repair(session, words))
    if words.skip("DROP"):
        return Outcome("DDL", f"DROP_{words.peek()}", ddl.drop(session, words))
    if words.skip("ALTER", "TABLE"):
        return Outcome("DDL", "ALTER_TABLE", ddl.alter_table(session, words))
    words.take("CREATE")
    return _create(session, words, output)


def _create(session: Session, words: Words, output: str) -> Outcome:
    if words.skip("DATABASE") or words.skip("SCHEMA"):
        return Outcome("DDL", "CREATE_DATABASE", ddl.create_database(session, words))
    if words.skip("EXTERNAL", "TABLE"):
        return Outcome("DDL", "CREATE_TABLE", ddl.create_table(session, words, external=True))
    replace = words.skip("OR", "REPLACE")
    if words.skip("VIEW"):
        return Outcome("DDL", "CREATE_VIEW", dml.create_view(session, words, replace=replace))
    words.take("TABLE")
    if words.defines_columns():
        return Outcome("DDL", "CREATE_TABLE", ddl.create_table(session, words, external=False))
    return Outcome("DDL", "CREATE_TABLE_AS_SELECT", dml.create_table_as(session, words, output))
