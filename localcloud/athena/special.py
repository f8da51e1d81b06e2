"""Functions that no overload describes: those whose type follows from literals, digits or lambdas."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlglot import exp

from localcloud.athena import formats, types
from localcloud.athena.calls import attempted
from localcloud.athena.casts import cast
from localcloud.athena.duck import text
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.expressions import Expressions
from localcloud.athena.operators import Typed, arithmetic, compared, concatenated, one_type, row, string
from localcloud.athena.parsing import position
from localcloud.athena.scope import Scope
from localcloud.athena.types import BOOLEAN, DATE, UNKNOWN, VARCHAR, ZONED, Type
from localcloud.athena.udfs import pattern_of

Special = Callable[[Expressions, Sequence[exp.Expr], Scope, exp.Expr], Typed]
_MOST: Final = 127
_DOUBLE_DIGITS: Final = 15


def _of_values(least: int, most: int, make: Callable[[list[Typed], exp.Expr], Typed]) -> Special:
    """Return a function that looks at the values of its arguments alone."""

    def special(writer: Expressions, nodes: Sequence[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        if not least <= len(nodes) <= most:
            said = f"Unexpected number of arguments: {len(nodes)} in {node.sql('trino')}"
            raise AthenaError("FUNCTION_NOT_FOUND", said, position(node))
        return make([writer.typed(one, scope) for one in nodes], node)

    return special


def _unexpected(values: Sequence[Typed], node: exp.Expr) -> AthenaError:
    given = ", ".join(str(value.type) for value in values)
    return mismatch(f"Unexpected parameters ({given}) for function {node.name.lower()}", position(node))


# Numbers


def _round(values: list[Typed], node: exp.Expr) -> Typed:
    value, *digits = values
    if not digits:
        return _whole("round")(values, node)
    places = digits[0].literal or ""
    if not places.isdigit() or int(places) > _DOUBLE_DIGITS:
        raise unsupported("round to a number of digits that is no literal from 0 to 15", position(node))
    if value.type in types.INTEGERS:
        return value
    if value.type.name == "decimal":
        precision, scale = value.type.args
        kind = types.decimal(precision + 1, scale)
        return Typed(f"CAST(round({value.sql}, {min(int(places), scale)}) AS {types.duckdb(kind)})", kind)
    if not types.floating(value.type):
        raise _unexpected(values, node)
    return Typed(f"CAST(athena_round({value.sql}, '1e{places}') AS {types.duckdb(value.type)})", value.type)


def _whole(name: str) -> Callable[[list[Typed], exp.Expr], Typed]:
    def make(values: list[Typed], node: exp.Expr) -> Typed:
        (value,) = values
        kind = value.type
        if not types.numeric(kind):
            raise _unexpected(values, node)
        if kind in types.INTEGERS:
            return value
        if kind.name == "decimal":
            kind = types.decimal(kind.args[0] - kind.args[1] + min(kind.args[1], 1), 0)
        return Typed(f"CAST({name}({value.sql}) AS {types.duckdb(kind)})", kind)

    return make


def _regexp_like(values: list[Typed], node: exp.Expr) -> Typed:
    value, pattern = values
    types.need(value.type, VARCHAR, "Argument of regexp_like")
    if pattern.literal is None or pattern.type != VARCHAR:
        raise unsupported("a pattern of regexp_like that is no literal", position(node))
    normal = pattern_of(pattern.literal).pattern
    if r"\Z" in normal:
        return Typed(f"athena_matches({value.sql}, {pattern.sql})", BOOLEAN)
    return Typed(f"regexp_matches({value.sql}, {text(normal)})", BOOLEAN)


# Conditions


def _if(writer: Expressions, nodes: Sequence[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    if len(nodes) not in (2, 3):
        raise AthenaError("SYNTAX_ERROR", "Invalid number of arguments for 'if' function", position(node))
    branch = exp.If(this=nodes[0], true=nodes[1])
    return writer.typed(exp.Case(ifs=[branch], default=nodes[2] if nodes[2:] else None), scope)


def _coalesce(values: list[Typed], node: exp.Expr) -> Typed:
    kind = one_type(values, position(node))
    return Typed(f"coalesce({', '.join(value.to(kind) for value in values)})", kind)


def _nullif(values: list[Typed], node: exp.Expr) -> Typed:
    one, other = values
    return Typed(f"CASE WHEN {compared('=', one, other, position(node)).sql} THEN NULL ELSE {one.sql} END", one.type)


def _typeof(values: list[Typed], node: exp.Expr) -> Typed:
    if values[0].type == VARCHAR:
        raise unsupported("typeof of text, whose length is part of its type in Athena", position(node))
    return string(str(values[0].type))


# Dates and times


def _now(writer: Expressions, nodes: Sequence[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    if nodes:
        raise AthenaError("FUNCTION_NOT_FOUND", "Unexpected parameters for function now", position(node))
    return writer.typed(exp.CurrentTimestamp(), scope)


def _zone(value: Typed, node: exp.Expr) -> str:
    if value.literal is None or value.type != VARCHAR:
        raise unsupported("a time zone that is no literal", position(node))
    return formats.zone(value.literal)


def _at_timezone(values: list[Typed], node: exp.Expr) -> Typed:
    value, zone = values[0], _zone(values[1], node)
    if value.type.name not in ("timestamp", ZONED):
        raise mismatch(f"Type of value must be a time or timestamp (actual {value.type})", position(node))
    return Typed(value.sql, types.zoned(zone, value.type.args[0]))


def _with_timezone(values: list[Typed], node: exp.Expr) -> Typed:
    value, zone = values[0], _zone(values[1], node)
    if value.type.name != "timestamp":
        raise _unexpected(values, node)
    return Typed(formats.instant(value.sql, zone), types.zoned(zone, value.type.args[0]))


# Lambdas


def _of_items(wanted: Type | None, template: str, result: Callable[[Type, Type], Type]) -> Special:
    """Return a function of an array and a lambda; `template` says what is done with {items} by {step}."""

    def special(writer: Expressions, nodes: Sequence[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
        items = writer.typed(nodes[0], scope) if nodes else Typed("NULL", UNKNOWN)
        step = nodes[-1] if len(nodes) == 2 else None  # noqa: PLR2004 - an array and a lambda
        if not isinstance(step, exp.Lambda) or len(step.expressions) != 1 or items.type.name != "array":
            said = f"{node.name.lower()} takes an array and a lambda of one argument"
            raise AthenaError("FUNCTION_NOT_FOUND", said, position(node))
        with writer.bound([step.expressions[0].name.lower()], items.type.args, scope) as (inner, (argument,)):
            body = writer.typed(step.this, inner)
        if wanted is not None:
            types.need(body.type, wanted, "Result of the lambda")
        step_sql = f"lambda {argument}: {body.to(wanted or body.type)}"
        kind = result(items.type, body.type)
        return Typed(f"CAST({template.format(items=items.sql, step=step_sql)} AS {types.duckdb(kind)})", kind)

    return special


def _matching(macro: str) -> Special:
    template = f"{macro}({{items}}, list_transform({{items}}, {{step}}))"
    return _of_items(BOOLEAN, template, lambda _items, _body: BOOLEAN)


def _reduce(writer: Expressions, nodes: Sequence[exp.Expr], scope: Scope, node: exp.Expr) -> Typed:
    lambdas = [one for one in nodes[2:] if isinstance(one, exp.Lambda)]
    if [len(one.expressions) for one in lambdas] != [2, 1]:
        said = "Function reduce takes an array, a state and two lambdas"
        raise AthenaError("FUNCTION_NOT_FOUND", said, position(node))
    values, state = writer.typed(nodes[0], scope), writer.typed(nodes[1], scope)
    item = values.type.args[0] if values.type.name == "array" else UNKNOWN
    if types.common(item, state.type) != state.type:
        raise unsupported(f"reduce of {values.type} to {state.type}", position(node))
    names = [one.name.lower() for one in lambdas[0].expressions]
    with writer.bound(names, [state.type, item], scope) as (inner, arguments):
        step = writer.typed(lambdas[0].this, inner)
    if step.type != state.type:
        raise unsupported(f"reduce whose state changes its type from {state.type} to {step.type}", position(node))
    items = values.to(types.array(state.type))
    folded = f"list_reduce({items}, lambda {', '.join(arguments)}: {step.sql}, {state.sql})"
    with writer.bound([lambdas[1].expressions[0].name.lower()], [state.type], scope) as (inner, (last,)):
        result = writer.typed(lambdas[1].this, inner)
    return Typed(f"list_transform([{folded}], lambda {last}: {result.sql})[1]", result.type)


SPECIAL: Final[dict[str, Special]] = {
    "all_match": _matching("athena_all_match"),
    "any_match": _matching("athena_any_match"),
    "at_timezone": _of_values(2, 2, _at_timezone),
    "ceil": _of_values(1, 1, _whole("ceil")),
    "ceiling": _of_values(1, 1, _whole("ceil")),
    "coalesce": _of_values(2, _MOST, _coalesce),
    "concat": _of_values(2, _MOST, lambda values, node: concatenated(values, position(node))),
    "date": _of_values(1, 1, lambda v, node: Typed(cast(v[0].sql, v[0].type, DATE, position(node)), DATE)),
    "filter": _of_items(BOOLEAN, "list_filter({items}, {step})", lambda items, _body: items),
    "floor": _of_values(1, 1, _whole("floor")),
    "if": _if,
    "mod": _of_values(2, 2, lambda values, node: arithmetic("%", values[0], values[1], position(node))),
    "none_match": _matching("NOT athena_any_match"),
    "now": _now,
    "nullif": _of_values(2, 2, _nullif),
    "reduce": _reduce,
    "regexp_like": _of_values(2, 2, _regexp_like),
    "round": _of_values(1, 2, _round),
    "row": _of_values(1, _MOST, lambda values, _node: row(values)),
    "transform": _of_items(None, "list_transform({items}, {step})", lambda _items, body: types.array(body)),
    "try": _of_values(1, 1, lambda values, node: attempted(values[0], node)),
    "typeof": _of_values(1, 1, _typeof),
    "with_timezone": _of_values(2, 2, _with_timezone),
}
