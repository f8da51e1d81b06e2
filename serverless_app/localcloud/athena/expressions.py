# ruff: noqa: E501, PLR0911, S608 - one fact, one line; one answer per type; SQL is written here, from names and literals of our own
"""Expressions: every node is given its Trino type and written for DuckDB, or refused by name."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, reduce
from typing import Any, Final

from sqlglot import exp

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.casts import cast, coerced, comparable, local
from serverless_app.localcloud.athena.errors import AthenaError, mismatch, unsupported
from serverless_app.localcloud.athena.functions import AGGREGATES, FUNCTIONS, WINDOWS, Function
from serverless_app.localcloud.athena.parsing import position
from serverless_app.localcloud.athena.types import BIGINT, BOOLEAN, DOUBLE, INTEGER, UNKNOWN, VARCHAR, Type

_AGGREGATES: Final = frozenset(function.name for function in AGGREGATES)
_WINDOWS: Final = frozenset(function.name for function in WINDOWS)
_COMPARISONS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_REFUSING: Final = ("NOT_SUPPORTED", "athena_iso_", "athena_date_parse", "athena_json_extract", "athena_json_text")
_MAX_INTEGER: Final = 2**31 - 1
_MAX_BIGINT: Final = 2**63 - 1


@dataclass(frozen=True)
class Typed:
    """DuckDB SQL of a value, its Trino type, and its text when it is a literal."""

    sql: str
    type: Type
    literal: str | None = None


@dataclass(frozen=True)
class Column:
    """A column that an expression may name."""

    name: str
    value: Typed


@dataclass(eq=False)
class Relation:
    """What stands in FROM: its names and its columns; `table` is set when it is one of the catalog's."""

    names: tuple[str, ...]
    columns: list[Column]
    table: Any = None
    nullable: bool = False


@dataclass
class Scope:
    """The relations that a SELECT sees, the query around it, and the arguments of lambdas."""

    relations: list[Relation] = field(default_factory=list)
    parent: "Scope | None" = None
    lambdas: dict[str, Typed] = field(default_factory=dict)
    queries: dict[str, Any] = field(default_factory=dict)
    database: str = ""

    def named_query(self, name: str) -> Any:
        """Return what WITH calls so here or around here, None when nothing is."""
        found = self.queries.get(name)
        return self.parent.named_query(name) if found is None and self.parent else found


