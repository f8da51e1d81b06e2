# ruff: noqa: E501, PLR0917 - one fact, one line; the parts of one statement
"""Functions that a template cannot express: those that look at literals, types or lambdas."""

import zoneinfo
from collections.abc import Callable
from typing import Final

from sqlglot import exp

from serverless_app.localcloud.athena import types
from serverless_app.localcloud.athena.casts import cast, coerced, local
from serverless_app.localcloud.athena.errors import AthenaError, mismatch, unsupported
from serverless_app.localcloud.athena.expressions import (
    Expressions,
    Scope,
    Typed,
    _arithmetic,
    attempted,
    compared,
    row,
    string,
)
from serverless_app.localcloud.athena.parsing import position
from serverless_app.localcloud.athena.types import BIGINT, BOOLEAN, DATE, DOUBLE, UNKNOWN, VARCHAR, Type
from serverless_app.localcloud.athena.udfs import pattern_of

Special = Callable[[Expressions, list[exp.Expr], Scope, exp.Expr], Typed]

_UNITS: Final = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
_DAY: Final = _UNITS.index("day")


def _arguments(
    name: str, writer: Expressions, nodes: list[exp.Expr], scope: Scope, least: int, most: int
) -> list[Typed]:
    if not least <= len(nodes) <= most:
        raise AthenaError("FUNCTION_NOT_FOUND", f"Unexpected number of arguments for function {name}: {len(nodes)}")
    return [writer.typed(node, scope) for node in nodes]


def _literal(value: Typed, what: str, node: exp.Expr) -> str:
    if value.literal is None or value.type != VARCHAR:
        raise unsupported(f"{what} that is no literal", position(node))
    return value.literal


