"""Values with their types, and what is done with them: literals, comparisons, arithmetic."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from localcloud.athena import types
from localcloud.athena.casts import coerced, comparable
from localcloud.athena.duck import text
from localcloud.athena.errors import AthenaError, mismatch, unsupported
from localcloud.athena.types import BIGINT, BOOLEAN, DATE, DAYS, DOUBLE, INTEGER, MONTHS, VARCHAR, Type

_MAX_INTEGER: Final = 2**31 - 1
_MAX_BIGINT: Final = 2**63 - 1


@dataclass(frozen=True)
class Typed:
    """DuckDB SQL of a value, its Trino type, and its text when it is a literal."""

    sql: str
    type: Type
    literal: str | None = None

    def to(self, kind: Type) -> str:
        """Return the value as the type to which it coerces."""
        return coerced(self.sql, self.type, kind)


def string(value: str) -> Typed:
    """Return a text literal."""
    return Typed(text(value), VARCHAR, value)


def number(source: str, *, exact: bool = False) -> Typed:
    """Return a number literal, typed as Trino types it by its notation."""
    plain, negative = source.lower().lstrip("+-"), source.startswith("-")
    if not exact and re.fullmatch(r"(\d+\.?\d*|\.\d+)e[+-]?\d+", plain):
        return Typed(f"CAST('{source}' AS DOUBLE)", DOUBLE, source)
    if not exact and plain.isascii() and plain.isdigit():
        if int(plain) > _MAX_BIGINT + negative:
            raise AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"Invalid numeric literal: {source}")
        kind = INTEGER if int(plain) <= _MAX_INTEGER + negative else BIGINT
        return Typed(f"CAST({source} AS {types.duckdb(kind)})", kind, source)
    if re.fullmatch(r"\d+\.?\d*|\.\d+", plain) is None:
        raise AthenaError("INVALID_LITERAL", f"'{source}' is not a valid decimal literal")
    whole, _, fraction = plain.partition(".")
    precision = max(len(whole.lstrip("0")) + len(fraction), 1)
    if precision > types.MAX_PRECISION:
        raise AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"Decimal literal has more than 38 digits: {source}")
    kind = types.decimal(precision, len(fraction))
    return Typed(f"CAST('{source}' AS {types.duckdb(kind)})", kind, source)


def row(values: Sequence[Typed]) -> Typed:
    """Return an anonymous row."""
    kind = types.row(("", value.type) for value in values)
    return Typed(f"CAST(row({', '.join(value.sql for value in values)}) AS {types.duckdb(kind)})", kind)


def one_type(values: Sequence[Typed], where: str) -> Type:
    """Return the type to which all values coerce."""
    kind = types.UNKNOWN
    for value in values:
        merged = types.common(kind, value.type)
        if merged is None:
            said = f"All operands must be the same type or coercible to a common type: {kind}, {value.type}"
            raise mismatch(said, where)
        kind = merged
    return kind


def concatenated(values: Sequence[Typed], where: str) -> Typed:
    """Return texts, binaries or arrays joined."""
    kind = one_type(values, where)
    kind = VARCHAR if kind == types.UNKNOWN else kind
    if kind not in (VARCHAR, types.VARBINARY) and kind.name != "array":
        given = ", ".join(str(value.type) for value in values)
        raise mismatch(f"Unexpected parameters ({given}) for function concat", where)
    return Typed(f"({' || '.join(value.to(kind) for value in values)})", kind)


def compared(operator: str, one: Typed, other: Typed, where: str) -> Typed:
    """Return a comparison; NaN compares as IEEE 754 has it, which DuckDB does not."""
    kind = comparable(one.type, other.type, operator, where)
    a, b = one.to(kind), other.to(kind)
    plain = f"({a} {operator} {b})"
    if not types.floating(kind):
        return Typed(plain, BOOLEAN)
    odd = [f"(isnan({x}) AND {y} IS NOT NULL)" for x, y, v in ((a, b, one), (b, a, other)) if v.literal is None]
    answer = "true" if operator == "<>" else "false"
    return Typed(f"CASE WHEN {' OR '.join(odd)} THEN {answer} ELSE {plain} END" if odd else plain, BOOLEAN)


def negative(value: Typed, where: str) -> Typed:
    """Return minus a value."""
    if not types.numeric(value.type) and value.type not in (DAYS, MONTHS):
        raise mismatch(f"Cannot negate {value.type}", where)
    # Subtracted: DuckDB widens what overflows when it negates.
    zero = f"CAST(0 AS {types.duckdb(value.type)}) " if value.type in types.INTEGERS else ""
    return Typed(f"({zero}- {value.sql})", value.type)


def arithmetic(operator: str, one: Typed, other: Typed, where: str) -> Typed:
    """Return + - * / % of numbers, dates and intervals."""
    numbers = types.numeric(one.type) and types.numeric(other.type)
    kind = types.common(one.type, other.type) if numbers else None
    if kind is None:
        found = _time_arithmetic(operator, one, other)
        if found is None:
            raise mismatch(f"Cannot apply operator: {one.type} {operator} {other.type}", where)
        return found
    if kind.name == "decimal":
        return _decimals(operator, one, other)
    a, b = one.to(kind), other.to(kind)
    if operator == "%" and types.floating(kind):
        return Typed(f"fmod({a}, {b})", kind)
    return Typed(f"({a} {'//' if operator == '/' and kind in types.INTEGERS else operator} {b})", kind)


def _decimals(operator: str, one: Typed, other: Typed) -> Typed:
    left, right = types.as_decimal(one.type), types.as_decimal(other.type)
    (p1, s1), (p2, s2) = left.args, right.args
    a, b, scale = one.to(left), other.to(right), max(s1, s2)
    match operator:
        case "+" | "-":
            kind = types.decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)
            target = types.duckdb(kind)
            return Typed(f"CAST(CAST({a} AS {target}) {operator} CAST({b} AS {target}) AS {target})", kind)
        case "*" if p1 + p2 <= types.MAX_PRECISION:
            kind = types.decimal(p1 + p2, s1 + s2)
            return Typed(f"CAST({a} * {b} AS {types.duckdb(kind)})", kind)
        case "/":
            kind = types.decimal(p1 + s2 + max(0, s2 - s1), scale)
            return _divided(_unscaled(a, left), _unscaled(b, right), scale - s1 + s2, kind, p1)
        case "%" if max(p1 - s1, p2 - s2) + scale <= types.MAX_PRECISION:
            kind, both = types.decimal(min(p2 - s2, p1 - s1) + scale, scale), types.common(left, right) or left
            return Typed(f"CAST({one.to(both)} % {other.to(both)} AS {types.duckdb(kind)})", kind)
    raise unsupported(f"{left} {operator} {right}: more than 38 digits are needed on the way")


def _unscaled(sql: str, kind: Type) -> str:
    """Return a decimal's digits as an integer."""
    precision, scale = kind.args
    if precision + scale > types.MAX_PRECISION:
        raise unsupported(f"this arithmetic with {kind}: more than 38 digits are needed on the way")
    digits = f"CAST({sql} AS DECIMAL({precision + scale},{scale})) * {10**scale}" if scale else sql
    return f"CAST({digits} AS HUGEINT)"


