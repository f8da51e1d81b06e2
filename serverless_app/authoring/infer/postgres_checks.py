"""CHECK constraints of PostgreSQL as rules of a contract.

A row passes a CHECK unless it is false, as it passes a rule on a null; and a conjunction is false when one of its
parts is. Each part thus becomes a rule of its own: of a field where a contract has a word for it, otherwise in SQL.
Source: "Check Constraints" in PostgreSQL's documentation.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from functools import partial
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from etl.contracts import types
from etl.contracts.model import Bound, Field
from etl.contracts.patterns import portable
from serverless_app.authoring.infer.postgres_catalog import TableCheck

_DOMAIN_VALUE = "value"
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}
_BOUNDS: dict[type[exp.Expr], str] = {
    exp.GT: "exclusive_minimum",
    exp.GTE: "minimum",
    exp.LT: "exclusive_maximum",
    exp.LTE: "maximum",
}
_UNLIKE = (".", "\\", "[:")
"""What means something else in PostgreSQL: a line end is any character, and classes know the locale."""


@dataclass(frozen=True, slots=True)
class RowRule:
    """A condition on rows that no field says."""

    name: str
    condition: str
    """In PostgreSQL's dialect: not false for a row that keeps it."""
    portable: bool = True
    """False where PostgreSQL alone means it so."""


def apply_checks(
    fields: Iterable[Field], checks: Iterable[TableCheck]
) -> tuple[tuple[Field, ...], tuple[RowRule, ...]]:
    """Return the fields with the rules that checks say of one of them, and the rest.

    Parameters
    ----------
    fields
        Of a table; rules that they have already are tightened, never loosened.
    checks
        As `pg_get_expr` writes them.
    """
    by_name = {field.name: field for field in fields}
    rest: list[RowRule] = []
    for check in checks:
        try:
            parts = list(_parts(check))
        except SqlglotError:
            rest.append(RowRule(check.name, check.expression, portable=False))
            continue
        for number, part in enumerate(parts, 1):
            changed = _on_field(part, by_name)
            if changed is None:
                name = check.name if len(parts) == 1 else f"{check.name}_{number}"
                alike = not any(_is_unlike(found.expression.name) for found in part.find_all(exp.RegexpLike))
                rest.append(RowRule(name, part.sql("postgres"), portable=alike))
            else:
                by_name[changed.name] = changed
    return tuple(by_name.values()), tuple(rest)


def _parts(check: TableCheck) -> Iterator[exp.Expr]:
    """Yield what a check connects by AND, without the casts and parentheses that say nothing."""
    read = _simplified(sqlglot.parse_one(check.expression, read="postgres"))
    if check.column is not None:
        for column in list(read.find_all(exp.Column)):
            if column.name.lower() == _DOMAIN_VALUE:
                column.replace(exp.column(check.column, quoted=True))
    yield from read.flatten() if isinstance(read, exp.And) else (read,)


def _simplified(node: exp.Expr) -> exp.Expr:
    simple: exp.Expr = node.transform(_plain)
    return simple


