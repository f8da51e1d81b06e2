# ruff: noqa: E501, S608 - one fact, one line; SQL is written here, from names and literals of our own
"""Queries: FROM, GROUP BY, ORDER BY, set operations; names are resolved here, so that DuckDB sees only ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from sqlglot import exp

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.casts import coerced
from serverless_app.localcloud.athena.errors import AthenaError, mismatch, unsupported
from serverless_app.localcloud.athena.expressions import Column, Expressions, Relation, Scope, Typed
from serverless_app.localcloud.athena.parsing import position
from serverless_app.localcloud.athena.types import BIGINT, UNKNOWN, Type

_SELECT: Final = frozenset(
    ("with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct")
)
_SET: Final = frozenset(("with_", "this", "expression", "distinct", "order", "limit", "offset"))
_TABLE: Final = frozenset(("this", "db", "catalog", "alias", "version"))
_JOIN: Final = frozenset(("this", "kind", "side", "on", "using"))
_MOST_VIEWS: Final = 16


@dataclass(frozen=True)
class Found:
    """A query's SQL, whose columns are called c0, c1, …, with the names and types they have in Athena."""

    sql: str
    columns: list[tuple[str | None, Type]]


@dataclass(eq=False)
class TableUse:
    """One mention of a catalog's table: DuckDB's view of it, the columns used, and what prunes its partitions."""

    view: str
    definition: Any  # of the Glue Catalog, or pyiceberg's table
    columns: list[tuple[str, Type]]
    partitions: int
    snapshot: int | None = None
    used: set[str] = field(default_factory=set)
    pruning: list[tuple[str, str, exp.Expr]] = field(default_factory=list)


class Tables(Protocol):
    """Where the names in FROM are looked up."""

    def use(self, database: str, name: str, view: str, version: exp.Version | None) -> "TableUse | View | Found":
        """Return a table, a view or a table of the information schema, or raise TABLE_NOT_FOUND."""


@dataclass(frozen=True)
class View:
    """A view of the catalog: its query, and the database that names in it belong to."""

    query: exp.Expr
    database: str
    columns: list[tuple[str, Type]]


