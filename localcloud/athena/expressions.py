"""Expressions: every node is given its Trino type and written for DuckDB, or refused by name."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from typing import Final

from sqlglot import exp

from localcloud.athena import formats, types
from localcloud.athena.calls import applied, attempted
from localcloud.athena.casts import cast, comparable
from localcloud.athena.duck import select, text
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.functions import functions, of_group
from localcloud.athena.operators import (
    Typed,
    aggregated,
    arithmetic,
    compared,
    concatenated,
    negative,
    number,
    one_type,
    row,
    string,
)
from localcloud.athena.parsing import position
from localcloud.athena.scope import Column, Found, Relation, Scope
from localcloud.athena.types import BOOLEAN, INTEGER, UNKNOWN, VARCHAR, ZONED, Type

_COMPARISONS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
# Functions that have a syntax of their own, with the places of their arguments.
_CALLS: Final[dict[type[exp.Expr], tuple[str, ...]]] = {
    exp.AtTimeZone: ("at_timezone", "this", "zone"),
    exp.ParseJSON: ("json_parse", "this"),
    exp.StrPosition: ("strpos", "this", "substr"),
    exp.Substring: ("substr", "this", "start", "length"),
}
_FIELDS: Final = re.compile(
    "year|quarter|month|week|day(_of_(month|week|year))?|do[wy]|year_of_week|yow|hour|minute|second"
)
_DISTINCT: Final = frozenset(("count", "sum", "avg", "min", "max", "array_agg"))
_ZONED: Final = re.compile(
    r"(\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)(?: ?(Z|[+-]00:00|[A-Za-z_]+(?:/[A-Za-z_/]+)?))?"
)


class Expressions:
    """Types and writes expressions of one statement; queries within them are written by `query`."""

    def __init__(self, now: datetime, query: Callable[[exp.Expr, Scope | None], Found]) -> None:
        self._now = now
        self._query = query
        self._counter = 0
        self.used: list[tuple[Relation, Column]] = []

    def unique(self, prefix: str) -> str:
        """Return a name that this statement has not used."""
        self._counter += 1
        return f"{prefix}{self._counter}"

    def boolean(self, node: exp.Expr, scope: Scope, what: str) -> str:
        """Return the SQL of a condition."""
        found = self.typed(node, scope)
        if found.type not in (BOOLEAN, UNKNOWN):
            raise mismatch(f"{what} must evaluate to a boolean: actual type {found.type}", position(node))
        return found.to(BOOLEAN)

    def typed(self, node: exp.Expr, scope: Scope) -> Typed:
        """Return an expression in DuckDB's SQL with its type, or refuse it."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            result: Typed = method(node, scope)
            return result
        if type(node) in _COMPARISONS:
            return compared(_COMPARISONS[type(node)], *self._pair(node, scope), position(node))
        if type(node) in _ARITHMETIC:
            return arithmetic(_ARITHMETIC[type(node)], *self._pair(node, scope), position(node))
        if type(node) in _CALLS:
            name, *keys = _CALLS[type(node)]
            return self.call(name, [node.args[key] for key in keys if node.args.get(key) is not None], scope, node)
        raise _refused(node)

    def _pair(self, node: exp.Expr, scope: Scope) -> tuple[Typed, Typed]:
        return self.typed(node.this, scope), self.typed(node.expression, scope)

    # Literals and names

    def _literal(self, node: exp.Literal, _scope: Scope) -> Typed:
        return string(node.this) if node.is_string else number(node.this)

    def _boolean(self, node: exp.Boolean, _scope: Scope) -> Typed:
        return Typed("true" if node.this else "false", BOOLEAN)

    def _null(self, _node: exp.Null, _scope: Scope) -> Typed:
        return Typed("NULL", UNKNOWN)

    def _paren(self, node: exp.Paren, scope: Scope) -> Typed:
        return self.typed(node.this, scope)

    def _hexstring(self, node: exp.HexString, _scope: Scope) -> Typed:
        if re.fullmatch("(?:[0-9A-Fa-f]{2})*", node.this) is None:
            raise AthenaError("SYNTAX_ERROR", "Binary literal must contain an even number of hexadecimal digits")
        return Typed(f"unhex('{node.this}')", types.VARBINARY)

    def _identifier(self, node: exp.Identifier, scope: Scope) -> Typed:
        return self._named([node.name.lower()], scope, node)

    def _column(self, node: exp.Column, scope: Scope) -> Typed:
        if isinstance(node.this, exp.Star):
            raise unsupported("a star here", position(node))
        return self._named([part.name.lower() for part in node.parts], scope, node)

    def _dot(self, node: exp.Dot, scope: Scope) -> Typed:
        if isinstance(node.expression, exp.Identifier):
            return _field(self.typed(node.this, scope), node.expression.name.lower(), node)
        raise _refused(node)

    def _named(self, parts: list[str], scope: Scope, node: exp.Expr) -> Typed:
        if parts[-1].startswith("$"):
            raise unsupported(f"the hidden column {parts[-1]}", position(node))
        at: Scope | None = scope
        while at is not None:
            for found, rest in self._candidates(parts, at):
                return reduce(lambda value, name: _field(value, name, node), rest, found)
            at = at.parent
        raise AthenaError("COLUMN_NOT_FOUND", f"Column '{'.'.join(parts)}' cannot be resolved", position(node))

    def _candidates(self, parts: list[str], scope: Scope) -> Iterator[tuple[Typed, list[str]]]:
        if parts[0] in scope.lambdas:
            yield scope.lambdas[parts[0]], parts[1:]
        for length in range(min(len(parts) - 1, 3), -1, -1):
            qualifier = tuple(reversed(parts[:length]))
            seen = (
                (one, column) for one in scope.relations if one.names[:length] == qualifier for column in one.columns
            )
            named = [(one, column) for one, column in seen if column.name == parts[length]]
            if len(named) > 1:
                raise AthenaError("AMBIGUOUS_NAME", f"Column '{'.'.join(parts[: length + 1])}' is ambiguous")
            if named:
                self.used.append(named[0])
                yield named[0][1].value, parts[length + 1 :]

    # Operators

    def _nullsafeneq(self, node: exp.NullSafeNEQ, scope: Scope) -> Typed:
        return self._distinct_from(node, scope, "IS DISTINCT FROM")

    def _nullsafeeq(self, node: exp.NullSafeEQ, scope: Scope) -> Typed:
        return self._distinct_from(node, scope, "IS NOT DISTINCT FROM")

    def _distinct_from(self, node: exp.Expr, scope: Scope, operator: str) -> Typed:
        one, other = self._pair(node, scope)
        kind = comparable(one.type, other.type, "IS DISTINCT FROM", position(node))
        return Typed(f"({one.to(kind)} {operator} {other.to(kind)})", BOOLEAN)

    def _between(self, node: exp.Between, scope: Scope) -> Typed:
        if node.args.get("symmetric"):
            raise unsupported("BETWEEN SYMMETRIC", position(node))
        value = self.typed(node.this, scope)
        low = compared(">=", value, self.typed(node.args["low"], scope), position(node))
        high = compared("<=", value, self.typed(node.args["high"], scope), position(node))
        return Typed(f"({low.sql} AND {high.sql})", BOOLEAN)

    def _and(self, node: exp.Connector, scope: Scope) -> Typed:
        parts = [self.boolean(part, scope, "Logical expression term") for part in node.flatten()]
        return Typed(f"({f' {node.key.upper()} '.join(parts)})", BOOLEAN)

    _or = _and

    def _not(self, node: exp.Not, scope: Scope) -> Typed:
        return Typed(f"(NOT {self.boolean(node.this, scope, 'Value of logical NOT expression')})", BOOLEAN)

    def _neg(self, node: exp.Neg, scope: Scope) -> Typed:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return number("-" + node.this.this)
        return negative(self.typed(node.this, scope), position(node))

    def _dpipe(self, node: exp.DPipe, scope: Scope) -> Typed:
        values = self._pair(node, scope)
        if sum(value.type.name == "array" for value in values) != 1:
            return concatenated(values, position(node))
        lists = [v if v.type.name == "array" else Typed(f"[{v.sql}]", types.array(v.type)) for v in values]
        return concatenated(lists, position(node))

    def _is(self, node: exp.Is, scope: Scope) -> Typed:
        if not isinstance(node.expression, exp.Null):
            raise _refused(node)
        return Typed(f"({self.typed(node.this, scope).sql} IS NULL)", BOOLEAN)

    def _like(self, node: exp.Like, scope: Scope, escape: str = "") -> Typed:
        value, pattern = self._pair(node, scope)
        for one in (value, pattern):
            types.need(one.type, VARCHAR, "Operand of LIKE")
        return Typed(f"({value.sql} LIKE {pattern.sql}{escape})", BOOLEAN)

    def _escape(self, node: exp.Escape, scope: Scope) -> Typed:
        if not isinstance(node.this, exp.Like) or not node.expression.is_string or len(node.expression.name) != 1:
            raise AthenaError("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character", position(node))
        return self._like(node.this, scope, f" ESCAPE {text(node.expression.name)}")

    def _in(self, node: exp.In, scope: Scope) -> Typed:
        value, query = self.typed(node.this, scope), node.args.get("query")
        if query is not None:
            return self._in_query(node, value, query, scope)
        if not node.expressions:
            raise _refused(node)
        options = [compared("=", value, self.typed(option, scope), position(node)).sql for option in node.expressions]
        return Typed(f"({' OR '.join(options)})", BOOLEAN)

    def _in_query(self, node: exp.Expr, value: Typed, query: exp.Expr, scope: Scope) -> Typed:
        found, column = self._of_one_column(query, scope)
        kind = comparable(value.type, column.type, "IN", position(node))
        if types.floating(kind) or kind.name in ("row", "array"):
            raise unsupported(f"IN of a query over {kind}", position(node))
        inner = select([column.to(kind)], f"FROM ({found.sql}) AS {self.unique('q')}(c0)")
        return Typed(f"({value.to(kind)} IN ({inner}))", BOOLEAN)

    def _of_one_column(self, node: exp.Expr, scope: Scope) -> tuple[Found, Typed]:
        found = self._query(node.unnest(), scope)
        if len(found.columns) != 1:
            raise mismatch("Multiple columns returned by subquery are not yet supported", position(node))
        return found, Typed("c0", found.columns[0][1])

    def _exists(self, node: exp.Exists, scope: Scope) -> Typed:
        return Typed(f"EXISTS ({self._query(node.this.unnest(), scope).sql})", BOOLEAN)

    def _subquery(self, node: exp.Subquery, scope: Scope) -> Typed:
        found, column = self._of_one_column(node, scope)
        return Typed(f"({found.sql})", column.type)

    def _case(self, node: exp.Case, scope: Scope) -> Typed:
        branches = []
        for branch in node.args["ifs"]:
            if node.this is None:
                condition = self.boolean(branch.this, scope, "CASE WHEN clause")
            else:
                pair = self.typed(node.this, scope), self.typed(branch.this, scope)
                condition = compared("=", *pair, position(branch)).sql
            branches.append((condition, self.typed(branch.args["true"], scope)))
        other = self.typed(node.args.get("default") or exp.null(), scope)
        kind = one_type([*(value for _, value in branches), other], position(node))
        arms = " ".join(f"WHEN {test} THEN {value.to(kind)}" for test, value in branches)
        return Typed(f"CASE {arms} ELSE {other.to(kind)} END", kind)

    def _if(self, node: exp.If, scope: Scope) -> Typed:
        return self._case(exp.Case(ifs=[node], default=node.args.get("false")), scope)

    def _trycast(self, node: exp.TryCast, scope: Scope) -> Typed:
        found = self._cast(node, scope)
        return attempted(found, node)

    def _cast(self, node: exp.Cast, scope: Scope) -> Typed:
        value, target = self.typed(node.this, scope), node.args["to"]
        length = varchar_length(target)
        kind = VARCHAR if length else types.from_sql(target)
        literal = value.literal if value.type == VARCHAR else None
        if literal is not None and kind.name == "decimal" and not target.expressions:
            return number(literal, exact=True)
        if literal is not None and kind.name == ZONED:
            return _zoned_literal(literal, kind.args[0])
        sql = cast(value.sql, value.type, kind, position(node))
        if length:
            sql = f"left({sql}, {length})" if value.type == VARCHAR else f"athena_fitting({sql}, {length})"
        return Typed(sql, kind)

    def _interval(self, node: exp.Interval, _scope: Scope) -> Typed:
        unit = node.args.get("unit")
        name = unit.name.upper() if isinstance(unit, exp.Var) else ""
        count = node.this.name if node.this is not None and node.this.is_string else ""
        if not re.fullmatch(r"[+-]?\d{1,9}", count) or name not in ("DAY", "HOUR", "MINUTE", "SECOND", "MONTH", "YEAR"):
            raise unsupported(f"the interval {node.sql('trino')}", position(node))
        return Typed(f"(INTERVAL 1 {name} * {int(count)})", types.MONTHS if name in ("MONTH", "YEAR") else types.DAYS)

    def _bracket(self, node: exp.Bracket, scope: Scope) -> Typed:
        if len(node.expressions) != 1:
            raise _refused(node)
        value, key = self.typed(node.this, scope), self.typed(node.expressions[0], scope)
        if value.type.name == "map":
            types.need(key.type, value.type.args[0], "Map key")
            return Typed(f"athena_value({value.sql}, {key.to(value.type.args[0])})", value.type.args[1])
        if value.type.name == "row" and key.literal is not None and key.type == INTEGER:
            at = int(key.literal)
            if not 1 <= at <= len(value.type.args):
                raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"ROW index out of bounds: {at}", position(node))
            return Typed(f"struct_extract_at({value.sql}, {at})", value.type.args[at - 1][1])
        if value.type.name != "array" or key.type not in types.INTEGERS:
            raise mismatch(f"Cannot apply operator: {value.type}[{key.type}]", position(node))
        return Typed(f"athena_subscript({value.sql}, {key.sql})", value.type.args[0])

    def _array(self, node: exp.Array, scope: Scope) -> Typed:
        values = [self.typed(item, scope) for item in node.expressions]
        kind = types.array(one_type(values, position(node)))
        items = ", ".join(value.to(kind.args[0]) for value in values)
        return Typed(f"CAST([{items}] AS {types.duckdb(kind)})", kind)

    def _tuple(self, node: exp.Tuple, scope: Scope) -> Typed:
        return row([self.typed(item, scope) for item in node.expressions])

    # Functions with a syntax of their own

    def _currentdate(self, _node: exp.Expr, _scope: Scope) -> Typed:
        return Typed(f"DATE '{self._now:%Y-%m-%d}'", types.DATE)

    def _currenttimestamp(self, node: exp.Expr, _scope: Scope) -> Typed:
        if node.this is not None:
            raise _refused(node)
        return Typed(f"TIMESTAMP '{self._now.isoformat(' ', 'milliseconds')[:23]}'", types.zoned("UTC"))

    def _localtimestamp(self, node: exp.Expr, scope: Scope) -> Typed:
        return Typed(self._currenttimestamp(node, scope).sql, types.TIMESTAMP)

    def _extract(self, node: exp.Extract, scope: Scope) -> Typed:
        name = node.name.lower()
        if _FIELDS.fullmatch(name) is None:
            raise unsupported(f"EXTRACT({name.upper()})", position(node))
        return self.call(name, [node.expression], scope, node)

    def _trim(self, node: exp.Trim, scope: Scope) -> Typed:
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        if node.expression is None:
            return self.call(name, [node.this], scope, node)
        values = self._pair(node, scope)
        for value in values:
            types.need(value.type, VARCHAR, "Argument of trim")
        return Typed(f"{name}({values[0].sql}, {values[1].sql})", VARCHAR)

    def _groupconcat(self, node: exp.GroupConcat, scope: Scope) -> Typed:
        order = node.this if isinstance(node.this, exp.Order) else None
        if order is None or node.args.get("on_overflow"):
            raise _refused(node)
        value, separator = (
            self.typed(order.this, scope),
            self.typed(node.args.get("separator") or exp.Literal.string(""), scope),
        )
        types.need(value.type, VARCHAR, "Argument of listagg")
        if separator.literal is None:
            raise unsupported("a separator of listagg that is no literal", position(node))
        return Typed(f"string_agg({value.sql}, {separator.sql}{self._order_by(order, scope)})", VARCHAR)

    # Functions, aggregates, windows

    def _anonymous(self, node: exp.Anonymous, scope: Scope) -> Typed:
        name = str(node.this).lower()
        if name in of_group("Aggregate"):
            return self._aggregate(node, scope)
        if name in of_group("Window"):
            raise AthenaError("MISSING_OVER", f"Window function {name} requires an OVER clause", position(node))
        return self.call(name, node.expressions, scope, node)

    def call(self, name: str, arguments: Sequence[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        """Return a scalar function of the allow-list, applied; another is refused by name."""
        from localcloud.athena.special import SPECIAL  # noqa: PLC0415 - these functions call back

        if name in SPECIAL:
            return SPECIAL[name](self, arguments, scope, node)
        if name not in functions():
            said = f"Function '{name}' not registered: the local Athena answers the functions listed in docs/athena.md"
            raise AthenaError("FUNCTION_NOT_FOUND", said, position(node))
        return applied(functions()[name], [self.typed(one, scope) for one in arguments], node)

    def _filter(self, node: exp.Filter, scope: Scope) -> Typed:
        return self._aggregate(node.this, scope, after=self._filter_of(node, scope))

    def _filter_of(self, node: exp.Filter, scope: Scope) -> str:
        return f" FILTER (WHERE {self.boolean(node.expression.this, scope, 'FILTER clause')})"

    def _window(self, node: exp.Window, scope: Scope) -> Typed:
        inner, after, nulls = node.this, "", ""
        if isinstance(inner, exp.Filter):
            inner, after = inner.this, self._filter_of(inner, scope)
        if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
            inner, nulls = inner.this, " IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
        if node.args.get("alias") or node.args.get("first") is not None:
            raise _refused(node)
        return self._aggregate(inner, scope, after=f"{after} OVER ({self._over(node, scope)})", nulls=nulls)

    def _over(self, node: exp.Window, scope: Scope) -> str:
        keys = ", ".join(self.typed(key, scope).sql for key in node.args.get("partition_by") or [])
        order, spec = node.args.get("order"), node.args.get("spec")
        parts = [
            f"PARTITION BY {keys}" if keys else "",
            self._order_by(order, scope) if order is not None else "",
            _frame(spec) if spec is not None else "",
        ]
        return " ".join(parts)

    def _aggregate(self, node: exp.Expr, scope: Scope, *, after: str = "", nulls: str = "") -> Typed:
        name = str(node.this).lower() if isinstance(node, exp.Anonymous) else ""
        window = name in of_group("Window") and " OVER (" in after
        if not window and (name not in of_group("Aggregate") or nulls):
            raise unsupported(f"{node.sql('trino')} as an aggregate{nulls}", position(node))
        arguments, distinct, order = list(node.expressions), "", ""
        if arguments and isinstance(arguments[-1], exp.Order):
            order = self._order_by(arguments[-1], scope)
            arguments[-1] = arguments[-1].this
        if arguments and isinstance(arguments[0], exp.Distinct):
            distinct, arguments = "DISTINCT ", list(arguments[0].expressions)
        if name == "count" and arguments and isinstance(arguments[0], exp.Star):
            arguments = []
        values = [self.typed(one, scope) for one in arguments]
        if distinct and (len(values) != 1 or name not in _DISTINCT):
            raise unsupported(f"DISTINCT in {name}", position(node))
        end = f"{order}){after}"
        if name in ("sum", "avg") and len(values) == 1:
            return aggregated(name, values[0], distinct, end, position(node))
        return applied(functions()[name], values, node, d=distinct, f=end, n=nulls)

    def _order_by(self, node: exp.Expr, scope: Scope) -> str:
        items = (self.ordered(self.typed(one.this, scope), one) for one in node.expressions)
        return " ORDER BY " + ", ".join(items)

    def ordered(self, value: Typed, node: exp.Expr) -> str:
        """Return an item of an ORDER BY; NULLs come last unless it says otherwise, in either direction."""
        if not isinstance(node, exp.Ordered):
            raise _refused(node)
        if not types.orderable(value.type):
            raise mismatch(f"Type {value.type} is not orderable", position(node))
        direction = "DESC" if node.args.get("desc") else "ASC"
        return f"{value.sql} {direction} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"

    @contextmanager
    def bound(self, names: Sequence[str], kinds: Sequence[Type], scope: Scope) -> Iterator[tuple[Scope, list[str]]]:
        """Yield the scope of a lambda's body and DuckDB's names of its arguments."""
        written = [self.unique("l") for _ in names]
        values = {n: Typed(sql, kind) for n, sql, kind in zip(names, written, kinds, strict=True)}
        yield Scope(parent=scope, lambdas=values, database=scope.database), written


def varchar_length(target: exp.DataType) -> int | None:
    """Return n of varchar(n)."""
    sizes = [part for part in target.expressions if isinstance(part, exp.DataTypeParam)]
    return int(sizes[0].name) if target.this == exp.DType.VARCHAR and sizes else None


def _refused(node: exp.Expr) -> AthenaError:
    return unsupported(f"{type(node).__name__.upper()}: {node.sql('trino')}", position(node))


def _field(value: Typed, name: str, node: exp.Expr) -> Typed:
    kinds = dict(value.type.args) if value.type.name == "row" else {}
    if name not in kinds:
        raise AthenaError("COLUMN_NOT_FOUND", f"Column '{node.sql('trino')}' cannot be resolved", position(node))
    return Typed(f"struct_extract({value.sql}, {text(name)})", kinds[name])


def _zoned_literal(literal: str, precision: int) -> Typed:
    found = _ZONED.fullmatch(literal)
    if found is None:
        raise unsupported(f"the timestamp with time zone '{literal}': name the zone, as in '2020-01-01 00:00:00 UTC'")
    zone = "UTC" if found[2] in (None, "Z", "+00:00", "-00:00") else found[2]
    moment = cast(text(found[1]), VARCHAR, types.TIMESTAMP6, "")
    return Typed(formats.instant(moment, zone), types.zoned(zone, precision))


def _frame(spec: exp.WindowSpec) -> str:
    kind = str(spec.args.get("kind") or "").upper()
    sides = []
    for name in ("start", "end"):
        bound, side = spec.args.get(name), str(spec.args.get(f"{name}_side") or "").upper()
        if isinstance(bound, exp.Literal) and kind == "ROWS" and bound.name.isdigit():
            sides.append(f"{bound.name} {side}")
        elif bound in ("UNBOUNDED", "CURRENT ROW"):
            sides.append(f"{bound} {side}")
        elif bound is not None:
            sides.append("")
    if kind not in ("ROWS", "RANGE", "GROUPS") or spec.args.get("exclude") or "" in sides:
        raise unsupported(f"the window frame {spec.sql('trino')}")
    return f"{kind} BETWEEN {sides[0]} AND {(*sides, 'CURRENT ROW')[1]}"
