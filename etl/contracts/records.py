"""One record against its contract: every rule that it breaks, as reason codes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from etl.contracts.model import Contract, Field, LogicalType
from etl.timestamps import parse_timestamp

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a record breaks: its reason code, the field and what was expected of it."""

    code: str
    field: str
    expected: str


class RecordValidator:
    """A contract made ready to check records, one at a time."""

    def __init__(self, contract: Contract) -> None:
        self._rules = tuple((field.name, field.required, _checks_of(field)) for field in contract.source_fields)

    def problems(self, record: Mapping[str, object]) -> list[Problem]:
        """Return every rule that a record breaks, in the contract's order; none means that it is good.

        Parameters
        ----------
        record
            Plain values: `str`, `int` and `Decimal` for numbers, `bool`, None, `list` and `dict`. Fields that
            the contract does not declare are not looked at. A null is as good as absent.

        Returns
        -------
        list of Problem
            With codes `required`, `type`, `length`, `pattern`, `range` and `allowed`. A value of the wrong
            type is not checked further.
        """
        found: list[Problem] = []
        for name, required, checks in self._rules:
            value = record.get(name)
            if value is None:
                if required:
                    found.append(Problem("required", name, "a value"))
                continue
            for code, expected, holds in checks:
                if not holds(value):
                    found.append(Problem(code, name, expected))
                    if code == "type":
                        break
        return found


def _checks_of(field: Field) -> tuple[tuple[str, str, Check], ...]:
    checks: list[tuple[str, str, Check]] = [("type", str(field.type), _TYPES[field.type])]
    if (least := field.min_length) is not None:
        checks.append(("length", f"at least {least}", lambda value: len(value) >= least))
    if (most := field.max_length) is not None:
        checks.append(("length", f"at most {most}", lambda value: len(value) <= most))
    if field.pattern is not None:
        search = re.compile(field.pattern).search
        checks.append(("pattern", field.pattern, lambda value: search(value) is not None))
    if (minimum := field.minimum) is not None:
        checks.append(("range", f">= {minimum}", lambda value: value >= minimum))
    if (maximum := field.maximum) is not None:
        checks.append(("range", f"<= {maximum}", lambda value: value <= maximum))
    if (above := field.exclusive_minimum) is not None:
        checks.append(("range", f"> {above}", lambda value: value > above))
    if (below := field.exclusive_maximum) is not None:
        checks.append(("range", f"< {below}", lambda value: value < below))
    if field.allowed is not None:
        allowed = frozenset(field.allowed)
        expected = "one of " + ", ".join(map(str, field.allowed))
        checks.append(("allowed", expected, lambda value: value in allowed))
    return tuple(checks)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    # `% 1` would fail on more digits than the decimal context has.
    return _is_number(value) and (isinstance(value, int) or value == value.to_integral_value())


def _is_timestamp(value: object) -> bool:
    return isinstance(value, str) and parse_timestamp(value) is not None


def _is_date(value: Any) -> bool:
    return _is_timestamp(value) and len(value) == len("2018-02-01")


_TYPES: dict[LogicalType, Check] = {
    LogicalType.STRING: _is_text,
    LogicalType.NUMBER: _is_number,
    LogicalType.INTEGER: _is_integer,
    LogicalType.BOOLEAN: lambda value: isinstance(value, bool),
    LogicalType.TIMESTAMP: _is_timestamp,
    LogicalType.DATE: _is_date,
    LogicalType.OBJECT: lambda value: isinstance(value, dict),
    LogicalType.ARRAY: lambda value: isinstance(value, list),
}
