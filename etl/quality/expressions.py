"""Rules on rows as expressions that mean the same on DuckDB, Spark and Athena.

Each is a sqlglot tree without anything that an engine sees in its own way: no value but a finite one is compared, as
NaN has three orders; every literal that is no text or integer is a cast of its text; a bound is brought to the column's
own type first, so that no engine picks a type to compare in.
"""

import functools
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR
from decimal import Decimal as Digits

from sqlglot import exp

from etl.contracts.types import Date, Decimal, Float, Integer, Text, Timestamp, Type, Uuid
from etl.errors import ContractError
from etl.quality.conditions import condition
from etl.quality.measures import (
    Column,
    LengthWithin,
    NotMissing,
    Present,
    RowMeasure,
    Unbroken,
    Valid,
    Value,
    WellTyped,
    Within,
)
from etl.quality.nodes import (
    all_of,
    any_of,
    column_of,
    exact,
    finite,
    float_of,
    instant_of,
    is_null,
    local_of,
    negated,
    spelled,
    text_of,
)
from etl.quality.rules import Rule
from etl.timestamps import parse_timestamp

_UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\z"


def render(expression: exp.Expr, dialect: str) -> str:
    """Return an expression as SQL of `duckdb`, `spark` or `athena`."""
    return spelled(expression, dialect).sql(dialect=dialect)


@functools.lru_cache(maxsize=1024)
def failing(rule: Rule) -> exp.Expr:
    """Return what is true exactly for a row that breaks a rule on rows, and never null.

    `rule`: one whose `on_rows` is true.
    Raises ContractError: the rule cannot be said in SQL that means the same everywhere.
    """
    assert isinstance(rule.measure, RowMeasure)  # noqa: S101 -- for the type checker
    try:
        return _failing(rule.measure)
    except ValueError as error:
        raise ContractError(f"rule {rule.id}: {error}") from error


def checked(measure: RowMeasure) -> exp.Expr:
    """Return what is true exactly for a row that a rule says something about, and never null.

    Returns: all rows for rules on absence and for conditions, or those whose enclosing struct is there; rows with a
    value of the right type for any other.
    """
    match measure:
        case Unbroken():
            return exp.true()
        case Present(column) | NotMissing(column):
            return _enclosed(column)
        case WellTyped(column):
            return negated(is_null(column_of(column)))
        case measure:
            return usable(measure.column)


def usable(column: Column) -> exp.Expr:
    """Return what is true where the column has a value of its type, and never null."""
    value = column_of(column)
    there = negated(is_null(value))
    return all_of(there, finite(value, column.type)) if isinstance(column.type, Float) else there


def comparable(column: Column) -> exp.Expr:
    """Return the column so that equal values are equal on every engine: UUIDs as text in lower case."""
    value = column_of(column)
    return exp.Lower(this=exp.cast(value, "text")) if isinstance(column.type, Uuid) else value


def given(expression: exp.Expr, typed: Collection[Column]) -> exp.Expr:
    """Return an expression without tests of what is known already."""
    passed = [_well_typed(column) for column in typed]
    return expression.transform(lambda node: exp.true() if node in passed else node) if passed else expression


def _failing(measure: RowMeasure) -> exp.Expr:  # noqa: PLR0911 -- one for each
    match measure:
        case Unbroken(sql, scope):
            return exp.Coalesce(this=condition(sql, scope), expressions=[exp.false()])
        case Present(column):
            return all_of(_enclosed(column), is_null(column_of(column)))
        case NotMissing(column, values):
            return all_of(_enclosed(column), _missing(column, values))
        case WellTyped(column):
            return all_of(negated(is_null(column_of(column))), negated(_well_typed(column)))
        case LengthWithin(column, least, most):
            length = exp.Length(this=column_of(column))
            short = None if least is None else exp.LT(this=length, expression=exact(least))
            long = None if most is None else exp.GT(this=length.copy(), expression=exact(most))
            return all_of(usable(column), any_of(short, long))
        case Within():
            return all_of(usable(measure.column), _outside(measure))
        case Valid(column, allowed, pattern):
            unlisted = None if allowed is None else negated(_listed(column, allowed))
            unlike = None if pattern is None else negated(_like(column, pattern))
            return all_of(usable(column), any_of(unlisted, unlike))


def _enclosed(column: Column) -> exp.Expr:
    if len(column.path) == 1:
        return exp.true()
    return negated(is_null(column_of(Column(column.path[:-1], column.type))))


def _missing(column: Column, values: tuple[Value | None, ...]) -> exp.Expr:
    stated = tuple(value for value in values if value is not None)
    null = is_null(column_of(column)) if None in values else None
    return any_of(null, all_of(usable(column), _listed(column, stated)))


def _well_typed(column: Column) -> exp.Expr:
    value = column_of(column)
    if isinstance(column.type, Float):
        return finite(value, column.type)
    return exp.RegexpLike(this=exp.cast(value, "text"), expression=text_of(_UUID))