class Queries:
    """Translates the queries of one statement; `uses` are the tables it read."""

    def __init__(self, tables: Tables, now: datetime) -> None:
        self._tables = tables
        self.expressions = Expressions(now, self.query)
        self.uses: list[TableUse] = []
        self._depth = 0

    def query(self, node: exp.Expr, outer: Scope | None) -> Found:
        """Return any query expression."""
        scope = Scope(parent=outer, database=outer.database if outer else "")
        self._named_queries(node, scope)
        match node:
            case exp.Select():
                return self._select(node, scope)
            case exp.Union() | exp.Intersect() | exp.Except():
                return self._set_operation(node, scope)
            case exp.Values():
                return self._values(node, scope)
            case exp.Subquery() if not node.args.get("joins"):
                inner = self.query(node.this, scope)
                return self._ordered(node, inner, scope) if _tail(node) else inner
            case exp.Table():
                return self._select(exp.select("*").from_(node.copy()), scope)
        raise unsupported(f"{type(node).__name__.upper()} as a query", position(node))

    def _named_queries(self, node: exp.Expr, scope: Scope) -> None:
        clause = node.args.get("with_")
        if clause is None:
            return
        if clause.args.get("recursive"):
            raise unsupported("WITH RECURSIVE", position(clause))
        for named in clause.expressions:
            found = self.query(named.this, Scope(parent=scope, database=scope.database))
            scope.queries[named.alias.lower()] = _renamed(found, named.args["alias"].columns, named)

    # SELECT

    def _select(self, node: exp.Select, scope: Scope) -> Found:
        _only(node, _SELECT)
        sources = self._from(node, scope)
        where = self._where(node.args.get("where"), scope)
        items = list(self._items(node.expressions, scope))
        group = self._group(node.args.get("group"), items, scope)
        having = node.args.get("having")
        condition = f" HAVING {self.expressions.boolean(having.this, scope, 'HAVING clause')}" if having else ""
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise unsupported("DISTINCT ON", position(node))
        order = self._order(node.args.get("order"), items, scope, distinct=distinct is not None)
        listed = ", ".join(f"{value.sql} AS c{at}" for at, (_, value) in enumerate(items))
        sql = f"SELECT {'DISTINCT ' * (distinct is not None)}{listed}{sources}{where}{group}{condition}{order}{_limits(node)}"
        return Found(sql, [(name, value.type) for name, value in items])

    def _items(self, nodes: Sequence[exp.Expr], scope: Scope) -> Any:
        for node in nodes:
            star = node.this if isinstance(node, exp.Column) else node
            if isinstance(star, exp.Star):
                yield from self._star(node, star, scope)
            else:
                inner = node.this if isinstance(node, exp.Alias) else node
                name = node.alias.lower() if isinstance(node, exp.Alias) else _name(node)
                yield name, self.expressions.typed(inner, scope)

    def _star(self, node: exp.Expr, star: exp.Star, scope: Scope) -> Any:
        if any(star.args.values()):
            raise unsupported(star.sql("trino"), position(node))
        parts = [part.name.lower() for part in node.parts[:-1]] if isinstance(node, exp.Column) else []
        chosen = [one for one in scope.relations if one.names[: len(parts)] == tuple(reversed(parts))]
        if not chosen:
            what = (
                f"Unable to resolve reference {'.'.join(parts)}"
                if parts
                else "SELECT * not allowed in queries without FROM clause"
            )
            raise AthenaError("TABLE_NOT_FOUND" if parts else "COLUMN_NOT_FOUND", what, position(node))
        for relation in chosen:
            for column in relation.columns:
                self.expressions.used.append((relation, column))
                yield column.name or None, column.value

    def _where(self, node: exp.Where | None, scope: Scope) -> str:
        if node is None:
            return ""
        conditions = []
        for part in node.this.flatten() if isinstance(node.this, exp.And) else [node.this]:
            before = len(self.expressions.used)
            sql = self.expressions.boolean(part, scope, "WHERE clause")
            conditions.append(sql)
            self._prune(part, sql, self.expressions.used[before:])
        return f" WHERE {' AND '.join(conditions)}"

    def _prune(self, node: exp.Expr, sql: str, used: list[tuple[Relation, Column]]) -> None:
        relations = {relation for relation, _ in used}
        if len(relations) != 1 or node.find(exp.Query) is not None:
            return
        (relation,) = relations
        # A condition on the optional side of an outer join also meets rows that have no partition at all.
        if isinstance(relation.table, TableUse) and not relation.nullable:
            keys = {
                name for name, _ in relation.table.columns[len(relation.table.columns) - relation.table.partitions :]
            }
            if {column.name for _, column in used} <= keys:
                relation.table.pruning.append((sql, used[0][1].value.sql.partition(".")[0], node))

    def _group(self, node: exp.Group | None, items: list[tuple[str | None, Typed]], scope: Scope) -> str:
        if node is None:
            return ""
        _only(node, frozenset(("expressions", "grouping_sets", "cube", "rollup")))
        elements = [*node.expressions]
        for key in ("grouping_sets", "cube", "rollup"):
            elements += node.args.get(key) or []
        return " GROUP BY " + ", ".join(self._grouping(one, items, scope) for one in elements)

    def _grouping(self, node: exp.Expr, items: list[tuple[str | None, Typed]], scope: Scope) -> str:
        words: dict[type[exp.Expr], str] = {exp.GroupingSets: "GROUPING SETS", exp.Rollup: "ROLLUP", exp.Cube: "CUBE"}
        if type(node) in words:
            return f"{words[type(node)]} ({', '.join(self._grouping(one, items, scope) for one in node.expressions)})"
        if isinstance(node, exp.Tuple):
            return f"({', '.join(self._grouping(one, items, scope) for one in node.expressions)})"
        if isinstance(node, exp.Paren):
            return f"({self._grouping(node.this, items, scope)})"
        if isinstance(node, exp.Literal) and not node.is_string:
            return items[_ordinal(node, len(items), "GROUP BY")][1].sql
        value = self.expressions.typed(node, scope)
        if value.type.name == "map":
            raise unsupported("GROUP BY of a map", position(node))
        return value.sql

    def _order(
        self, node: exp.Order | None, items: list[tuple[str | None, Typed]], scope: Scope, *, distinct: bool
    ) -> str:
        if node is None:
            return ""
        named = {name: value for name, value in items if name}
        around = Scope(parent=scope, lambdas=named, database=scope.database)
        parts = []
        for one in node.expressions:
            at = _output(one.this, items)
            value = items[at][1] if at is not None else self.expressions.typed(one.this, around)
            if at is None and distinct:
                at = next((i for i, (_, item) in enumerate(items) if item.sql == value.sql), None)
                if at is None:
                    message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                    raise AthenaError("EXPRESSION_NOT_IN_DISTINCT", message, position(one))
            parts.append(self.expressions.typed_order(Typed(str(at + 1), value.type) if at is not None else value, one))
        return " ORDER BY " + ", ".join(parts)

    # Other queries

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> Found:
        _only(node, _SET)
        left, right = self.query(node.left, scope), self.query(node.right, scope)
        word = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}[type(node)]
        if len(left.columns) != len(right.columns):
            raise mismatch(
                f"{word} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
                position(node),
            )
        columns = []
        for at, ((name, one), (_, other)) in enumerate(zip(left.columns, right.columns, strict=True)):
            kind = types.common(one, other)
            if kind is None:
                raise mismatch(
                    f"column {at + 1} in {word} query has incompatible types: {one}, {other}", position(node)
                )
            columns.append((name, kind))
        kinds = [kind for _, kind in columns]
        distinct = "" if node.args.get("distinct") else " ALL"
        combined = Found(f"{self._aligned(left, kinds)} {word}{distinct} {self._aligned(right, kinds)}", columns)
        return self._ordered(node, combined, scope) if _tail(node) else self._wrapped(combined)

    def _aligned(self, found: Found, kinds: list[Type]) -> str:
        listed = (
            f"{coerced(f'c{at}', old, new)} AS c{at}"
            for at, ((_, old), new) in enumerate(zip(found.columns, kinds, strict=True))
        )
        return f"(SELECT {', '.join(listed)} FROM ({found.sql}) AS {self.expressions.unique('u')})"

    def _wrapped(self, found: Found, tail: str = "") -> Found:
        listed = ", ".join(f"c{at}" for at in range(len(found.columns)))
        return Found(f"SELECT {listed} FROM ({found.sql}) AS {self.expressions.unique('u')}{tail}", found.columns)

    def _ordered(self, node: exp.Expr, found: Found, scope: Scope) -> Found:
        items = [(name, Typed(f"c{at}", kind)) for at, (name, kind) in enumerate(found.columns)]
        order = self._order(node.args.get("order"), items, Scope(database=scope.database), distinct=False)
        return self._wrapped(found, f"{order}{_limits(node)}")

    def _values(self, node: exp.Values, scope: Scope) -> Found:
        rows = [
            [self.expressions.typed(one, scope) for one in (row.expressions if isinstance(row, exp.Tuple) else [row])]
            for row in node.expressions
        ]
        if len({len(row) for row in rows}) != 1:
            raise mismatch("Values rows have mismatched sizes", position(node))
        kinds: list[Type] = []
        for column in zip(*rows, strict=True):
            kind: Type | None = UNKNOWN
            for value in column:
                kind = kind and types.common(kind, value.type)
            if kind is None:
                raise mismatch(
                    f"Values rows have mismatched types: {', '.join(str(v.type) for v in column)}", position(node)
                )
            kinds.append(kind)
        written = ", ".join(
            f"({', '.join(coerced(v.sql, v.type, k) for v, k in zip(row, kinds, strict=True))})" for row in rows
        )
        names = ", ".join(f"c{at}" for at in range(len(kinds)))
        return Found(
            f"SELECT {names} FROM (VALUES {written}) AS {self.expressions.unique('v')}({names})",
            [(None, kind) for kind in kinds],
        )

    # FROM

    def _from(self, node: exp.Select, scope: Scope) -> str:
        first = node.args.get("from_")
        if first is None:
            return ""
        sql, relation = self._relation(first.this, scope)
        scope.relations.append(relation)
        for join in node.args.get("joins") or []:
            sql = self._join(sql, join, scope)
        return f" FROM {sql}"

    def _join(self, left: str, node: exp.Join, scope: Scope) -> str:
        _only(node, _JOIN)
        side, kind = str(node.args.get("side") or ""), str(node.args.get("kind") or "")
        condition, using = node.args.get("on"), node.args.get("using")
        if kind not in ("", "INNER", "OUTER", "CROSS") or side not in ("", "LEFT", "RIGHT", "FULL"):
            raise unsupported(f"{side} {kind} JOIN", position(node))
        right, relation = self._relation(node.this, scope)
        if side in ("RIGHT", "FULL"):
            for one in scope.relations:
                one.nullable = True
        relation.nullable = side in ("LEFT", "FULL")
        before = list(scope.relations)
        scope.relations.append(relation)
        if kind == "CROSS" or (condition is None and using is None and not side and not kind):
            return f"{left} CROSS JOIN {right}"
        if using:
            return f"{left} {side} JOIN {right} ON {self._using(using, before, relation, side, scope)}"
        if condition is None:
            raise AthenaError("SYNTAX_ERROR", "a join needs ON or USING", position(node))
        return f"{left} {side} JOIN {right} ON {self.expressions.boolean(condition, scope, 'JOIN ON clause')}"

    def _using(
        self, names: Sequence[exp.Expr], before: list[Relation], right: Relation, side: str, scope: Scope
    ) -> str:
        merged, conditions = Relation((), []), []
        for node in names:
            name = node.name.lower()
            one, other = (
                self.expressions.typed(exp.column(name), Scope(before)),
                self.expressions.typed(exp.column(name), Scope([right])),
            )
            kind = types.common(one.type, other.type)
            if kind is None:
                raise mismatch(
                    f"Column Types of left and right side of the join must be compatible: {one.type}, {other.type}"
                )
            a, b = coerced(one.sql, one.type, kind), coerced(other.sql, other.type, kind)
            conditions.append(f"{a} = {b}")
            value = {"RIGHT": b, "FULL": f"coalesce({a}, {b})"}.get(side, a)
            merged.columns.append(Column(name, Typed(value, kind)))
        hidden = {column.name for column in merged.columns}
        for relation in (*before, right):
            relation.columns = [column for column in relation.columns if column.name not in hidden]
        scope.relations.insert(0, merged)
        return " AND ".join(conditions)

    def _relation(self, node: exp.Expr, scope: Scope) -> tuple[str, Relation]:
        alias = node.args.get("alias")
        if isinstance(node, exp.Table):
            return self._table(node, scope)
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            found = self.query(node.this.this, scope)
            sql, relation = self._derived(found, alias, node)
            return f"LATERAL {sql}", relation
        if isinstance(node, (exp.Subquery, exp.Values)):
            inner = node.copy()
            inner.set("alias", None)
            return self._derived(self.query(inner, self._outside(scope)), alias, node)
        raise unsupported(f"{node.sql('trino')} in FROM", position(node))

    def _outside(self, scope: Scope) -> Scope:
        """Return a scope that sees what WITH names, but no relation of the same FROM."""
        return Scope(parent=scope.parent, queries=scope.queries, database=scope.database)

    def _derived(self, found: Found, alias: exp.TableAlias | None, node: exp.Expr) -> tuple[str, Relation]:
        found = _renamed(found, alias.columns if alias else [], node)
        return self._placed(f"({found.sql})", found.columns, (alias.name.lower(),) if alias and alias.name else ())

    def _placed(
        self, sql: str, columns: Sequence[tuple[str | None, Type]], names: tuple[str, ...]
    ) -> tuple[str, Relation]:
        place = self.expressions.unique("t")
        written = ", ".join(f"c{at}" for at in range(len(columns)))
        found = [Column(name or "", Typed(f"{place}.c{at}", kind)) for at, (name, kind) in enumerate(columns)]
        return f"{sql} AS {place}({written})", Relation(names, found)

    def _table(self, node: exp.Table, scope: Scope) -> tuple[str, Relation]:
        _only(node, _TABLE)
        if not isinstance(node.this, exp.Identifier):
            raise unsupported(f"the table function {node.this.sql('trino')}", position(node))
        name, database = node.name.lower(), node.db.lower()
        if node.catalog.lower() not in ("", "awsdatacatalog"):
            raise AthenaError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", position(node))
        alias = node.args.get("alias")
        given = (alias.name.lower(),) if alias and alias.name else None
        named = scope.named_query(name) if not database else None
        if named is not None:
            found = _renamed(named, alias.columns if alias else [], node)
            return self._placed(f"({found.sql})", found.columns, given or (name,))
        database = database or scope.database
        names = given or (name, database, "awsdatacatalog")
        try:
            meant = self._tables.use(database, name, self.expressions.unique("b"), node.args.get("version"))
        except AthenaError as error:
            if error.code in ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"):
                raise AthenaError(error.code, str(error).partition(": ")[2], position(node)) from error
            raise
        if isinstance(meant, View):
            meant = self._view(meant, name)
        if isinstance(meant, Found):
            found = _renamed(meant, alias.columns if alias else [], node)
            return self._placed(f"({found.sql})", found.columns, names)
        self.uses.append(meant)
        shown = _renamed(Found("", list(meant.columns)), alias.columns if alias else [], node).columns
        sql, relation = self._placed(meant.view, shown, names)
        relation.table = meant
        return sql, relation

    def _view(self, view: View, name: str) -> Found:
        self._depth += 1
        if self._depth > _MOST_VIEWS:
            raise AthenaError("INVALID_VIEW", f"View '{name}' is recursive")
        found = self.query(view.query, Scope(database=view.database))
        self._depth -= 1
        kinds = [kind for _, kind in view.columns]
        if [kind for _, kind in found.columns] != kinds:
            raise AthenaError(
                "VIEW_IS_STALE",
                f"View '{name}' is stale or in invalid state: its columns changed; it must be re-created",
            )
        return Found(found.sql, list(view.columns))

    def _unnest(self, node: exp.Unnest, scope: Scope) -> tuple[str, Relation]:
        sources, columns, lists, step = [], [], list[str](), self.expressions.unique("i")
        for item in node.expressions:
            value = self.expressions.typed(item, scope)
            if value.type.name not in ("array", "map"):
                raise mismatch(f"Cannot unnest type: {value.type}", position(item))
            sources.append(
                f"coalesce(len({value.sql}), 0)"
                if value.type.name == "array"
                else f"coalesce(cardinality({value.sql}), 0)"
            )
            for kind, sql in _lists(value):
                columns += _unnested(kind, f"{step}.u{len(lists)}")
                lists.append(f"unnest({sql}) AS u{len(lists)}")
        alias = node.args.get("alias")
        named = list(alias.columns) if alias else []
        if node.args.get("offset"):
            columns.append((None, Typed(f"{step}.u{len(lists)}", BIGINT)))
            lists.append(f"unnest(generate_series(1, CAST(greatest({', '.join(sources)}) AS BIGINT))) AS u{len(lists)}")
            if isinstance(node.args["offset"], exp.Identifier):
                named.append(node.args["offset"])
        listed = ", ".join(f"{value.sql} AS c{at}" for at, (_, value) in enumerate(columns))
        # DuckDB unnests side by side, and fills the shorter lists with NULL, as Trino does.
        steps = f"(SELECT {', '.join(lists)}) AS {step}"
        found = Found(f"SELECT {listed} FROM {steps}", [(name, value.type) for name, value in columns])
        sql, relation = self._derived(_renamed(found, named, node), None, node)
        relation.names = (alias.name.lower(),) if alias and alias.name else ()
        return f"LATERAL {sql}" if scope.relations else sql, relation


