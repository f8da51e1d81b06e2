"""UPDATE, DELETE and MERGE of Iceberg tables: read whole, changed in DuckDB, committed whole on what was read."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from localcloud.athena import iceberg
from localcloud.athena.casts import coerced
from localcloud.athena.dml import iceberg_rows, once, takes
from localcloud.athena.duck import names, select
from localcloud.athena.engine import Session
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.operators import Typed
from localcloud.athena.queries import Queries
from localcloud.athena.results import Result
from localcloud.athena.scope import Column, Found, Relation, Scope
from localcloud.athena.types import UNKNOWN


class _Target:
    """The table that a statement changes, which DuckDB knows as `target`."""

    def __init__(self, session: Session, node: exp.Expr) -> None:
        self.session = session
        database, name = node.text("db").lower() or session.default, node.name.lower()
        definition = session.tables.definition(database, name)
        if not iceberg.is_iceberg(definition):
            raise AthenaError("NOT_SUPPORTED", "Modifying Hive table rows is only supported for Iceberg tables")
        self.table = iceberg.load(session.clients, definition)
        self.columns = iceberg.columns(self.table)
        self.places = {column: f"c{at}" for at, (column, _) in enumerate(self.columns)}
        self.queries = Queries(session.tables, session.now)
        found = [Column(column, Typed(f"target.c{at}", kind)) for at, (column, kind) in enumerate(self.columns)]
        alias = node.args.get("alias")
        self.relation = Relation((alias.name.lower(),) if alias else (name, database, "awsdatacatalog"), found)
        self.scope = Scope([self.relation], database=session.default)

    def condition(self, node: exp.Expr | None, scope: Scope, what: str) -> str:
        """Return a condition's SQL; a missing condition is true."""
        return "true" if node is None else self.queries.expressions.boolean(node, scope, what)

    def value(self, name: str, node: exp.Expr, scope: Scope) -> str:
        """Return the SQL of a value, cast to the type of the column that it is assigned to."""
        kinds = dict(self.columns)
        if name not in kinds:
            raise AthenaError("COLUMN_NOT_FOUND", f"The target column {name} doesn't exist")
        given = self.queries.expressions.typed(node, scope)
        if not takes(kinds[name], given.type):
            raise mismatch(f"Assignment for column {name}: {kinds[name]} cannot take {given.type}")
        return given.to(kinds[name])

    def assigned(self, node: exp.Expr, scope: Scope) -> str:
        """Return the SET of an UPDATE."""
        assigned = [(one.this.name.lower(), one.expression) for one in node.expressions]
        once([name for name, _ in assigned])
        return ", ".join(f"{self.places.get(name)} = {self.value(name, one, scope)}" for name, one in assigned)

    def inserted(self, then: exp.Expr, scope: Scope) -> str:
        """Return the columns and values of an INSERT in MERGE."""
        given = then.expression.expressions if isinstance(then.expression, exp.Tuple) else []
        chosen = [one.name.lower() for one in then.this.expressions] if then.this is not None else list(self.places)
        once(chosen)
        if len(chosen) != len(given):
            raise mismatch("MERGE insert columns and values do not fit each other")
        values = {name: self.value(name, one, scope) for name, one in zip(chosen, given, strict=True)}
        listed = (values.get(name) or coerced("NULL", UNKNOWN, kind) for name, kind in self.columns)
        return f"({names(len(self.columns))}) VALUES ({', '.join(listed)})"

    def read(self) -> None:
        """Make DuckDB's copy of the table, and define what the statement reads besides."""
        rows, scanned = iceberg.scan(self.table)
        self.session.tables.count(scanned)
        found = self.session.tables.rows("target", rows, self.columns)
        self.session.cursor.execute(f"CREATE TEMP TABLE target AS {found.sql}")
        self.session.define(self.queries)

    def run(self, sql: str) -> Result:
        """Change DuckDB's copy, and commit it in the place of the table if that changed a row."""
        ((count,),) = self.session.cursor.execute(sql).fetchall()
        if count:
            everything = Found(select(self.places.values(), "FROM target"), list(self.columns))
            iceberg.replace(self.table, iceberg_rows(self.session, everything, self.columns))
        return Result(manifest=(), written=count)


def change(session: Session, node: exp.Expr) -> Result:
    """Run UPDATE, DELETE or MERGE."""
    target = _Target(session, node.this)
    if isinstance(node, exp.Merge):
        return _merge(target, node)
    extra = next(
        (key for key, value in node.args.items() if value and key not in ("this", "where", "expressions")), None
    )
    if extra:
        raise unsupported(f"{extra} in {node.key.upper()}")
    where = node.args.get("where")
    condition = target.condition(where and where.this, target.scope, "WHERE clause")
    if isinstance(node, exp.Update):
        sql = f"UPDATE target SET {target.assigned(node, target.scope)} WHERE {condition}"  # noqa: S608 - see duck.py
    else:
        sql = f"DELETE FROM target WHERE {condition}"  # noqa: S608 - see duck.py
    target.read()
    return target.run(sql)


def _merge(target: _Target, node: exp.Merge) -> Result:
    sql, relation = target.queries.relation(node.args["using"], Scope(database=target.session.default))
    both = Scope([target.relation, relation], database=target.session.default)
    only = Scope([relation], database=target.session.default)
    on = target.condition(node.args["on"], both, "MERGE ON clause")
    clauses, acting = [], []
    for when in node.args["whens"].expressions:
        matched, then = bool(when.args.get("matched")), when.args["then"]
        scope = both if matched else only
        test = target.condition(when.args.get("condition"), scope, "MERGE WHEN clause")
        action = _action(target, then, scope, matched=matched)
        if action is None or when.args.get("source"):
            raise unsupported(f"{when.sql('trino')} in MERGE")
        clauses.append(f"WHEN {'' if matched else 'NOT '}MATCHED AND {test} THEN {action}")
        acting += [test] if matched else []
    target.read()
    _once(target.session, f"target JOIN {sql} ON {on}", acting)
    return target.run(f"MERGE INTO target USING {sql} ON {on} {' '.join(clauses)}")


def _action(target: _Target, then: Any, scope: Scope, *, matched: bool) -> str | None:
    if matched and isinstance(then, exp.Update):
        return f"UPDATE SET {target.assigned(then, scope)}"
    if matched and isinstance(then, exp.Var) and then.name.upper() == "DELETE":
        return "DELETE"
    if not matched and isinstance(then, exp.Insert):
        return f"INSERT {target.inserted(then, scope)}"
    return None


def _once(session: Session, joined: str, acting: Sequence[str]) -> None:
    """Raise where a row of the target would be changed by more than one row of the source."""
    if acting:
        condition = " OR ".join(f"({test})" for test in acting)
        hit = f"FROM {joined} WHERE {condition} GROUP BY target.rowid HAVING count(*) > 1 LIMIT 1"
        if session.cursor.execute(select(["1"], hit)).fetchall():
            said = "One MERGE target table row matched more than one source row"
            raise AthenaError("MERGE_TARGET_ROW_MULTIPLE_MATCHES", said)