class Expressions:
    """Types and writes expressions of one statement; queries within them are written by `query`."""

    def __init__(self, now: datetime, query: Callable[[exp.Expr, Scope | None], Any]) -> None:
        self._now = now
        self._query = query
        self._counter = 0
        self.used: list[tuple[Relation, Column]] = []
        self._grouping: tuple[str, ...] = ()

    def unique(self, prefix: str) -> str:
        """Return a name that this statement has not used."""
        self._counter += 1
        return f"{prefix}{self._counter}"

    def boolean(self, node: exp.Expr, scope: Scope, what: str) -> str:
        """Return the SQL of a condition."""
        found = self.typed(node, scope)
        if found.type not in (BOOLEAN, UNKNOWN):
            raise mismatch(f"{what} must evaluate to a boolean: actual type {found.type}", position(node))
        return coerced(found.sql, found.type, BOOLEAN)

    def typed(self, node: exp.Expr, scope: Scope) -> Typed:
        """Return an expression in DuckDB's SQL with its type, or refuse it."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            result: Typed = method(node, scope)
            return result
        if type(node) in _COMPARISONS:
            return self._comparison(node, scope)
        if type(node) in _ARITHMETIC:
            one, other = self.typed(node.this, scope), self.typed(node.expression, scope)
            return _arithmetic(_ARITHMETIC[type(node)], one, other, position(node))
        raise unsupported(f"{type(node).__name__.upper()}: {node.sql('trino')}", position(node))

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
        raise unsupported(node.sql("trino"), position(node))

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
            named = [
                (one, column)
                for one in scope.relations
                if one.names[:length] == qualifier
                for column in one.columns
                if column.name == parts[length]
            ]
            if len(named) > 1:
                raise AthenaError("AMBIGUOUS_NAME", f"Column '{'.'.join(parts[: length + 1])}' is ambiguous")
            if named:
                self.used.append(named[0])
                yield named[0][1].value, parts[length + 1 :]

    # Operators

    def _comparison(self, node: exp.Expr, scope: Scope) -> Typed:
        operator = _COMPARISONS[type(node)]
        if isinstance(node.expression, (exp.All, exp.Any)):
            raise unsupported(f"{operator} ALL or ANY of a query", position(node))
        return compared(operator, self.typed(node.this, scope), self.typed(node.expression, scope), position(node))

    def _nullsafeneq(self, node: exp.NullSafeNEQ, scope: Scope) -> Typed:
        one, other, _ = self._alike(node, scope)
        return Typed(f"({one} IS DISTINCT FROM {other})", BOOLEAN)

    def _nullsafeeq(self, node: exp.NullSafeEQ, scope: Scope) -> Typed:
        one, other, _ = self._alike(node, scope)
        return Typed(f"({one} IS NOT DISTINCT FROM {other})", BOOLEAN)

    def _alike(self, node: exp.Expr, scope: Scope) -> tuple[str, str, Type]:
        one, other = self.typed(node.this, scope), self.typed(node.expression, scope)
        kind = comparable(one.type, other.type, "IS DISTINCT FROM", position(node))
        return coerced(one.sql, one.type, kind), coerced(other.sql, other.type, kind), kind

    def _between(self, node: exp.Between, scope: Scope) -> Typed:
        value = self.typed(node.this, scope)
        low = compared(">=", value, self.typed(node.args["low"], scope), position(node))
        high = compared("<=", value, self.typed(node.args["high"], scope), position(node))
        if node.args.get("symmetric"):
            raise unsupported("BETWEEN SYMMETRIC", position(node))
        return Typed(f"({low.sql} AND {high.sql})", BOOLEAN)

    def _and(self, node: exp.And, scope: Scope) -> Typed:
        return self._logical("AND", node, scope)

    def _or(self, node: exp.Or, scope: Scope) -> Typed:
        return self._logical("OR", node, scope)

    def _logical(self, operator: str, node: exp.Connector, scope: Scope) -> Typed:
        parts = [self.boolean(part, scope, "Logical expression term") for part in node.flatten()]
        return Typed(f"({f' {operator} '.join(parts)})", BOOLEAN)

    def _not(self, node: exp.Not, scope: Scope) -> Typed:
        return Typed(f"(NOT {self.boolean(node.this, scope, 'Value of logical NOT expression')})", BOOLEAN)

    def _neg(self, node: exp.Neg, scope: Scope) -> Typed:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return number("-" + node.this.this)
        value = self.typed(node.this, scope)
        if not types.numeric(value.type) and value.type not in (types.DAYS, types.MONTHS):
            raise mismatch(f"Cannot negate {value.type}", position(node))
        zero = "0 - " if value.type in types.INTEGERS else "-"  # DuckDB widens what overflows when it negates
        return Typed(f"({zero.replace('0', f'CAST(0 AS {types.duckdb(value.type)})')}{value.sql})", value.type)

    def _dpipe(self, node: exp.DPipe, scope: Scope) -> Typed:
        values = [self.typed(node.this, scope), self.typed(node.expression, scope)]
        items = [value.type.args[0] for value in values if value.type.name == "array"]
        if len(items) == 1:  # an element joins an array
            values = [v if v.type.name == "array" else Typed(f"[{v.sql}]", types.array(v.type)) for v in values]
        return self._concat_values(values, node)

    def _concat_values(self, values: list[Typed], node: exp.Expr) -> Typed:
        kind = self._one_type(values, node)
        if kind.name == "array":
            return Typed(f"({' || '.join(coerced(v.sql, v.type, kind) for v in values)})", kind)
        if kind not in (VARCHAR, types.VARBINARY, UNKNOWN):
            raise mismatch(
                f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function concat", position(node)
            )
        kind = VARCHAR if kind == UNKNOWN else kind
        return Typed(f"({' || '.join(coerced(v.sql, v.type, kind) for v in values)})", kind)

    def _is(self, node: exp.Is, scope: Scope) -> Typed:
        if not isinstance(node.expression, exp.Null):
            raise unsupported(node.sql("trino"), position(node))
        return Typed(f"({self.typed(node.this, scope).sql} IS NULL)", BOOLEAN)

    def _like(self, node: exp.Like, scope: Scope, escape: str = "") -> Typed:
        value, pattern = self.typed(node.this, scope), self.typed(node.expression, scope)
        for one in (value, pattern):
            types.need(one.type, VARCHAR, "Operand of LIKE")
        return Typed(f"({value.sql} LIKE {pattern.sql}{escape})", BOOLEAN)

    def _escape(self, node: exp.Escape, scope: Scope) -> Typed:
        if not isinstance(node.this, exp.Like) or not node.expression.is_string or len(node.expression.name) != 1:
            raise AthenaError("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character", position(node))
        return self._like(node.this, scope, f" ESCAPE {types.text(node.expression.name)}")

    def _in(self, node: exp.In, scope: Scope) -> Typed:
        value = self.typed(node.this, scope)
        query = node.args.get("query")
        if query is not None:
            return self._in_query(node, value, query, scope)
        if not node.expressions:
            raise unsupported(node.sql("trino"), position(node))
        options = [compared("=", value, self.typed(option, scope), position(node)).sql for option in node.expressions]
        return Typed(f"({' OR '.join(options)})", BOOLEAN)

    def _in_query(self, node: exp.Expr, value: Typed, query: exp.Expr, scope: Scope) -> Typed:
        found = self._query(query.unnest(), scope)
        if len(found.columns) != 1:
            raise AthenaError(
                "TYPE_MISMATCH", "Multiple columns returned by subquery are not yet supported", position(node)
            )
        other = found.columns[0][1]
        kind = comparable(value.type, other, "IN", position(node))
        if kind.name in ("double", "real", "row", "array"):
            raise unsupported(f"IN of a query over {kind}", position(node))
        item = self.unique("q")
        inner = f"SELECT {coerced('c0', other, kind)} FROM ({found.sql}) AS {item}(c0)"
        return Typed(f"({coerced(value.sql, value.type, kind)} IN ({inner}))", BOOLEAN)

    def _exists(self, node: exp.Exists, scope: Scope) -> Typed:
        return Typed(f"EXISTS ({self._query(node.this.unnest(), scope).sql})", BOOLEAN)

    def _subquery(self, node: exp.Subquery, scope: Scope) -> Typed:
        found = self._query(node.unnest(), scope)
        if len(found.columns) != 1:
            raise AthenaError(
                "TYPE_MISMATCH", "Multiple columns returned by subquery are not yet supported", position(node)
            )
        return Typed(f"({found.sql})", found.columns[0][1])

    def _case(self, node: exp.Case, scope: Scope) -> Typed:
        branches = []
        for branch in node.args["ifs"]:
            if node.this is None:
                condition = self.boolean(branch.this, scope, "CASE WHEN clause")
            else:
                whole = self.typed(node.this, scope)
                condition = compared("=", whole, self.typed(branch.this, scope), position(branch)).sql
            branches.append((condition, self.typed(branch.args["true"], scope)))
        default = node.args.get("default")
        other = self.typed(default, scope) if default is not None else Typed("NULL", UNKNOWN)
        kind = self._one_type([*(value for _, value in branches), other], node)
        arms = " ".join(f"WHEN {test} THEN {coerced(v.sql, v.type, kind)}" for test, v in branches)
        return Typed(f"CASE {arms} ELSE {coerced(other.sql, other.type, kind)} END", kind)

    def _if(self, node: exp.If, scope: Scope) -> Typed:
        return self._case(exp.Case(ifs=[node], default=node.args.get("false")), scope)

    def _one_type(self, values: Sequence[Typed], node: exp.Expr) -> Type:
        kind = UNKNOWN
        for value in values:
            merged = types.common(kind, value.type)
            if merged is None:
                raise mismatch(
                    f"All operands must be the same type or coercible to a common type: {kind}, {value.type}",
                    position(node),
                )
            kind = merged
        return kind

    def _cast(self, node: exp.Cast, scope: Scope) -> Typed:
        return self._cast_to(node, scope, attempt=False)

    def _trycast(self, node: exp.TryCast, scope: Scope) -> Typed:
        return self._cast_to(node, scope, attempt=True)

    def _cast_to(self, node: exp.Cast, scope: Scope, *, attempt: bool) -> Typed:
        value = self.typed(node.this, scope)
        target = node.args["to"]
        length = varchar_length(target)
        kind = VARCHAR if length else types.from_sql(target)
        if value.literal is not None and value.type == VARCHAR and kind.name == "decimal" and not target.expressions:
            return number(value.literal, exact=True)
        if value.literal is not None and value.type == VARCHAR and kind.name == types.zoned("").name:
            return _zoned_literal(value.literal, kind.args[0])
        sql = cast(value.sql, value.type, kind, position(node))
        if length and value.type == VARCHAR:
            sql = f"left({sql}, {length})"
        elif length:
            bad = f"athena_error('INVALID_CAST_ARGUMENT: Value ' || {sql} || ' cannot be represented as varchar({length})')"
            sql = f"CASE WHEN length({sql}) > {length} THEN {bad} ELSE {sql} END"
        return attempted(sql, kind, node) if attempt else Typed(sql, kind)

    def _parsejson(self, node: exp.ParseJSON, scope: Scope) -> Typed:
        return Typed(f"athena_json_parse({self.typed(node.this, scope).sql})", types.JSON)

    def _interval(self, node: exp.Interval, _scope: Scope) -> Typed:
        unit = node.args.get("unit")
        name = unit.name.upper() if isinstance(unit, exp.Var) else ""
        count = node.this.name if node.this is not None and node.this.is_string else ""
        if not re.fullmatch(r"[+-]?\d{1,9}", count) or name not in ("DAY", "HOUR", "MINUTE", "SECOND", "MONTH", "YEAR"):
            raise unsupported(f"the interval {node.sql('trino')}", position(node))
        return Typed(f"(INTERVAL 1 {name} * {int(count)})", types.MONTHS if name in ("MONTH", "YEAR") else types.DAYS)

    def _bracket(self, node: exp.Bracket, scope: Scope) -> Typed:
        if len(node.expressions) != 1:
            raise unsupported(node.sql("trino"), position(node))
        value, key = self.typed(node.this, scope), self.typed(node.expressions[0], scope)
        if value.type.name == "map":
            types.need(key.type, value.type.args[0], "Map key")
            wanted = coerced(key.sql, key.type, value.type.args[0])
            found = f"map_extract({value.sql}, {wanted})"
            bad = f"athena_error('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || CAST({wanted} AS VARCHAR))"
            sql = f"CASE WHEN {value.sql} IS NOT NULL AND {wanted} IS NOT NULL AND len({found}) = 0 THEN {bad} ELSE {found}[1] END"
            return Typed(sql, value.type.args[1])
        if value.type.name == "row" and key.literal is not None and key.type == INTEGER:
            at = int(key.literal)
            if not 1 <= at <= len(value.type.args):
                raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"ROW index out of bounds: {at}", position(node))
            return Typed(f"struct_extract_at({value.sql}, {at})", value.type.args[at - 1][1])
        if value.type.name != "array" or key.type not in types.INTEGERS:
            raise mismatch(f"Cannot apply operator: {value.type}[{key.type}]", position(node))
        prefix = "athena_error('INVALID_FUNCTION_ARGUMENT: "
        sql = (
            f"CASE WHEN {key.sql} = 0 THEN {prefix}SQL array indices start at 1') "
            f"WHEN {key.sql} < 0 THEN {prefix}Array subscript is negative: ' || CAST({key.sql} AS VARCHAR)) "
            f"WHEN {key.sql} > len({value.sql}) THEN {prefix}Array subscript must be less than or equal to array length: "
            f"' || CAST({key.sql} AS VARCHAR) || ' > ' || CAST(len({value.sql}) AS VARCHAR)) "
            f"ELSE list_extract({value.sql}, {key.sql}) END"
        )
        return Typed(sql, value.type.args[0])

    def _array(self, node: exp.Array, scope: Scope) -> Typed:
        values = [self.typed(item, scope) for item in node.expressions]
        kind = self._one_type(values, node)
        items = ", ".join(coerced(value.sql, value.type, kind) for value in values)
        return Typed(f"CAST([{items}] AS {types.duckdb(kind)}[])", types.array(kind))

    def _tuple(self, node: exp.Tuple, scope: Scope) -> Typed:
        return row([self.typed(item, scope) for item in node.expressions])

    def _lambda(self, node: exp.Lambda, _scope: Scope) -> Typed:
        raise unsupported(f"the lambda {node.sql('trino')} here", position(node))

    # Functions with a syntax of their own

    def _currentdate(self, _node: exp.Expr, _scope: Scope) -> Typed:
        return Typed(f"DATE '{self._now:%Y-%m-%d}'", types.DATE)

    def _currenttimestamp(self, node: exp.Expr, _scope: Scope) -> Typed:
        if node.this is not None:
            raise unsupported(node.sql("trino"), position(node))
        return Typed(f"TIMESTAMP '{self._now.isoformat(' ', 'milliseconds')[:23]}'", types.zoned("UTC"))

    def _localtimestamp(self, node: exp.Expr, scope: Scope) -> Typed:
        return Typed(self._currenttimestamp(node, scope).sql, types.TIMESTAMP)

    def _attimezone(self, node: exp.AtTimeZone, scope: Scope) -> Typed:
        return self.call("at_timezone", [node.this, node.args["zone"]], scope, node)

    def _extract(self, node: exp.Extract, scope: Scope) -> Typed:
        name = node.name.lower()
        if f"{name}" not in FUNCTIONS or FUNCTIONS[name].group != "Date and time" or name in ("now", "date"):
            raise unsupported(f"EXTRACT({name.upper()})", position(node))
        return self.call(name, [node.expression], scope, node)

    def _strposition(self, node: exp.StrPosition, scope: Scope) -> Typed:
        return self.call("strpos", [node.this, node.args["substr"]], scope, node)

    def _substring(self, node: exp.Substring, scope: Scope) -> Typed:
        parts = [node.this, node.args.get("start"), node.args.get("length")]
        return self.call("substr", [part for part in parts if part is not None], scope, node)

    def _trim(self, node: exp.Trim, scope: Scope) -> Typed:
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        characters = node.expression
        if characters is None:
            return self.call(name, [node.this], scope, node)
        values = [self.typed(node.this, scope), self.typed(characters, scope)]
        for value in values:
            types.need(value.type, VARCHAR, "Argument of trim")
        return Typed(f"{name}({values[0].sql}, {values[1].sql})", VARCHAR)

    def _groupconcat(self, node: exp.GroupConcat, scope: Scope) -> Typed:
        order = node.this if isinstance(node.this, exp.Order) else None
        if order is None or node.args.get("on_overflow"):
            raise unsupported(node.sql("trino"), position(node))
        value = self.typed(order.this, scope)
        separator = self.typed(node.args.get("separator") or exp.Literal.string(""), scope)
        types.need(value.type, VARCHAR, "Argument of listagg")
        if separator.literal is None:
            raise unsupported("a separator of listagg that is no literal", position(node))
        ordered = ", ".join(self.ordered(one, scope) for one in order.expressions)
        return Typed(f"string_agg({value.sql}, {separator.sql} ORDER BY {ordered})", VARCHAR)

    def _distinct(self, node: exp.Distinct, _scope: Scope) -> Typed:
        raise unsupported(f"DISTINCT in {node.parent and node.parent.sql('trino')}", position(node))

    # Functions, aggregates, windows

    def _anonymous(self, node: exp.Anonymous, scope: Scope) -> Typed:
        name = str(node.this).lower()
        if name in _AGGREGATES:
            return self._aggregate(node, scope, "", "")
        if name in _WINDOWS:
            raise AthenaError("MISSING_OVER", f"Window function {name} requires an OVER clause", position(node))
        return self.call(name, node.expressions, scope, node)

    def call(self, name: str, arguments: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        """Return a scalar function of the allow-list, applied; another is refused by name."""
        # Here, not above: these functions call back.
        from serverless_app.localcloud.athena.special import SPECIAL  # noqa: PLC0415

        function = FUNCTIONS.get(name)
        if name in SPECIAL:
            return SPECIAL[name](self, arguments, scope, node)
        if function is None:
            raise AthenaError(
                "FUNCTION_NOT_FOUND",
                f"Function '{name}' not registered: the local Athena answers the functions listed in docs/athena.md",
                position(node),
            )
        values = [self.typed(one, scope) for one in arguments]
        if function.group == "Date and time" and name != "to_unixtime":
            values = [_wall_clock(value) for value in values]
        return resolve(function, values, node)

    def _filter(self, node: exp.Filter, scope: Scope) -> Typed:
        condition = self.boolean(node.expression.this, scope, "FILTER clause")
        return self._aggregate(node.this, scope, f" FILTER (WHERE {condition})", "")

    def _window(self, node: exp.Window, scope: Scope) -> Typed:
        inner, after, nulls = node.this, "", ""
        if isinstance(inner, exp.Filter):
            after = f" FILTER (WHERE {self.boolean(inner.expression.this, scope, 'FILTER clause')})"
            inner = inner.this
        if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
            nulls = " IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
            inner = inner.this
        if not isinstance(inner, exp.Anonymous) or node.args.get("alias") or node.args.get("first") is not None:
            raise unsupported(node.sql("trino"), position(node))
        return self._aggregate(inner, scope, f"{after} OVER ({self._over(node, scope)})", nulls)

    def _over(self, node: exp.Window, scope: Scope) -> str:
        parts = []
        if node.args.get("partition_by"):
            parts.append("PARTITION BY " + ", ".join(self.typed(p, scope).sql for p in node.args["partition_by"]))
        order = node.args.get("order")
        if order is not None:
            parts.append("ORDER BY " + ", ".join(self.ordered(one, scope) for one in order.expressions))
        spec = node.args.get("spec")
        if spec is not None:
            parts.append(_frame(spec))
        return " ".join(parts)

    def _aggregate(self, node: exp.Expr, scope: Scope, after: str, nulls: str) -> Typed:
        if not isinstance(node, exp.Anonymous):
            raise unsupported(node.sql("trino"), position(node))
        name = str(node.this).lower()
        if name not in _AGGREGATES | _WINDOWS or (name in _WINDOWS and " OVER (" not in after):
            raise unsupported(f"{name} as an aggregate", position(node))
        arguments, distinct, order = list(node.expressions), "", ""
        if arguments and isinstance(arguments[-1], exp.Order):
            order = " ORDER BY " + ", ".join(self.ordered(one, scope) for one in arguments[-1].expressions)
            arguments = [*arguments[:-1], arguments[-1].this]
        if arguments and isinstance(arguments[0], exp.Distinct):
            distinct, arguments = "DISTINCT ", list(arguments[0].expressions)
        values = [] if name == "count" and isinstance((arguments or [None])[0], exp.Star) else [
            self.typed(one, scope) for one in arguments
        ]  # fmt: skip
        if distinct and (len(values) != 1 or name not in ("count", "sum", "avg", "min", "max", "array_agg")):
            raise unsupported(f"DISTINCT in {name}", position(node))
        end = f"{order}){after}"
        if name in ("sum", "avg"):
            return _summed(name, values, distinct, end, node)
        return resolve(FUNCTIONS[name], values, node, d=distinct, f=end, n=nulls)

    def ordered(self, node: exp.Expr, scope: Scope) -> str:
        """Return one item of an ORDER BY; NULLs come last unless it says otherwise, in either direction."""
        if not isinstance(node, exp.Ordered):
            raise unsupported(node.sql("trino"), position(node))
        return self.typed_order(self.typed(node.this, scope), node)

    def typed_order(self, value: Typed, node: exp.Ordered) -> str:
        """Return an item of an ORDER BY of a value that is written already."""
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


def attempted(sql: str, kind: Type, node: exp.Expr) -> Typed:
    """Return TRY of a value; where a refusal could become NULL, the whole is refused."""
    if any(mark in sql for mark in _REFUSING):
        raise unsupported(f"TRY of {node.sql('trino')}", position(node))
    return Typed(f"TRY({sql})", kind)


def string(value: str) -> Typed:
    """Return a text literal."""
    return Typed(types.text(value), VARCHAR, value)


def number(source: str, *, exact: bool = False) -> Typed:
    """Return a number literal, typed as Trino types it by its notation."""
    plain = source.lower().lstrip("+-")
    if not exact and "e" in plain and re.fullmatch(r"(\d+\.?\d*|\.\d+)e[+-]?\d+", plain):
        return Typed(f"CAST('{source}' AS DOUBLE)", DOUBLE, source)
    if not exact and plain.isascii() and plain.isdigit():
        if int(plain) > _MAX_BIGINT + source.startswith("-"):
            raise AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"Invalid numeric literal: {source}")
        kind = INTEGER if int(plain) <= _MAX_INTEGER + source.startswith("-") else BIGINT
        return Typed(f"CAST({source} AS {kind.name.upper()})", kind, source)
    if re.fullmatch(r"\d+\.?\d*|\.\d+", plain) is None:
        raise AthenaError("INVALID_LITERAL", f"'{source}' is not a valid decimal literal")
    whole, _, fraction = plain.partition(".")
    whole = whole.lstrip("0")
    precision = max(len(whole) + len(fraction), 1)
    if precision > types.MAX_PRECISION:
        raise AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"Decimal literal has more than 38 digits: {source}")
    kind = types.decimal(precision, len(fraction))
    return Typed(f"CAST('{source}' AS {types.duckdb(kind)})", kind, source)


def row(values: Sequence[Typed]) -> Typed:
    """Return an anonymous row."""
    kind = Type("row", tuple(("", value.type) for value in values))
    fields = ", ".join(f"field{at} := {value.sql}" for at, value in enumerate(values))
    return Typed(f"CAST(struct_pack({fields}) AS {types.duckdb(kind)})", kind)


def compared(operator: str, one: Typed, other: Typed, where: str) -> Typed:
    """Return a comparison; NaN compares as IEEE 754 has it, which DuckDB does not."""
    kind = comparable(one.type, other.type, operator, where)
    a, b = coerced(one.sql, one.type, kind), coerced(other.sql, other.type, kind)
    if kind.name not in ("double", "real"):
        return Typed(f"({a} {operator} {b})", BOOLEAN)
    odd = [f"(isnan({x}) AND {y} IS NOT NULL)" for x, y, v in ((a, b, one), (b, a, other)) if v.literal is None]
    answer = "true" if operator == "<>" else "false"
    return Typed(
        f"CASE WHEN {' OR '.join(odd)} THEN {answer} ELSE {a} {operator} {b} END" if odd else f"({a} {operator} {b})",
        BOOLEAN,
    )


def varchar_length(target: exp.DataType) -> int | None:
    """Return n of varchar(n)."""
    sizes = [p for p in target.expressions if isinstance(p, exp.DataTypeParam)]
    return int(sizes[0].name) if target.this == exp.DType.VARCHAR and sizes else None


def _field(value: Typed, name: str, node: exp.Expr) -> Typed:
    kinds = dict(value.type.args) if value.type.name == "row" else {}
    if name not in kinds:
        raise AthenaError("COLUMN_NOT_FOUND", f"Column '{node.sql('trino')}' cannot be resolved", position(node))
    return Typed(f"struct_extract({value.sql}, {types.text(name)})", kinds[name])


def _zoned_literal(literal: str, precision: int) -> Typed:
    found = re.fullmatch(
        r"(\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)(?: ?(Z|[A-Za-z_]+(?:/[A-Za-z_/]+)?))?", literal
    )
    if found is None:
        raise unsupported(f"the timestamp with time zone '{literal}': name the zone, as in '2020-01-01 00:00:00 UTC'")
    zone = "UTC" if found[2] in (None, "Z") else found[2]
    from serverless_app.localcloud.athena.special import utc_of  # noqa: PLC0415 - special builds on this module

    return Typed(utc_of(cast(types.text(found[1]), VARCHAR, types.TIMESTAMP6, ""), zone), types.zoned(zone, precision))


def _wall_clock(value: Typed) -> Typed:
    """Return a zoned timestamp as what the clocks of its zone show; other values as they are."""
    if value.type.name != types.zoned("UTC").name:
        return value
    precision, zone = value.type.args
    return Typed(local(value.sql, zone), Type("timestamp", (precision,)))


def _frame(spec: exp.WindowSpec) -> str:
    kind = str(spec.args.get("kind") or "").upper()
    sides = []
    for name in ("start", "end"):
        bound, side = spec.args.get(name), str(spec.args.get(f"{name}_side") or "")
        if isinstance(bound, exp.Literal) and kind == "ROWS" and bound.name.isdigit():
            sides.append(f"{bound.name} {side.upper()}")
        elif bound in ("UNBOUNDED", "CURRENT ROW"):
            sides.append(f"{bound} {side.upper()}".strip())
        elif bound is not None:
            raise unsupported(f"the window frame {spec.sql('trino')}")
    if kind not in ("ROWS", "RANGE", "GROUPS") or spec.args.get("exclude"):
        raise unsupported(f"the window frame {spec.sql('trino')}")
    return f"{kind} BETWEEN {sides[0]} AND {sides[1] if len(sides) > 1 else 'CURRENT ROW'}"


def _arithmetic(operator: str, one: Typed, other: Typed, where: str) -> Typed:
    if types.numeric(one.type) and types.numeric(other.type):
        kind = types.common(one.type, other.type)
        if kind is None:
            raise AssertionError("two numbers have a common type")
        if kind.name == "decimal":
            return _decimals(operator, one, other)
        a, b = coerced(one.sql, one.type, kind), coerced(other.sql, other.type, kind)
        written = "//" if operator == "/" and kind in types.INTEGERS else operator
        if operator == "%" and kind not in types.INTEGERS:
            return Typed(f"fmod({a}, {b})", kind)
        return Typed(f"({a} {written} {b})", kind)
    found = _time_arithmetic(operator, one, other)
    if found is None:
        raise mismatch(f"Cannot apply operator: {one.type} {operator} {other.type}", where)
    return found


def _decimals(operator: str, one: Typed, other: Typed) -> Typed:
    left, right = types.as_decimal(one.type), types.as_decimal(other.type)
    (p1, s1), (p2, s2) = left.args, right.args
    a, b = coerced(one.sql, one.type, left), coerced(other.sql, other.type, right)
    match operator:
        case "+" | "-":
            kind = types.decimal(max(p1 - s1, p2 - s2) + max(s1, s2) + 1, max(s1, s2))
            target = types.duckdb(kind)
            return Typed(f"CAST(CAST({a} AS {target}) {operator} CAST({b} AS {target}) AS {target})", kind)
        case "*" if s1 + s2 <= types.MAX_PRECISION and p1 + p2 <= types.MAX_PRECISION:
            kind = types.decimal(p1 + p2, s1 + s2)
            return Typed(f"CAST({a} * {b} AS {types.duckdb(kind)})", kind)
        case "/":
            scale = max(s1, s2)
            return divided(
                unscaled(a, left),
                unscaled(b, right),
                scale - s1 + s2,
                types.decimal(p1 + s2 + max(0, s2 - s1), scale),
                p1,
            )
        case "%":
            kind = types.decimal(min(p2 - s2, p1 - s1) + max(s1, s2), max(s1, s2))
            both = types.common(left, right)
            if both is not None and max(p1 - s1, p2 - s2) + max(s1, s2) <= types.MAX_PRECISION:
                return Typed(
                    f"CAST({coerced(a, left, both)} % {coerced(b, right, both)} AS {types.duckdb(kind)})", kind
                )
    raise unsupported(f"{left} {operator} {right}: more than 38 digits are needed on the way")


def unscaled(sql: str, kind: Type) -> str:
    """Return a decimal's digits as an integer."""
    precision, scale = kind.args
    if precision + scale > types.MAX_PRECISION:
        raise unsupported(f"this arithmetic with {kind}: more than 38 digits are needed on the way")
    return (
        f"CAST(CAST({sql} AS DECIMAL({min(precision + scale, 38)},{scale})) * {10**scale} AS HUGEINT)"
        if scale
        else f"CAST({sql} AS HUGEINT)"
    )