def _lists(value: Typed) -> list[tuple[Type, str]]:
    if value.type.name == "map":
        return [(value.type.args[0], f"map_keys({value.sql})"), (value.type.args[1], f"map_values({value.sql})")]
    return [(value.type.args[0], value.sql)]


def _unnested(item: Type, sql: str) -> list[tuple[str | None, Typed]]:
    if item.name != "row":
        return [(None, Typed(sql, item))]
    return [
        (name or None, Typed(f"struct_extract_at({sql}, {at + 1})", kind)) for at, (name, kind) in enumerate(item.args)
    ]


def _renamed(found: Found, names: Sequence[exp.Expr], node: exp.Expr) -> Found:
    if not names:
        return found
    if len(names) != len(found.columns):
        message = f"Column alias list has {len(names)} entries but relation has {len(found.columns)} columns available"
        raise mismatch(message, position(node))
    return Found(found.sql, [(name.name.lower(), kind) for name, (_, kind) in zip(names, found.columns, strict=True)])


def _name(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Paren):
        return None
    if isinstance(node, exp.Dot):
        return str(node.expression.name).lower()
    return str(node.name).lower() if isinstance(node, (exp.Column, exp.Identifier)) else None


def _output(node: exp.Expr, items: Sequence[tuple[str | None, Typed]]) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string:
        return _ordinal(node, len(items), "ORDER BY")
    if isinstance(node, exp.Column) and not node.table:
        at = [place for place, (name, _) in enumerate(items) if name == node.name.lower()]
        if len({items[place][1].sql for place in at}) > 1:
            raise AthenaError("AMBIGUOUS_NAME", f"Column '{node.name}' is ambiguous", position(node))
        return at[0] if at else None
    return None


