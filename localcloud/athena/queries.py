"""Queries: FROM, GROUP BY, ORDER BY, set operations; names are resolved here, so that DuckDB sees only ours."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlglot import exp

from localcloud.athena import types
from localcloud.athena.duck import names, places, select
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.expressions import Expressions
from localcloud.athena.operators import Typed
from localcloud.athena.parsing import position
from localcloud.athena.scope import Column, Found, Relation, Scope, Tables, TableUse, View
from localcloud.athena.types import BIGINT, Type

_SELECT: Final = frozenset(
    ("with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct")
)
_SET: Final = frozenset(("with_", "this", "expression", "distinct", "order", "limit", "offset"))
_TABLE: Final = frozenset(("this", "db", "catalog", "alias", "version"))
_JOIN: Final = frozenset(("this", "kind", "side", "on", "using"))
_GROUP: Final = frozenset(("expressions", "grouping_sets", "cube", "rollup"))
_GROUPINGS: Final[dict[type[exp.Expr], str]] = {
    exp.GroupingSets: "GROUPING SETS",
    exp.Rollup: "ROLLUP",
    exp.Cube: "CUBE",
    exp.Tuple: "",
}
_WORDS: Final[dict[type[exp.Expr], str]] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}
_MOST_VIEWS: Final = 16

Items = Sequence[tuple[str | None, Typed]]


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
                return self._ordered(node, self.query(node.this, scope), scope)
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
        rest = f"{sources}{where}{group}{condition}{order}{_limits(node)}"
        sql = select((value.sql for _, value in items), rest, distinct=distinct is not None)
        return Found(sql, [(name, value.type) for name, value in items])

    def _items(self, nodes: Sequence[exp.Expr], scope: Scope) -> Iterator[tuple[str | None, Typed]]:
        for node in nodes:
            star = node.this if isinstance(node, exp.Column) else node
            if isinstance(star, exp.Star):
                yield from self._star(node, star, scope)
            else:
                inner = node.this if isinstance(node, exp.Alias) else node
                name = node.alias.lower() if isinstance(node, exp.Alias) else _name(node)
                yield name, self.expressions.typed(inner, scope)

    def _star(self, node: exp.Expr, star: exp.Star, scope: Scope) -> Iterator[tuple[str | None, Typed]]:
        if any(star.args.values()):
            raise unsupported(star.sql("trino"), position(node))
        parts = [part.name.lower() for part in node.parts[:-1]] if isinstance(node, exp.Column) else []
        chosen = [one for one in scope.relations if one.names[: len(parts)] == tuple(reversed(parts))]
        if not chosen and parts:
            raise AthenaError("TABLE_NOT_FOUND", f"Unable to resolve reference {'.'.join(parts)}", position(node))
        if not chosen:
            said = "SELECT * not allowed in queries without FROM clause"
            raise AthenaError("COLUMN_NOT_FOUND", said, position(node))
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
            conditions.append(self.expressions.boolean(part, scope, "WHERE clause"))
            _prune(part, conditions[-1], self.expressions.used[before:])
        return f" WHERE {' AND '.join(conditions)}"

    def _group(self, node: exp.Group | None, items: Items, scope: Scope) -> str:
        if node is None:
            return ""
        _only(node, _GROUP)
        elements = [*node.expressions]
        for key in ("grouping_sets", "cube", "rollup"):
            elements += node.args.get(key) or []
        return " GROUP BY " + ", ".join(self._grouping(one, items, scope) for one in elements)

    def _grouping(self, node: exp.Expr, items: Items, scope: Scope) -> str:
        if type(node) in _GROUPINGS:
            parts = (self._grouping(one, items, scope) for one in node.expressions)
            return f"{_GROUPINGS[type(node)]} ({', '.join(parts)})"
        if isinstance(node, exp.Paren):
            return f"({self._grouping(node.this, items, scope)})"
        if isinstance(node, exp.Literal) and not node.is_string:
            return items[_ordinal(node, len(items), "GROUP BY")][1].sql
        value = self.expressions.typed(node, scope)
        if value.type.name == "map":
            raise unsupported("GROUP BY of a map", position(node))
        return value.sql

    def _order(self, node: exp.Order | None, items: Items, scope: Scope, *, distinct: bool) -> str:
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
            parts.append(self.expressions.ordered(Typed(str(at + 1), value.type) if at is not None else value, one))
        return " ORDER BY " + ", ".join(parts)

    # Other queries

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> Found:
        _only(node, _SET)
        left, right = self.query(node.left, scope), self.query(node.right, scope)
        word = _WORDS[type(node)]
        if len(left.columns) != len(right.columns):
            said = f"{word} query has different number of fields: {len(left.columns)}, {len(right.columns)}"
            raise mismatch(said, position(node))
        columns = []
        for at, ((name, one), (_, other)) in enumerate(zip(left.columns, right.columns, strict=True), 1):
            kind = types.common(one, other)
            if kind is None:
                raise mismatch(f"column {at} in {word} query has incompatible types: {one}, {other}", position(node))
            columns.append((name, kind))
        distinct = "" if node.args.get("distinct") else " ALL"
        sides = (f"({self.aligned(side, [kind for _, kind in columns])})" for side in (left, right))
        combined = Found(f" {word}{distinct} ".join(sides), columns)
        return self._ordered(node, Found(select(places(len(columns)), self._of(combined)), columns), scope)

    def _of(self, found: Found) -> str:
        return f"FROM {found} AS {self.expressions.unique('u')}"

    def aligned(self, found: Found, kinds: Sequence[Type]) -> str:
        """Return a query whose columns are coerced to other types."""
        pairs = enumerate(zip(found.columns, kinds, strict=True))
        return select((Typed(f"c{at}", old).to(new) for at, ((_, old), new) in pairs), self._of(found))

    def _ordered(self, node: exp.Expr, found: Found, scope: Scope) -> Found:
        if not any(node.args.get(key) for key in ("order", "limit", "offset")):
            return found
        items = [(name, Typed(f"c{at}", kind)) for at, (name, kind) in enumerate(found.columns)]
        order = self._order(node.args.get("order"), items, Scope(database=scope.database), distinct=False)
        rest = f"{self._of(found)}{order}{_limits(node)}"
        return Found(select((value.sql for _, value in items), rest), found.columns)

    def _values(self, node: exp.Values, scope: Scope) -> Found:
        rows = [
            [self.expressions.typed(one, scope) for one in (row.expressions if isinstance(row, exp.Tuple) else [row])]
            for row in node.expressions
        ]
        if len({len(row) for row in rows}) != 1:
            raise mismatch("Values rows have mismatched sizes", position(node))
        kinds = []
        for column in zip(*rows, strict=True):
            kind: Type | None = types.UNKNOWN
            for value in column:
                kind = kind and types.common(kind, value.type)
            if kind is None:
                said = ", ".join(str(value.type) for value in column)
                raise mismatch(f"Values rows have mismatched types: {said}", position(node))
            kinds.append(kind)
        lines = (", ".join(value.to(kind) for value, kind in zip(row, kinds, strict=True)) for row in rows)
        place = f"{self.expressions.unique('v')}({names(len(kinds))})"
        source = f"FROM (VALUES {', '.join(f'({line})' for line in lines)}) AS {place}"
        return Found(select(places(len(kinds)), source), [(None, kind) for kind in kinds])

    # FROM

    def _from(self, node: exp.Select, scope: Scope) -> str:
        first = node.args.get("from_")
        if first is None:
            return ""
        sql, relation = self.relation(first.this, scope)
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
        right, relation = self.relation(node.this, scope)
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
        self, nodes: Sequence[exp.Expr], before: list[Relation], right: Relation, side: str, scope: Scope
    ) -> str:
        merged, conditions = Relation((), []), []
        for node in nodes:
            name = node.name.lower()
            one, other = (self.expressions.typed(exp.column(name), Scope(side)) for side in (before, [right]))
            kind = types.common(one.type, other.type)
            if kind is None:
                said = "Column Types of left and right side of the join must be compatible"
                raise mismatch(f"{said}: {one.type}, {other.type}")
            a, b = one.to(kind), other.to(kind)
            conditions.append(f"{a} = {b}")
            merged.columns.append(Column(name, Typed({"RIGHT": b, "FULL": f"coalesce({a}, {b})"}.get(side, a), kind)))
        hidden = {column.name for column in merged.columns}
        for relation in (*before, right):
            relation.columns = [column for column in relation.columns if column.name not in hidden]
        scope.relations.insert(0, merged)
        return " AND ".join(conditions)

    def relation(self, node: exp.Expr, scope: Scope) -> tuple[str, Relation]:
        """Return an item of FROM."""
        if isinstance(node, exp.Table):
            return self._table(node, scope)
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            sql, relation = self._placed(self.query(node.this.this, scope), node)
            return f"LATERAL {sql}", relation
        if isinstance(node, (exp.Subquery, exp.Values)):
            inner = node.copy()
            inner.set("alias", None)
            # It sees what WITH names, but no relation of the same FROM.
            outside = Scope(parent=scope.parent, queries=scope.queries, database=scope.database)
            return self._placed(self.query(inner, outside), node)
        raise unsupported(f"{node.sql('trino')} in FROM", position(node))

    def _placed(
        self, found: Found, node: exp.Expr, called: tuple[str, ...] = (), view: str = ""
    ) -> tuple[str, Relation]:
        """Return a query, or a view, in FROM under the alias of its node."""
        alias, place = node.args.get("alias"), self.expressions.unique("t")
        shown = _renamed(found, alias.columns if alias else [], node).columns
        columns = [Column(name or "", Typed(f"{place}.c{at}", kind)) for at, (name, kind) in enumerate(shown)]
        given = (alias.name.lower(),) if alias and alias.name else called
        return f"{view or found} AS {place}({names(len(columns))})", Relation(given, columns)

    def _table(self, node: exp.Table, scope: Scope) -> tuple[str, Relation]:
        _only(node, _TABLE)
        if not isinstance(node.this, exp.Identifier):
            raise unsupported(f"the table function {node.this.sql('trino')}", position(node))
        name, database = node.name.lower(), node.db.lower()
        if node.catalog.lower() not in ("", "awsdatacatalog"):
            raise AthenaError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", position(node))
        named = scope.named_query(name) if not database else None
        if named is not None:
            return self._placed(named, node, (name,))
        called = (name, database or scope.database, "awsdatacatalog")
        try:
            meant = self._tables.use(called[1], name, self.expressions.unique("b"), node.args.get("version"))
        except AthenaError as error:
            if error.code in ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"):
                raise AthenaError(error.code, str(error).partition(": ")[2], position(node)) from error
            raise
        if isinstance(meant, View):
            meant = self._view(meant, name)
        if isinstance(meant, Found):
            return self._placed(meant, node, called)
        self.uses.append(meant)
        sql, relation = self._placed(Found("", list(meant.columns)), node, called, meant.view)
        relation.table = meant
        return sql, relation

    def _view(self, view: View, name: str) -> Found:
        self._depth += 1
        if self._depth > _MOST_VIEWS:
            raise AthenaError("INVALID_VIEW", f"View '{name}' is recursive")
        found = self.query(view.query, Scope(database=view.database))
        self._depth -= 1
        if [kind for _, kind in found.columns] != [kind for _, kind in view.columns]:
            said = f"View '{name}' is stale or in invalid state: its columns changed; it must be re-created"
            raise AthenaError("VIEW_IS_STALE", said)
        return Found(found.sql, view.columns)

    def _unnest(self, node: exp.Unnest, scope: Scope) -> tuple[str, Relation]:
        step, sizes, lists = self.expressions.unique("i"), list[str](), list[tuple[Type, str]]()
        for item in node.expressions:
            value = self.expressions.typed(item, scope)
            if value.type.name not in ("array", "map"):
                raise mismatch(f"Cannot unnest type: {value.type}", position(item))
            parts = ("map_keys({})", "map_values({})") if value.type.name == "map" else ("{}",)
            made = [(kind, part.format(value.sql)) for kind, part in zip(value.type.args, parts, strict=True)]
            sizes.append(f"coalesce(len({made[0][1]}), 0)")
            lists += made
        if node.args.get("offset"):
            lists.append((BIGINT, f"generate_series(1, CAST(greatest({', '.join(sizes)}) AS BIGINT))"))
        columns = [part for at, (kind, _) in enumerate(lists) for part in _unnested(kind, f"{step}.c{at}")]
        # DuckDB unnests side by side, and fills the shorter lists with NULL, as Trino does.
        steps = select(f"unnest({sql})" for _, sql in lists)
        found = Found(
            select((v.sql for _, v in columns), f"FROM ({steps}) AS {step}"), [(n, v.type) for n, v in columns]
        )
        alias, offset = node.args.get("alias"), node.args.get("offset")
        named = [*(alias.columns if alias else []), *([offset] if isinstance(offset, exp.Identifier) else [])]
        bare = exp.Unnest(alias=exp.TableAlias(this=alias.this) if alias else None)
        sql, relation = self._placed(_renamed(found, named, node), bare)
        return f"LATERAL {sql}" if scope.relations else sql, relation


def _prune(node: exp.Expr, sql: str, used: list[tuple[Relation, Column]]) -> None:
    """Let a condition on partition keys alone decide which partitions are read."""
    relations = {relation for relation, _ in used}
    if len(relations) != 1 or node.find(exp.Query) is not None:
        return
    (relation,) = relations
    # A condition on the optional side of an outer join also meets rows that have no partition at all.
    if not isinstance(relation.table, TableUse) or relation.nullable:
        return
    if all(column.place >= len(relation.table.data) for _, column in used):
        relation.table.pruning.append((sql, used[0][1].value.sql.partition(".")[0], node))


def _unnested(item: Type, sql: str) -> list[tuple[str | None, Typed]]:
    if item.name != "row":
        return [(None, Typed(sql, item))]
    return [
        (name or None, Typed(f"struct_extract_at({sql}, {at})", kind)) for at, (name, kind) in enumerate(item.args, 1)
    ]


def _renamed(found: Found, nodes: Sequence[exp.Expr], node: exp.Expr) -> Found:
    if not nodes:
        return found
    if len(nodes) != len(found.columns):
        message = f"Column alias list has {len(nodes)} entries but relation has {len(found.columns)} columns available"
        raise mismatch(message, position(node))
    return Found(found.sql, [(name.name.lower(), kind) for name, (_, kind) in zip(nodes, found.columns, strict=True)])


def _name(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Dot):
        return str(node.expression.name).lower()
    return str(node.name).lower() if isinstance(node, (exp.Column, exp.Identifier)) else None


def _output(node: exp.Expr, items: Items) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string:
        return _ordinal(node, len(items), "ORDER BY")
    if not isinstance(node, exp.Column) or node.table:
        return None
    at = [place for place, (name, _) in enumerate(items) if name == node.name.lower()]
    if len({items[place][1].sql for place in at}) > 1:
        raise AthenaError("AMBIGUOUS_NAME", f"Column '{node.name}' is ambiguous", position(node))
    return at[0] if at else None


def _ordinal(node: exp.Literal, count: int, clause: str) -> int:
    if not node.name.isdigit() or not 1 <= int(node.name) <= count:
        raise AthenaError("INVALID_COLUMN_REFERENCE", f"{clause} position {node.name} is not in select list")
    return int(node.name) - 1


def _limits(node: exp.Expr) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    options = limit.args.get("limit_options") if limit is not None else None
    if options is not None and any(options.args.get(key) for key in ("with_ties", "percent")):
        raise unsupported("LIMIT or FETCH with ties or percent")
    count = None
    if isinstance(limit, exp.Fetch):
        count = limit.args.get("count") or exp.Literal.number(1)
    elif limit is not None and limit.expression.name.upper() != "ALL":
        count = limit.expression
    parts = (("LIMIT", count), ("OFFSET", offset.expression if offset is not None else None))
    return "".join(f" {word} {_count(value)}" for word, value in parts if value is not None)


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