def _divided(dividend: str, divisor: str, shift: int, kind: Type, digits: int) -> Typed:
    """Return dividend * 10^shift / divisor, rounded half away from zero, as a decimal."""
    precision, scale = kind.args
    if digits + shift > types.MAX_PRECISION or precision + scale + 1 > types.MAX_PRECISION:
        raise unsupported(f"a division whose result is {kind}: more than 38 digits are needed on the way")
    quotient = f"athena_quotient({dividend} * CAST({10**shift} AS HUGEINT), {divisor})"
    unit = f"CAST('{'0.' + '0' * (scale - 1) if scale else ''}1' AS DECIMAL({scale + 1},{scale}))"
    return Typed(f"CAST(CAST({quotient} AS DECIMAL({precision},0)) * {unit} AS {types.duckdb(kind)})", kind)


def _time_arithmetic(operator: str, one: Typed, other: Typed) -> Typed | None:
    if operator == "+" and one.type in (DAYS, MONTHS):
        one, other = other, one
    whole = f"({one.sql} {operator} {other.sql})"
    if operator in "+-" and other.type in (DAYS, MONTHS):
        if one.type == DATE:
            return Typed(f"athena_moved_day({whole})", DATE)
        moved = one.type.name == "timestamp" or (one.type.name == types.ZONED and one.type.args[1] == "UTC")
        return Typed(whole, one.type) if moved or one.type == other.type else None
    if operator == "-" and one.type == other.type == DATE:
        return Typed(f"(INTERVAL 1 DAY * {whole})", DAYS)
    if operator == "-" and {one.type.name, other.type.name} <= {"timestamp", "date"}:
        return Typed(f"({one.to(types.TIMESTAMP6)} - {other.to(types.TIMESTAMP6)})", DAYS)
    return None


def aggregated(name: str, value: Typed, distinct: str, end: str, where: str) -> Typed:
    """Return sum or avg of a column; `end` closes its bracket."""
    if not types.numeric(value.type):
        raise mismatch(f"Unexpected parameters ({value.type}) for function {name}", where)
    exact = value.type.name == "decimal"
    if name == "avg" and exact:
        total = f"sum({distinct}{_unscaled(value.sql, value.type)}{end}"
        count = f"nullif(CAST(count({distinct}{value.sql}{end} AS HUGEINT), 0)"
        return _divided(total, count, 0, value.type, types.MAX_PRECISION)
    if name == "avg":
        kind, value = (types.REAL if value.type == types.REAL else DOUBLE), Typed(value.to(DOUBLE), DOUBLE)
    elif exact:
        kind = types.decimal(types.MAX_PRECISION, value.type.args[1])
    else:
        kind = BIGINT if value.type in types.INTEGERS else value.type
    return Typed(f"CAST({name}({distinct}{value.sql}{end} AS {types.duckdb(kind)})", kind)