def _ordinal(node: exp.Literal, count: int, clause: str) -> int:
    if not node.name.isdigit() or not 1 <= int(node.name) <= count:
        raise AthenaError("INVALID_COLUMN_REFERENCE", f"{clause} position {node.name} is not in select list")
    return int(node.name) - 1


def _tail(node: exp.Expr) -> bool:
    return any(node.args.get(key) for key in ("order", "limit", "offset"))


def _limits(node: exp.Expr) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    sql = ""
    if isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
            raise unsupported("FETCH with ties or percent")
        sql += f" LIMIT {_count(limit.args.get('count') or exp.Literal.number(1))}"
    elif limit is not None and limit.args.get("limit_options"):
        raise AthenaError("SYNTAX_ERROR", "LIMIT takes a number of rows")
    elif limit is not None and limit.expression.name.upper() != "ALL":
        sql += f" LIMIT {_count(limit.expression)}"
    return sql + (f" OFFSET {_count(offset.expression)}" if offset is not None else "")


def _count(node: exp.Expr) -> str:
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        raise AthenaError("SYNTAX_ERROR", f"LIMIT and OFFSET take a number of rows, not {node.sql('trino')}")
    return str(node.name)


def _only(node: exp.Expr, allowed: frozenset[str]) -> None:
    for key, value in node.args.items():
        if value and key not in allowed:
            shown = value[0] if isinstance(value, list) else value
            written = shown.sql("trino") if isinstance(shown, exp.Expr) else key
            raise unsupported(f"{key.strip('_').upper()}: {written}", position(node))