def _like(column: Column, pattern: str) -> exp.Expr:
    if not isinstance(column.type, Text):
        raise ValueError(f"{column.name} is no text, a pattern says nothing about it; remove it")  # noqa: TRY004 -- the contract is
    return exp.RegexpLike(this=column_of(column), expression=text_of(pattern))


def _listed(column: Column, values: Iterable[Value]) -> exp.Expr:
    # A value that the type cannot hold is equal to none of its values.
    found = [literal for literal in (_literal(column, value) for value in values) if literal is not None]
    return exp.In(this=comparable(column), expressions=found) if found else exp.false()


def _literal(column: Column, value: Value) -> exp.Expr | None:
    match column.type, value:
        case Text(), str():
            return text_of(value)
        case Uuid(), str():
            return text_of(value.lower())
        case (Integer() | Decimal()) as type_, int() | Digits():
            low, high = _grid(type_, value, ROUND_FLOOR), _grid(type_, value, ROUND_CEILING)
            return _number(type_, low) if low == high and _held(type_, low) else None
        case Float() as type_, int() | Digits():
            return float_of(str(value), type_)
        case Date() | Timestamp(), str():
            instant = parse_timestamp(value)
            return None if instant is None else _time(column.type, instant)
        case ((Text() | Uuid() | Integer() | Decimal() | Float() | Date() | Timestamp()), _):
            return None
    raise ValueError(f"a list of values says nothing about {column.name}, of type {column.type}; remove it")


def _outside(measure: Within) -> exp.Expr:
    column = measure.column
    value = column_of(column)
    if isinstance(column.type, Integer | Decimal):
        return _outside_grid(column.type, value, measure)
    signs = (
        (exp.LT, measure.minimum),
        (exp.GT, measure.maximum),
        (exp.LTE, measure.exclusive_minimum),
        (exp.GTE, measure.exclusive_maximum),
    )
    return any_of(
        *(sign(this=value.copy(), expression=_bound(column, bound)) for sign, bound in signs if bound is not None)
    )


def _bound(column: Column, bound: object) -> exp.Expr:
    match column.type, bound:
        case Float() as type_, int() | Digits():
            return float_of(str(bound), type_)
        case (Date() | Timestamp()) as type_, date():
            return _time(type_, bound)
    raise ValueError(f"{column.name} is of type {column.type}, which {bound!r} cannot bound in SQL; use decimal(p,s)")


def _time(type_: Type, value: date) -> exp.Expr:
    if isinstance(type_, Date):
        return exp.cast(text_of(f"{value:%Y-%m-%d}".rjust(10, "0")), "date")
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(type_, Timestamp) and type_.zoned:
        return instant_of(moment)
    return local_of(moment.replace(tzinfo=None))


def _outside_grid(type_: Integer | Decimal, value: exp.Expr, measure: Within) -> exp.Expr:
    """Return the test with bounds that the type itself has: the next of its values inside."""
    lows = [
        *(_grid(type_, bound, ROUND_CEILING) for bound in (measure.minimum,) if bound is not None),
        *(_grid(type_, bound, ROUND_FLOOR) + 1 for bound in (measure.exclusive_minimum,) if bound is not None),
    ]
    highs = [
        *(_grid(type_, bound, ROUND_FLOOR) for bound in (measure.maximum,) if bound is not None),
        *(_grid(type_, bound, ROUND_CEILING) - 1 for bound in (measure.exclusive_maximum,) if bound is not None),
    ]
    least, most = _limits(type_)
    low, high = max(lows, default=least), min(highs, default=most)
    if low > most or high < least:
        return exp.true()
    below = exp.LT(this=value.copy(), expression=_number(type_, low)) if low > least else None
    above = exp.GT(this=value.copy(), expression=_number(type_, high)) if high < most else None
    return any_of(below, above)


def _grid(type_: Integer | Decimal, bound: object, rounding: str) -> int:
    """Return a bound as a number of the type's smallest steps."""
    if isinstance(bound, bool) or not isinstance(bound, int | Digits):
        raise ValueError(f"{bound!r} is no number to compare with")  # noqa: TRY004 -- the contract is
    number = Digits(bound)
    scale = type_.scale if isinstance(type_, Decimal) else 0
    # `scaleb` would round to the context's digits.
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 -- contracts hold finite numbers only
    shifted = Digits((sign, digits, exponent + scale))
    return int(shifted.to_integral_value(rounding))


def _limits(type_: Integer | Decimal) -> tuple[int, int]:
    if isinstance(type_, Integer):
        return type_.minimum, type_.maximum
    return 1 - 10**type_.precision, 10**type_.precision - 1


def _held(type_: Integer | Decimal, steps: int) -> bool:
    least, most = _limits(type_)
    return least <= steps <= most


def _number(type_: Integer | Decimal, steps: int) -> exp.Expr:
    return exact(steps) if isinstance(type_, Integer) else exact(steps, type_.precision, type_.scale)