def _concat(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    return writer._concat_values(_arguments("concat", writer, nodes, scope, 2, 127), node)  # noqa: SLF001 - its other half


def _regexp(name: str, udf: str, result: Type, most: int = 2) -> Special:
    def special(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        values = _arguments(name, writer, nodes, scope, 2, most)
        types.need(values[0].type, VARCHAR, f"Argument of {name}")
        pattern = _literal(values[1], f"a pattern of {name}", node)
        normal = pattern_of(pattern).pattern
        if name == "regexp_like" and r"\Z" not in normal:
            return Typed(f"regexp_matches({values[0].sql}, {types.text(normal)})", BOOLEAN)
        more = []
        if name == "regexp_replace":
            more = [coerced(v.sql, v.type, VARCHAR) for v in values[2:]] or ["''"]
        elif most > 2:  # noqa: PLR2004 - a group may be named
            more = [coerced(v.sql, v.type, BIGINT) for v in values[2:]] or ["0"]
        return Typed(f"{udf}({', '.join([values[0].sql, values[1].sql, *more])})", result)

    return special


def _rounding(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    value, *digits = _arguments("round", writer, nodes, scope, 1, 2)
    if not types.numeric(value.type):
        raise mismatch(f"Unexpected parameters ({value.type}) for function round", position(node))
    if not digits:
        return _whole("round", value)
    places = digits[0].literal or ""
    if not places.isdigit() or int(places) > 15:  # noqa: PLR2004 - the digits of a double
        raise unsupported("round to a number of digits that is no literal from 0 to 15", position(node))
    if value.type in types.INTEGERS:
        return value
    if value.type.name == "decimal":
        precision, scale = value.type.args
        kind = types.decimal(precision + 1, scale)
        kept = min(int(places), scale)
        return Typed(f"CAST(round({value.sql}, {kept}) AS {types.duckdb(kind)})", kind)
    factor = f"CAST('1e{places}' AS DOUBLE)"
    scaled = f"({value.sql} * {factor})"
    sql = f"CASE WHEN abs({scaled}) < 4503599627370496 THEN round({scaled}) / {factor} ELSE {value.sql} END"
    return Typed(f"CAST({sql} AS {types.duckdb(value.type)})", value.type)


def _whole(name: str, value: Typed) -> Typed:
    if value.type in types.INTEGERS:
        return value
    if value.type.name == "decimal":
        precision, scale = value.type.args
        kind = types.decimal(precision - scale + min(scale, 1), 0)
        return Typed(f"CAST({name}({value.sql}) AS {types.duckdb(kind)})", kind)
    return Typed(f"CAST({name}({value.sql}) AS {types.duckdb(value.type)})", value.type)


def _rounded_down(name: str, written: str) -> Special:
    def special(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        (value,) = _arguments(name, writer, nodes, scope, 1, 1)
        if not types.numeric(value.type):
            raise mismatch(f"Unexpected parameters ({value.type}) for function {name}", position(node))
        return _whole(written, value)

    return special


def _sign(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    (value,) = _arguments("sign", writer, nodes, scope, 1, 1)
    if not types.numeric(value.type):
        raise mismatch(f"Unexpected parameters ({value.type}) for function sign", position(node))
    kind = types.decimal(1, 0) if value.type.name == "decimal" else value.type
    if kind.name in ("double", "real"):
        return Typed(
            f"CASE WHEN isnan({value.sql}) THEN {value.sql} ELSE CAST(sign({value.sql}) AS {types.duckdb(kind)}) END",
            kind,
        )
    return Typed(f"CAST(sign({value.sql}) AS {types.duckdb(kind)})", kind)


def _mod(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    one, other = _arguments("mod", writer, nodes, scope, 2, 2)
    return _arithmetic("%", one, other, position(node))


def _extreme(name: str) -> Special:
    def special(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        values = _arguments(name, writer, nodes, scope, 1, 127)
        kind = writer._one_type(values, node)  # noqa: SLF001 - its other half
        if not types.orderable(kind):
            raise mismatch(f"Type {kind} is not orderable", position(node))
        sqls = [coerced(v.sql, v.type, kind) for v in values]
        nulls = " OR ".join(f"{sql} IS NULL" for sql in sqls)
        if kind.name in ("double", "real"):
            odd = " OR ".join(f"isnan({sql})" for sql in sqls)
            nulls = f"{nulls} THEN NULL WHEN {odd} THEN athena_error('NOT_SUPPORTED: the local Athena does not support {name} of NaN') WHEN false"
        return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {name}({', '.join(sqls)}) END", kind)

    return special


# Conditions


def _coalesce(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    values = _arguments("coalesce", writer, nodes, scope, 2, 127)
    kind = writer._one_type(values, node)  # noqa: SLF001 - its other half
    return Typed(f"coalesce({', '.join(coerced(v.sql, v.type, kind) for v in values)})", kind)


def _if(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    if len(nodes) not in (2, 3):
        raise AthenaError("SYNTAX_ERROR", "Invalid number of arguments for 'if' function", position(node))
    branch = exp.If(this=nodes[0], true=nodes[1])
    return writer.typed(exp.Case(ifs=[branch], default=nodes[2] if nodes[2:] else None), scope)


def _nullif(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    one, other = _arguments("nullif", writer, nodes, scope, 2, 2)
    return Typed(f"CASE WHEN {compared('=', one, other, position(node)).sql} THEN NULL ELSE {one.sql} END", one.type)


def _try(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    (value,) = _arguments("try", writer, nodes, scope, 1, 1)
    return attempted(value.sql, value.type, node)


def _typeof(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    (value,) = _arguments("typeof", writer, nodes, scope, 1, 1)
    if value.type == VARCHAR:
        raise unsupported("typeof of text, whose length is part of its type in Athena", position(node))
    return string(str(value.type))


# Dates and times


def _unit(value: Typed, kind: Type, node: exp.Expr) -> str:
    unit = _literal(value, "a unit", node).lower()
    if unit not in _UNITS or (kind == DATE and _UNITS.index(unit) < _DAY):
        raise AthenaError(
            "INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {kind.name.upper()} field", position(node)
        )
    return unit


def _moment(value: Typed, name: str, node: exp.Expr) -> Typed:
    if value.type.name not in ("date", "timestamp", "timestamp with time zone"):
        raise mismatch(f"Unexpected parameters ({value.type}) for function {name}", position(node))
    if value.type.name == "timestamp with time zone" and value.type.args[1] != "UTC":
        raise unsupported(f"{name} in the time zone {value.type.args[1]}", position(node))
    return value


def _date_trunc(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    unit, value = _arguments("date_trunc", writer, nodes, scope, 2, 2)
    kind = _moment(value, "date_trunc", node).type
    return Typed(f"CAST(date_trunc('{_unit(unit, kind, node)}', {value.sql}) AS {types.duckdb(kind)})", kind)


def _date_add(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    unit, count, value = _arguments("date_add", writer, nodes, scope, 3, 3)
    types.need(count.type, BIGINT, "Second argument of date_add")
    kind = _moment(value, "date_add", node).type
    sql = f"({value.sql} + INTERVAL 1 {_unit(unit, kind, node)} * {coerced(count.sql, count.type, BIGINT)})"
    return Typed(f"CAST({sql} AS {types.duckdb(kind)})", kind)


def _date_diff(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    unit, start, end = _arguments("date_diff", writer, nodes, scope, 3, 3)
    kind = types.common(_moment(start, "date_diff", node).type, _moment(end, "date_diff", node).type) or start.type
    parts = (coerced(v.sql, v.type, kind) for v in (start, end))
    return Typed(f"date_sub('{_unit(unit, kind, node)}', {', '.join(parts)})", BIGINT)


def _date(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    (value,) = _arguments("date", writer, nodes, scope, 1, 1)
    return Typed(cast(value.sql, value.type, DATE, position(node)), DATE)


def _now(writer: Expressions, nodes: list[exp.Expr], scope: Scope, _node: exp.Expr) -> Typed:
    _arguments("now", writer, nodes, scope, 0, 0)
    return writer.typed(exp.CurrentTimestamp(), scope)


def _formatted(name: str, udf: str) -> Special:
    def special(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        value, pattern = _arguments(name, writer, nodes, scope, 2, 2)
        kind = value.type
        if kind.name not in ("date", "timestamp", "timestamp with time zone"):
            raise mismatch(f"Unexpected parameters ({kind}) for function {name}", position(node))
        _literal(pattern, f"a format of {name}", node)
        clock = local(value.sql, kind.args[1]) if kind.name == "timestamp with time zone" else value.sql
        return Typed(f"{udf}(CAST({clock} AS TIMESTAMP), {pattern.sql})", VARCHAR)

    return special


def _date_parse(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    value, pattern = _arguments("date_parse", writer, nodes, scope, 2, 2)
    types.need(value.type, VARCHAR, "First argument of date_parse")
    _literal(pattern, "a format of date_parse", node)
    return Typed(f"athena_date_parse({coerced(value.sql, value.type, VARCHAR)}, {pattern.sql})", types.TIMESTAMP)


def utc_of(sql: str, zone: str) -> str:
    """Return the instant at which the wall clock of a zone shows a time."""
    _known(zone)
    return sql if zone == "UTC" else f"((({sql}) AT TIME ZONE {types.text(zone)}) AT TIME ZONE 'UTC')"


def _known(zone: str) -> None:
    if zone not in zoneinfo.available_timezones():
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", f"'{zone}' is not a valid time zone")


def _at_timezone(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    value, zone = _arguments("at_timezone", writer, nodes, scope, 2, 2)
    name = _literal(zone, "a time zone", node)
    _known(name)
    if value.type.name not in ("timestamp", "timestamp with time zone"):
        raise mismatch(f"Type of value must be a time or timestamp (actual {value.type})", position(node))
    return Typed(value.sql, types.zoned(name, value.type.args[0]))


def _with_timezone(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    value, zone = _arguments("with_timezone", writer, nodes, scope, 2, 2)
    name = _literal(zone, "a time zone", node)
    if value.type.name != "timestamp":
        raise mismatch(f"Unexpected parameters ({value.type}, varchar) for function with_timezone", position(node))
    return Typed(utc_of(value.sql, name), types.zoned(name, value.type.args[0]))


# Arrays, maps and rows


def _applied(
    writer: Expressions, name: str, nodes: list[exp.Expr], scope: Scope, node: exp.Expr
) -> tuple[Typed, Typed, str]:
    if len(nodes) != 2 or not isinstance(nodes[1], exp.Lambda) or len(nodes[1].expressions) != 1:  # noqa: PLR2004 - array, lambda
        raise AthenaError(
            "FUNCTION_NOT_FOUND", f"Function {name} takes an array and a lambda of one argument", position(node)
        )
    values = writer.typed(nodes[0], scope)
    if values.type.name != "array":
        raise mismatch(f"Unexpected parameters ({values.type}) for function {name}", position(node))
    with writer.bound([nodes[1].expressions[0].name.lower()], values.type.args, scope) as (inner, (argument,)):
        return values, writer.typed(nodes[1].this, inner), argument


def _transform(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    values, result, argument = _applied(writer, "transform", nodes, scope, node)
    return Typed(f"list_transform({values.sql}, lambda {argument}: {result.sql})", types.array(result.type))


def _filter(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    values, result, argument = _applied(writer, "filter", nodes, scope, node)
    types.need(result.type, BOOLEAN, "Result of the lambda of filter")
    return Typed(f"list_filter({values.sql}, lambda {argument}: coalesce({result.sql}, false))", values.type)


def _match(name: str, decisive: str, answer: str, otherwise: str) -> Special:
    def special(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        values, result, argument = _applied(writer, name, nodes, scope, node)
        types.need(result.type, BOOLEAN, f"Result of the lambda of {name}")
        answers = f"list_transform({values.sql}, lambda {argument}: {result.sql})"
        unsure = f"len(list_filter({answers}, lambda n_: n_ IS NULL)) > 0"
        sql = f"CASE WHEN {values.sql} IS NULL THEN NULL WHEN list_contains({answers}, {decisive}) THEN {answer} WHEN {unsure} THEN NULL ELSE {otherwise} END"
        return Typed(sql, BOOLEAN)

    return special


def _reduce(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    lambdas = [one for one in nodes[2:] if isinstance(one, exp.Lambda)]
    if len(nodes) != 4 or [len(one.expressions) for one in lambdas] != [2, 1]:  # noqa: PLR2004 - array, state, two lambdas
        raise AthenaError(
            "FUNCTION_NOT_FOUND", "Function reduce takes an array, a state and two lambdas", position(node)
        )
    values, state = writer.typed(nodes[0], scope), writer.typed(nodes[1], scope)
    item = values.type.args[0] if values.type.name == "array" else UNKNOWN
    if types.common(item, state.type) != state.type:
        raise unsupported(f"reduce of {values.type} to {state.type}", position(node))
    names = [one.name.lower() for one in lambdas[0].expressions]
    with writer.bound(names, [state.type, item], scope) as (inner, arguments):
        step = writer.typed(lambdas[0].this, inner)
    if step.type != state.type:
        raise unsupported(f"reduce whose state changes its type from {state.type} to {step.type}", position(node))
    items = coerced(values.sql, values.type, types.array(state.type))
    folded = f"list_reduce({items}, lambda {', '.join(arguments)}: {step.sql}, {state.sql})"
    with writer.bound([lambdas[1].expressions[0].name.lower()], [state.type], scope) as (inner, (last,)):
        result = writer.typed(lambdas[1].this, inner)
    return Typed(f"list_transform([{folded}], lambda {last}: {result.sql})[1]", result.type)


def _row(writer: Expressions, nodes: list[exp.Expr], scope: Scope, _node: exp.Expr) -> Typed:
    return row(_arguments("row", writer, nodes, scope, 1, 127))


def _map_entries(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    (value,) = _arguments("map_entries", writer, nodes, scope, 1, 1)
    if value.type.name != "map":
        raise mismatch(f"Unexpected parameters ({value.type}) for function map_entries", position(node))
    kind = Type("row", tuple(("", part) for part in value.type.args))
    pair = f"CAST(struct_pack(field0 := m_.key, field1 := m_.value) AS {types.duckdb(kind)})"
    return Typed(f"list_transform(map_entries({value.sql}), lambda m_: {pair})", types.array(kind))


def _map_from_entries(writer: Expressions, nodes: list[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    (value,) = _arguments("map_from_entries", writer, nodes, scope, 1, 1)
    item = value.type.args[0] if value.type.name == "array" else UNKNOWN
    if item.name != "row" or len(item.args) != 2:  # noqa: PLR2004 - key and value
        raise mismatch(f"Unexpected parameters ({value.type}) for function map_from_entries", position(node))
    return Typed(f"map_from_entries({value.sql})", Type("map", tuple(part for _, part in item.args)))


SPECIAL: Final[dict[str, Special]] = {
    "all_match": _match("all_match", "false", "false", "true"),
    "any_match": _match("any_match", "true", "true", "false"),
    "at_timezone": _at_timezone,
    "ceil": _rounded_down("ceil", "ceil"),
    "ceiling": _rounded_down("ceiling", "ceil"),
    "coalesce": _coalesce,
    "concat": _concat,
    "date": _date,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_format": _formatted("date_format", "athena_date_format"),
    "date_parse": _date_parse,
    "date_trunc": _date_trunc,
    "filter": _filter,
    "floor": _rounded_down("floor", "floor"),
    "format_datetime": _formatted("format_datetime", "athena_joda"),
    "greatest": _extreme("greatest"),
    "if": _if,
    "least": _extreme("least"),
    "map_entries": _map_entries,
    "map_from_entries": _map_from_entries,
    "mod": _mod,
    "none_match": _match("none_match", "true", "false", "true"),
    "now": _now,
    "nullif": _nullif,
    "reduce": _reduce,
    "regexp_count": _regexp("regexp_count", "athena_count", BIGINT),
    "regexp_extract": _regexp("regexp_extract", "athena_extract", VARCHAR, 3),
    "regexp_extract_all": _regexp("regexp_extract_all", "athena_extract_all", types.array(VARCHAR), 3),
    "regexp_like": _regexp("regexp_like", "athena_matches", BOOLEAN),
    "regexp_replace": _regexp("regexp_replace", "athena_replace", VARCHAR, 3),
    "regexp_split": _regexp("regexp_split", "athena_split", types.array(VARCHAR)),
    "round": _rounding,
    "row": _row,
    "sign": _sign,
    "transform": _transform,
    "try": _try,
    "typeof": _typeof,
    "with_timezone": _with_timezone,
}

__all__ = ["DOUBLE", "SPECIAL", "utc_of"]
