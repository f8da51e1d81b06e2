"""One record against its contract: every rule that it breaks, as reason codes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal as Exact
from typing import Any

from etl.contracts.model import Check, Contract, Field, Metric, Severity
from etl.contracts.patterns import python_pattern
from etl.contracts.types import Array, Date, Float, Struct, Text, Timestamp, Type
from etl.errors import ContractError
from etl.values.json_values import Holds, belongs_to, describe, nearest_float, parse_day, parse_time


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a record breaks: its reason code, the field and what was expected of it."""

    code: str
    field: str
    expected: str


Rule = tuple[str, str, Holds]
"""Reason code, what is expected, and whether a value of the right type keeps the rule."""
Within = Callable[[str, Any, list[Problem]], None]
"""Adds the problems inside a value, which stands at a path."""


class RecordValidator:
    """Checks records against a contract, one at a time."""

    def __init__(self, contract: Contract) -> None:
        """Raise ContractError when the contract has rules that a single record can neither keep nor break."""
        _refuse_rules_on_tables(contract)
        self._fields = tuple(_Field(field, contract.checks) for field in contract.source_fields)

    def problems(self, record: Mapping[str, object]) -> list[Problem]:
        """Return every rule that a record of plain values breaks, in the contract's order.

        Codes: `required`, `missing`, `type`, `nul`, `length`, `pattern`, `range`, `allowed`. Undeclared fields are
        ignored; a null counts as absent; a value of the wrong type is not checked further. A nested field is named by
        its path, `address.city`; an item of an array by its place from 1, `tags[1]`.
        """
        found: list[Problem] = []
        _examine(self._fields, record, "", found)
        return found


class _Field:
    """The compiled rules of one field."""

    __slots__ = ("belongs", "expected", "missing", "name", "required", "rules", "within")

    def __init__(self, field: Field, checks: Iterable[Check] = ()) -> None:
        declared = [check for check in checks if check.columns == (field.name,)]
        self.name = field.name
        self.required = field.required or any(check.metric is Metric.NULLS for check in declared)
        self.missing = [value for check in declared for value in check.missing or ()]
        self.belongs = belongs_to(field.type)
        self.expected = describe(field.type)
        self.rules = (*_rules(field), *_declared_rules(declared))
        self.within = _within(field.type)


def _examine(fields: tuple[_Field, ...], record: Mapping[str, Any], prefix: str, found: list[Problem]) -> None:
    for field in fields:
        value = record.get(field.name)
        if value is None:
            if field.required:
                found.append(Problem("required", prefix + field.name, "a value"))
            elif None in field.missing:
                found.append(Problem("missing", prefix + field.name, "a value"))
        elif not field.belongs(value):
            found.append(Problem("type", prefix + field.name, field.expected))
        else:
            for code, expected, holds in field.rules:
                if not holds(value):
                    found.append(Problem(code, prefix + field.name, expected))
            if field.within is not None:
                field.within(prefix + field.name, value, found)


def _within(type_: Type) -> Within | None:
    if isinstance(type_, Struct):
        fields = tuple(_Field(field) for field in type_.fields)
        return lambda path, value, found: _examine(fields, value, f"{path}.", found)
    if isinstance(type_, Array):
        item = _Field(type_.item)
        return lambda path, value, found: _examine_items(item, value, path, found)
    return None


def _examine_items(item: _Field, values: list[Any], path: str, found: list[Problem]) -> None:
    for place, value in enumerate(values, start=1):
        inside: list[Problem] = []
        _examine((item,), {item.name: value}, "", inside)
        found += [
            Problem(problem.code, f"{path}[{place}]{problem.field[len(item.name) :]}", problem.expected)
            for problem in inside
        ]


def _rules(field: Field) -> Iterable[Rule]:
    comparable = _comparable(field.type)
    if isinstance(field.type, Text):
        yield "nul", "text without the character NUL", lambda value: "\0" not in value
    if (least := field.min_length) is not None:
        yield "length", f"at least {least}", lambda value: len(value) >= least
    if (most := field.max_length) is not None:
        yield "length", f"at most {most}", lambda value: len(value) <= most
    if field.pattern is not None:
        yield _pattern(field.pattern)
    # Any: a field's bounds are of its type, which the checker cannot know.
    minimum, maximum, above, below = _bounds(field)
    if minimum is not None:
        yield "range", f">= {minimum}", lambda value: comparable(value) >= minimum
    if maximum is not None:
        yield "range", f"<= {maximum}", lambda value: comparable(value) <= maximum
    if above is not None:
        yield "range", f"> {above}", lambda value: comparable(value) > above
    if below is not None:
        yield "range", f"< {below}", lambda value: comparable(value) < below
    if field.allowed is not None:
        yield _allowed(field.allowed)


def _bounds(field: Field) -> tuple[Any, Any, Any, Any]:
    bounds = field.minimum, field.maximum, field.exclusive_minimum, field.exclusive_maximum
    if isinstance(field.type, Float):
        # As in every engine, a value and its bound are compared as the column can hold them.
        comparable: Callable[[Any], Any] = _comparable(field.type)
        return tuple(None if bound is None else comparable(bound) for bound in bounds)  # type: ignore[return-value]
    return bounds


def _comparable(type_: Type) -> Callable[[Any], Any]:
    if isinstance(type_, Date):
        return parse_day
    if isinstance(type_, Timestamp):
        return lambda value: parse_time(value, zoned=type_.zoned)
    if isinstance(type_, Float):
        return lambda value: nearest_float(value, type_.bits)
    return lambda value: value


def _pattern(pattern: str) -> Rule:
    search = python_pattern(pattern).search
    return "pattern", pattern, lambda value: search(value) is not None


def _allowed(values: tuple[str | int | Exact, ...]) -> Rule:
    allowed = frozenset(values)
    return "allowed", f"one of {', '.join(map(str, values))}", lambda value: value in allowed


def _present(missing: Iterable[object]) -> Rule:
    words = [value for value in missing if value is not None]
    return "missing", f"a value, not {' or '.join(map(repr, words))}", lambda value: value not in words


def _declared_rules(checks: Iterable[Check]) -> Iterable[Rule]:
    for check in checks:
        if check.allowed is not None:
            yield _allowed(check.allowed)
        if check.pattern is not None:
            yield _pattern(check.pattern)
        if check.missing is not None:
            yield _present(check.missing)


def _refuse_rules_on_tables(contract: Contract) -> None:
    """Refuse rules that this pipeline cannot check: records pass one at a time, and each is kept or rejected."""
    unique = [f"unique on {field.name}" for field in contract.fields if field.unique]
    foreign = [f"the relationship of {', '.join(relationship.columns)}" for relationship in contract.relationships]
    checks = [check.name or f"{check.metric} of {', '.join(check.columns)}" for check in contract.checks]
    unchecked = [name for name, check in zip(checks, contract.checks, strict=True) if not _is_on_records(check)]
    fresh = ["the freshness"] if contract.freshness is not None else []
    if found := [*unique, *foreign, *unchecked, *fresh]:
        raise ContractError(
            f"contract {contract.id}: {found[0]} is a rule on a table, and this pipeline checks records one by one:"
            " remove it, or check the table with etl.quality"
        )


def _is_on_records(check: Check) -> bool:
    on_values = check.metric in (Metric.NULLS, Metric.MISSING, Metric.INVALID) and len(check.columns) == 1
    return on_values and check.severity in (None, Severity.REJECT) and check.at_most == 0
