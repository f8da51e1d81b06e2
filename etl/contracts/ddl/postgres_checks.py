r"""The rules of a contract as CHECK constraints of PostgreSQL, where they mean the same there.

Every condition is null, and so holds, where the column is null. Beside the declared rules, a check named `type` keeps
out what PostgreSQL's types have and the contract's do not: NaN, infinities, years outside 1 to 9999.
Sources: "Constraints", "POSIX Regular Expressions", "Date/Time Types", "Numeric Types" in PostgreSQL's documentation.
"""

import ctypes
import math
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal as Digits

from etl.contracts.ddl.names import quoted
from etl.contracts.model import Contract, Field, Metric, Severity
from etl.contracts.types import Array, Date, Decimal, Float, Integer, Json, Number, Struct, Text, Timestamp, Type, Uuid
from etl.errors import ContractError

_MOST_REPEATS = 255
_DOUBLE = 64
_REPEAT = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{(?P<counts>\d+(?:,\d*)?)\}", re.DOTALL | re.ASCII)
# `\x` takes as many hexadecimal digits as follow, so a vertical tab is written as what it is.
_ESCAPES = {r"\z": r"\Z", r"\x0b": r"\v"}
_ESCAPE = re.compile(r"\\(?:x0b|.)", re.DOTALL)
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "<>": "<>"}
_FINITE = ((">", "'-Infinity'"), ("<", "'Infinity'"))


def constraints(contract: Contract) -> tuple[dict[str, str], list[str]]:
    """Return the conditions that every row has to keep.

    `contract`: the contract; its patterns in normal form.
    Returns: conditions by the name of the rule, such as `fare.range`; and the names of rules that PostgreSQL cannot
    check: patterns that repeat something more than 255 times, or of what is no text; lists of days or times.
    Raises ContractError: a value has the character NUL, which PostgreSQL cannot hold.
    """
    found: dict[str, str] = {}
    unsaid: list[str] = []
    for name, condition in _conditions(contract):
        if condition is None:
            unsaid.append(name)
            continue
        count = 2
        free = name
        while free in found:
            free, count = f"{name}.{count}", count + 1
        found[free] = condition
    return found, unsaid


def literal(text: str) -> str:
    """Return a string literal, in which a backslash is itself; ContractError when it has a NUL."""
    if "\0" in text:
        raise ContractError(f"{text!r} has the character NUL, which PostgreSQL cannot hold; remove it")
    return "'" + text.replace("'", "''") + "'"


def _conditions(contract: Contract) -> Iterator[tuple[str, str | None]]:
    for field in contract.fields:
        for code, condition in _of_field(field):
            yield f"{field.name}.{code}", condition
    fields = {(field.name,): field for field in contract.fields}
    for check in contract.checks:
        forbids = check.at_most == 0 and check.severity is not Severity.WARNING
        if check.metric is not Metric.INVALID or not forbids or check.columns not in fields:
            continue
        field = fields[check.columns]
        if check.allowed is not None:
            yield check.name or f"{field.name}.allowed", _listed(field, check.allowed)
        if check.pattern is not None:
            yield check.name or f"{field.name}.pattern", _like(field, check.pattern)


def _of_field(field: Field) -> Iterator[tuple[str, str | None]]:
    if condition := _typed(quoted(field.name), field.type):
        yield "type", condition
    if condition := " AND ".join(_lengths(field)):
        yield "length", condition
    if field.pattern is not None:
        yield "pattern", _like(field, field.pattern)
    if condition := " AND ".join(_bounds(field)):
        yield "range", condition
    if field.allowed is not None:
        yield "allowed", _listed(field, field.allowed)


def _typed(column: str, type_: Type) -> str:
    match type_:
        case Struct() | Json(only_objects=True):
            return f"jsonb_typeof({column}) = 'object'"
        case Array(item) if isinstance(item.type, Array | Struct | Json):
            return f"jsonb_typeof({column}) = 'array'"
        case Array(item):
            parts = [f"array_ndims({column}) = 1"]
            parts += [f"array_position({column}, NULL) IS NULL"] if item.required else []
            parts += [f"{value} {_MIRRORED[sign]} ALL ({column})" for sign, value in _limits(item.type)]
            return " AND ".join(parts)
        case _:
            return " AND ".join(f"{column} {sign} {value}" for sign, value in _limits(type_))


def _limits(type_: Type) -> tuple[tuple[str, str], ...]:
    match type_:
        case Float() | Number():
            return _FINITE  # NaN is the largest of all there
        case Decimal():
            return (("<>", "'NaN'"),)
        case Date():
            return ((">=", "'0001-01-01'"), ("<=", "'9999-12-31'"))
        case Timestamp(zoned):
            zone = "+00" if zoned else ""
            return ((">=", f"'0001-01-01 00:00:00{zone}'"), ("<", f"'10000-01-01 00:00:00{zone}'"))
    return ()


def _lengths(field: Field) -> Iterator[str]:
    length = f"char_length({quoted(field.name)})"
    widths = [field.max_length, field.type.max_length if isinstance(field.type, Text) else None]
    if field.min_length is not None:
        yield f"{length} >= {field.min_length}"
    if (most := min((width for width in widths if width is not None), default=None)) is not None:
        yield f"{length} <= {most}"


def _bounds(field: Field) -> Iterator[str]:
    bounds = (
        (">=", field.minimum),
        ("<=", field.maximum),
        (">", field.exclusive_minimum),
        ("<", field.exclusive_maximum),
    )
    for sign, bound in bounds:
        if isinstance(bound, date):  # a datetime is one, too
            yield f"{quoted(field.name)} {sign} '{bound}'"
        elif bound is not None and isinstance(field.type, Float):
            yield f"{quoted(field.name)} {sign} {_binary(field.type, bound)}"
        elif bound is not None:
            yield f"{quoted(field.name)} {sign} {bound}"


def _binary(type_: Float, value: int | Digits) -> str:
    """Return the number of the column's own type that is nearest: what a value written like the bound is kept as."""
    nearest = float(value) if type_.bits == _DOUBLE else ctypes.c_float(float(value)).value
    # PostgreSQL refuses to read what over- or underflows.
    text = value if math.isfinite(nearest) and (nearest or not value) else nearest
    return f"'{text}'::{'double precision' if type_.bits == _DOUBLE else 'real'}"


def _listed(field: Field, allowed: tuple[str | int | Digits, ...]) -> str | None:
    match field.type:
        case Text() | Uuid():
            values = [literal(value) for value in allowed if isinstance(value, str)]
        case Float() as type_:
            values = [_binary(type_, value) for value in allowed if not isinstance(value, str)]
        case Integer() | Number() | Decimal():
            values = [str(value) for value in allowed if not isinstance(value, str)]
        case _:
            return None
    # A value of another type is equal to none.
    return f"{quoted(field.name)} IN ({', '.join(values)})" if values else f"{quoted(field.name)} IS NULL"


def _like(field: Field, pattern: str) -> str | None:
    if not isinstance(field.type, Text):
        return None
    counts = (found["counts"] for found in _REPEAT.finditer(pattern) if found["counts"])
    if any(int(count) > _MOST_REPEATS for pair in counts for count in pair.split(",") if count):
        return None
    spelled = _ESCAPE.sub(lambda found: _ESCAPES.get(found[0], found[0]), pattern)
    return f"{quoted(field.name)} ~ {literal(spelled)}"
