"""Rules on rows, in the rule types of DQDL that mean the same; every other as SQL."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal as Exact

from etl.contracts.model import Bound, Unit
from etl.contracts.patterns import python_pattern
from etl.contracts.types import Decimal, Integer
from etl.errors import ContractError
from etl.quality.dqdl.text import (
    Line,
    column_sql,
    custom_sql,
    forbidden,
    impossible,
    like_a_time,
    listed,
    number,
    plain,
    quoted,
)
from etl.quality.measures import Bounds, Column, LengthWithin, Present, Valid, Within
from etl.quality.rules import Rule

_EXACT_DIGITS = 15
"""Decimal digits that survive a double, as which DQDL compares."""


def row_lines(rule: Rule, *, nullable: bool) -> Iterator[Line]:
    """Yield what DQDL says for a rule on rows.

    `rule`: with `on_rows`.
    """
    texts = list(_texts(rule, nullable=nullable)) if forbidden(rule) else list(_shares(rule))
    if texts and None not in texts:
        yield from (Line(text) for text in texts if text is not None)
    else:
        yield counted(rule)


def counted(rule: Rule) -> Line:
    """Return a rule on rows as a count of those that break it."""
    try:
        failing = rule.failing("spark")
    except ContractError as error:
        return impossible(rule, str(error))
    return custom_sql(f"select count(*) from primary where {failing}", rule)  # noqa: S608 -- text of a rule


def _texts(rule: Rule, *, nullable: bool) -> Iterator[str | None]:
    """Yield the rule in DQDL's own types, with None for a part that they would take for something else."""
    match rule.measure:
        case Present(column) if _addressable(column):
            yield f"IsComplete {quoted(column.name)}"
        case LengthWithin(column, least, most) if _addressable(column):
            for sign, bound in ((">=", least), ("<=", most)):
                if bound is not None:
                    yield f"ColumnLength {quoted(column.name)} {sign} {bound}{_where(column, nullable=nullable)}"
        case Within(column) as measure if _addressable(column):
            yield from _range(measure, nullable=nullable)
        case Valid(column, allowed, pattern) if _addressable(column):
            if allowed is not None:
                yield _allowed(column, allowed, nullable=nullable)
            if pattern is not None:
                yield _pattern(column, pattern, nullable=nullable)


def _shares(rule: Rule) -> Iterator[str | None]:
    """Yield a bound on the percentage of nulls; DQDL asks for the share of values that are there."""
    bounds = rule.bounds
    match rule.measure:
        case Present(column) if _addressable(column) and bounds.unit is Unit.PERCENT:
            sign, most = (">=", bounds.at_most) if bounds.below is None else (">", bounds.below)
            if most is not None and bounds == Bounds(at_most=bounds.at_most, below=bounds.below, unit=Unit.PERCENT):
                yield f"Completeness {quoted(column.name)} {sign} {number(1 - most / 100)}"


def _addressable(column: Column) -> bool:
    return len(column.path) == 1 and plain(column.name)


def _range(measure: Within, *, nullable: bool) -> Iterator[str | None]:
    bounds = (
        (">=", measure.minimum),
        (">", measure.exclusive_minimum),
        ("<=", measure.maximum),
        ("<", measure.exclusive_maximum),
    )
    for sign, bound in bounds:
        if bound is not None:
            said, where = _bound(measure.column, bound), _where(measure.column, nullable=nullable)
            yield None if said is None else f"ColumnValues {quoted(measure.column.name)} {sign} {said}{where}"


def _bound(column: Column, bound: Bound) -> str | None:
    if isinstance(bound, datetime):  # DQDL cuts times to days.
        return None
    if isinstance(bound, date):
        return f'"{bound.isoformat()}"'
    exact = isinstance(column.type, Integer) or (
        isinstance(column.type, Decimal) and column.type.precision <= _EXACT_DIGITS
    )
    return number(bound) if exact else None


def _allowed(column: Column, values: tuple[str | int | Exact, ...], *, nullable: bool) -> str | None:
    members = [listed(value) for value in values]
    given = [member for member in members if member is not None]
    if len(given) < len(members):
        return None
    return f"ColumnValues {quoted(column.name)} in [{', '.join(given + ['NULL'] * nullable)}]"


def _pattern(column: Column, pattern: str, *, nullable: bool) -> str | None:
    if python_pattern(pattern).search("") is not None:  # An empty match counts as none.
        return None
    whole = pattern.startswith("^") and pattern.endswith(r"\z") and "|" not in pattern and r"\\" not in pattern
    said = pattern[1:-2] if whole else rf"[\s\S]*(?:{pattern})[\s\S]*"
    if like_a_time(said):
        return None
    escaped = said.replace('"', '\\"')
    return f'ColumnValues {quoted(column.name)} matches "{escaped}"{_where(column, nullable=nullable)}'


def _where(column: Column, *, nullable: bool) -> str:
    # "(…) or (ColumnValues … = NULL)" would ask whether all rows keep the rule, or all are null.
    return f' where "{column_sql(column.path)} is not null"' if nullable else ""