def divided(dividend: str, divisor: str, shift: int, kind: Type, digits: int) -> Typed:
    """Return dividend * 10^shift / divisor, rounded half away from zero, as a decimal."""
    precision, scale = kind.args
    if digits + shift > types.MAX_PRECISION or precision + scale + 1 > types.MAX_PRECISION:
        raise unsupported(f"a division whose result is {kind}: more than 38 digits are needed on the way")
    n, d = f"({dividend} * CAST({10**shift} AS HUGEINT))", divisor
    # The remainder is doubled by comparing it with what is left of the divisor: no 39th digit is needed.
    up = f"CASE WHEN abs({n} % {d}) >= abs({d}) - abs({n} % {d}) THEN sign({n}) * sign({d}) ELSE 0 END"
    whole = f"CAST({n} // {d} + {up} AS DECIMAL({precision},0))"
    if not scale:
        return Typed(whole, kind)
    one = f"CAST('{'0.' + '0' * (scale - 1) + '1'}' AS DECIMAL({scale + 1},{scale}))"
    return Typed(f"CAST({whole} * {one} AS {types.duckdb(kind)})", kind)


def _time_arithmetic(operator: str, one: Typed, other: Typed) -> Typed | None:
    if operator == "+" and one.type in (types.DAYS, types.MONTHS):
        one, other = other, one
    intervals = (types.DAYS, types.MONTHS)
    if operator in "+-" and other.type in intervals:
        if one.type == types.DATE:
            whole = f"({one.sql} {operator} {other.sql})"
            bad = "athena_error('INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date')"
            return Typed(
                f"CASE WHEN {whole} <> CAST(CAST({whole} AS DATE) AS TIMESTAMP) THEN {bad} ELSE CAST({whole} AS DATE) END",
                types.DATE,
            )
        if one.type.name == "timestamp" or one.type == types.zoned("UTC", *one.type.args[:1]) or one.type == other.type:
            return Typed(f"({one.sql} {operator} {other.sql})", one.type)
    if operator == "-" and one.type == other.type == types.DATE:
        return Typed(f"(INTERVAL 1 DAY * ({one.sql} - {other.sql}))", types.DAYS)
    if operator == "-" and {one.type.name, other.type.name} <= {"timestamp", "date"}:
        return Typed(f"(CAST({one.sql} AS TIMESTAMP) - CAST({other.sql} AS TIMESTAMP))", types.DAYS)
    return None


