"""Calls of the supported functions."""

from collections.abc import Sequence

from sqlglot import exp

from localcloud.athena import formats, types
from localcloud.athena.casts import local
from localcloud.athena.errors import AthenaError, unsupported
from localcloud.athena.functions import LITERALS, Function, find, refuses
from localcloud.athena.operators import Typed
from localcloud.athena.parsing import position
from localcloud.athena.types import ZONED, Type


def applied(function: Function, values: Sequence[Typed], node: exp.Expr, **more: str) -> Typed:
    """Return a function applied by its overload for these arguments."""
    call = find(function, [value.type for value in values])
    if call is None:
        given = ", ".join(str(value.type) for value in values)
        said = f"Unexpected parameters ({given}) for function {function.name}"
        raise AthenaError("FUNCTION_NOT_FOUND", said, position(node))
    sqls = [_argument(v, k, call.parameters, node) for v, k in zip(values, call.parameters, strict=True)]
    sql = call.overload.template.format(*sqls, all=", ".join(sqls), **more)
    return Typed(f"CAST({sql} AS {types.duckdb(call.result)})", call.result)


def _argument(value: Typed, kind: Type, parameters: Sequence[Type], node: exp.Expr) -> str:
    if kind.name in LITERALS:
        if value.literal is None:
            raise unsupported(f"a {kind.name} in {node.sql('trino')} that is no literal", position(node))
        return formats.WRITTEN[kind.name](value.literal, parameters[-1])
    if kind.name == "clock":
        return clock(value)
    return value.to(kind)


def clock(value: Typed) -> str:
    """Return a date or timestamp as local time, in its own zone if it has one."""
    zone = value.type.args[1] if value.type.name == ZONED else "UTC"
    return f"CAST({local(value.sql, zone)} AS TIMESTAMP)"


def attempted(value: Typed, node: exp.Expr) -> Typed:
    """Return TRY of a value; refuse it if TRY could turn a refusal into NULL."""
    if refuses(value.sql):
        raise unsupported(f"TRY of {node.sql('trino')}", position(node))
    return Typed(f"TRY({value.sql})", value.type)