def _plain(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Paren(this=inner) if not isinstance(inner, exp.Or):
            return _simplified(inner)
        case exp.Cast(this=inner, to=to) if not to.expressions and _is_literal(inner):
            return _uncast(inner.unnest(), to) or node
        case exp.Cast(this=inner, to=to) if to.is_type(*exp.DataType.TEXT_TYPES):
            return inner.unnest() if isinstance(inner.unnest(), exp.Column) and not to.expressions else node
        case exp.EQ(this=left, expression=exp.Any(this=right)):
            listed = right.find(exp.Array)
            if listed is not None and all(map(_is_literal, listed.expressions)):
                values = [_simplified(one) for one in listed.expressions]
                return exp.In(this=_simplified(left), expressions=values)
    return node


def _uncast(literal: exp.Expr, to: exp.DataType) -> exp.Expr | None:
    """Return a literal without its cast, None when the cast may change it."""
    if not isinstance(literal, exp.Literal):
        return _simplified(literal)
    if not to.is_type(*exp.DataType.NUMERIC_TYPES):
        return literal
    if to.is_type(*exp.DataType.INTEGER_TYPES) and not literal.name.lstrip("-").isdecimal():
        return None
    if literal.name.startswith("-"):
        return exp.Neg(this=exp.Literal.number(literal.name[1:]))
    return exp.Literal.number(literal.name)


def _is_literal(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Cast | exp.Neg):
        return _is_literal(inner.this)
    return isinstance(inner, exp.Literal)


def _on_field(part: exp.Expr, fields: dict[str, Field]) -> Field | None:
    """Return the field that a condition is about, with it as a rule; None when a contract has no word for it."""
    change: Callable[[Field], Field | None]
    match part:
        case exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            return _compared(type(part), part.this, part.expression, fields)
        case exp.Is(expression=exp.Null()) if part.args.get("negate"):
            change = partial(replace, required=True)
        case exp.In(expressions=values) if values:
            change = partial(_allowing, values=values)
        case exp.EQ(expression=exp.Literal() as value):
            change = partial(_allowing, values=[value])
        case exp.RegexpLike(expression=exp.Literal() as pattern):
            change = partial(_matching, pattern=pattern.name)
        case _:
            return None
    return _changed(fields, part.this, change) if isinstance(part.this, exp.Column) else None


def _changed(fields: dict[str, Field], column: exp.Column, change: Callable[[Field], Field | None]) -> Field | None:
    # What PostgreSQL writes without quotes is in lower case, as it is in the catalog.
    field = fields.get(column.name)
    return None if field is None else change(field)


def _compared(sign: type[exp.Expr], left: exp.Expr, right: exp.Expr, fields: dict[str, Field]) -> Field | None:
    if not right.unnest().find(exp.Literal) or isinstance(left, exp.Literal):
        sign, left, right = _MIRRORED[sign], right, left
    if isinstance(left, exp.Length) and isinstance(left.this, exp.Column):
        return _changed(fields, left.this, lambda field: _of_length(field, sign, _number(right)))
    if isinstance(left, exp.Cast) and left.to.is_type("decimal", "double") and not left.to.expressions:
        exact = (types.Integer, types.Decimal) if left.to.is_type("decimal") else (types.Float,)
        inner = left.this.unnest()
        if isinstance(inner, exp.Column) and inner.name in fields and isinstance(fields[inner.name].type, exact):
            left = inner
    if isinstance(left, exp.Column):
        return _changed(fields, left, lambda field: _bounded(field, _BOUNDS[sign], right))
    return None


def _bounded(field: Field, rule: str, said: exp.Expr) -> Field | None:
    bound: Bound | None = None
    match field.type:
        case types.Integer() | types.Decimal() | types.Number() | types.Float():
            bound = _number(said)
        case types.Date() | types.Timestamp() if isinstance(said, exp.Literal) and said.is_string:
            bound = _time(field.type, said.name)
    if bound is None:
        return None
    known = getattr(field, rule)
    tighter = max if rule.endswith("minimum") else min
    changed: dict[str, Any] = {rule: bound if known is None else tighter(known, bound)}
    return replace(field, **changed)


def _time(of: types.Date | types.Timestamp, text: str) -> Bound | None:
    try:
        if isinstance(of, types.Date):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if of.zoned:
        return found.astimezone(UTC) if found.tzinfo is not None else None
    return found if found.tzinfo is None else None


def _of_length(field: Field, sign: type[exp.Expr], bound: int | Exact | None) -> Field | None:
    if not isinstance(field.type, types.Text) or not isinstance(bound, int):
        return None
    if sign in (exp.GT, exp.GTE):
        least = bound + (sign is exp.GT)
        return replace(field, min_length=max(0, least, field.min_length or 0))
    most = bound - (sign is exp.LT)
    if most < 0:
        return None
    return replace(field, max_length=most if field.max_length is None else min(most, field.max_length))


def _allowing(field: Field, values: Iterable[exp.Expr]) -> Field | None:
    allowed: list[str | int | Exact] = []
    for value in values:
        number = _number(value)
        if isinstance(field.type, types.Text) and isinstance(value, exp.Literal) and value.is_string:
            allowed.append(value.name)
        elif number is not None and isinstance(field.type, types.Integer | types.Decimal | types.Number):
            allowed.append(number)
        else:
            return None
    if field.allowed is not None:
        allowed = [value for value in allowed if value in field.allowed]
    return replace(field, allowed=tuple(dict.fromkeys(allowed))) if allowed else None


def _matching(field: Field, pattern: str) -> Field | None:
    pattern = pattern.replace(r"\Z", "$")  # the end of the text, both of them
    if field.pattern is not None or not isinstance(field.type, types.Text) or _is_unlike(pattern):
        return None
    try:
        portable(pattern)
    except ValueError:
        return None
    return replace(field, pattern=pattern)


def _is_unlike(pattern: str) -> bool:
    return any(sign in pattern for sign in _UNLIKE)


def _number(node: exp.Expr) -> int | Exact | None:
    sign = 1
    while isinstance(node, exp.Neg | exp.Paren):
        sign, node = -sign if isinstance(node, exp.Neg) else sign, node.this
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    value = Exact(node.name)
    if not value.is_finite():
        return None
    return sign * (int(value) if value == value.to_integral_value() and "." not in node.name else value)