def _summed(name: str, values: list[Typed], distinct: str, end: str, node: exp.Expr) -> Typed:
    if len(values) != 1 or not types.numeric(values[0].type):
        raise mismatch(
            f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function {name}", position(node)
        )
    (value,) = values
    if name == "sum":
        kind = (
            BIGINT
            if value.type in types.INTEGERS
            else types.decimal(38, value.type.args[1])
            if value.type.name == "decimal"
            else value.type
        )
        return Typed(f"CAST(sum({distinct}{value.sql}{end} AS {types.duckdb(kind)})", kind)
    if value.type.name != "decimal":
        inner = coerced(value.sql, value.type, DOUBLE)
        kind = types.REAL if value.type == types.REAL else DOUBLE
        return Typed(f"CAST(avg({distinct}{inner}{end} AS {types.duckdb(kind)})", kind)
    total = f"sum({distinct}{unscaled(value.sql, value.type)}{end}"
    count = f"nullif(CAST(count({distinct}{value.sql}{end} AS HUGEINT), 0)"
    return divided(total, count, 0, value.type, types.MAX_PRECISION)


@lru_cache(maxsize=1024)
def _signature(source: str) -> tuple[tuple[Type, ...], Type, bool]:
    parameters, _, result = source.partition("->")
    kinds = [_kind(part) for part in _parts(parameters.replace("...", ""))]
    return tuple(kinds), _kind(result), "..." in parameters


def _parts(source: str) -> list[str]:
    return [part for part in re.split(r",(?![^()]*\))", source.strip()) if part.strip()]


def _kind(source: str) -> Type:
    name, _, inside = source.strip().partition("(")
    if name == "timestamp":
        return types.TIMESTAMP6
    if name == "timestamptz":
        return types.zoned("UTC")
    return Type(name, tuple(_kind(part) for part in _parts(inside[:-1])))


def resolve(function: Function, values: Sequence[Typed], node: exp.Expr, **more: str) -> Typed:
    """Return a function applied by its first overload that takes the arguments, without coercion if there is one."""
    for exactly in (True, False):
        for signature, template in function.overloads:
            parameters, result, repeated = _signature(signature)
            if repeated and len(values) > len(parameters):
                parameters += (parameters[-1],) * (len(values) - len(parameters))
            bindings = _bindings(parameters, [value.type for value in values], exactly=exactly)
            if bindings is None:
                continue
            kinds = [_bound(parameter, bindings) for parameter in parameters]
            sqls = [coerced(v.sql, v.type, kind) for v, kind in zip(values, kinds, strict=True)]
            kind = _bound(result, bindings)
            sql = (
                template.format(*sqls, **more)
                if "{*}" not in template
                else template.replace("{*}", ", ".join(sqls)).replace("{0}", sqls[0])
            )
            return Typed(
                f"CAST({sql} AS {types.duckdb(kind)})" if kind in (*types.INTEGERS, types.REAL) else f"({sql})", kind
            )
    given = ", ".join(str(value.type) for value in values)
    raise AthenaError(
        "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {function.name}", position(node)
    )


def _bindings(parameters: Sequence[Type], given: Sequence[Type], *, exactly: bool) -> dict[str, Type] | None:
    bindings: dict[str, Type] = {}
    fits = len(parameters) == len(given) and all(
        _bind(parameter, kind, bindings, exactly=exactly) for parameter, kind in zip(parameters, given, strict=True)
    )
    return bindings if fits else None


def _bind(parameter: Type, given: Type, bindings: dict[str, Type], *, exactly: bool) -> bool:
    if parameter.name in ("T", "U", "O", "N"):
        kind = types.common(bindings.get(parameter.name, UNKNOWN), given)
        if (
            kind is None
            or (parameter.name == "N" and not types.numeric(kind))
            or (parameter.name == "O" and not types.orderable(kind))
        ):
            return False
        bindings[parameter.name] = kind
        return True
    if parameter.name == "timestamp with time zone":
        return given.name == parameter.name
    if parameter == types.TIMESTAMP6:
        return given.name == "timestamp" or (not exactly and given.name == "date")
    if given == UNKNOWN and not exactly:
        return all(_bind(part, UNKNOWN, bindings, exactly=False) for part in parameter.args if isinstance(part, Type))
    if parameter.name in ("array", "map"):
        return given.name == parameter.name and all(
            _bind(part, kind, bindings, exactly=exactly) for part, kind in zip(parameter.args, given.args, strict=True)
        )
    return parameter == given or (not exactly and types.common(parameter, given) == parameter)


def _bound(parameter: Type, bindings: dict[str, Type]) -> Type:
    if parameter.name in bindings:
        return bindings[parameter.name]
    return Type(parameter.name, tuple(_bound(p, bindings) if isinstance(p, Type) else p for p in parameter.args))


def utc_now() -> datetime:
    """Return the time that a statement takes for now."""
    return datetime.now(UTC)


__all__ = ["Column", "Expressions", "Relation", "Scope", "Typed", "compared", "number", "resolve", "row", "string"]
