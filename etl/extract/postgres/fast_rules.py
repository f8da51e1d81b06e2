"""Test row rules on whole columns first: most batches break none, and Arrow finds that out faster than an engine.

A test may err on one side only: where it is not sure that all values keep a rule, DuckDB decides which rows break it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from etl.contracts.model import Contract
from etl.contracts.types import Float
from etl.quality.measures import LengthWithin, Measure, Present, Valid, Within
from etl.quality.rules import rules_of

Holds = Callable[[pa.Array], bool]
"""True when no value of a column breaks the rule; false when a value may."""


class FastRules:
    """The conditions of a contract's rejecting rules, each with the test of its column if there is one."""

    def __init__(self, contract: Contract, conditions: Sequence[str]) -> None:
        """`conditions` are those of `RowRules`: SQL that is true for a row that breaks a rule."""
        tests = {rule.failing("duckdb"): _test(rule.measure) for rule in rules_of(contract) if rule.on_rows}
        self._tests = [(condition, tests.get(condition)) for condition in conditions]

    def open(self, rows: pa.RecordBatch) -> list[str]:
        """Return the conditions that may be true for some row."""
        return [
            condition for condition, test in self._tests if test is None or not test.holds(rows.column(test.column))
        ]


class _Test(NamedTuple):
    column: str
    holds: Holds


def _test(measure: Measure) -> _Test | None:
    if isinstance(measure, Present | LengthWithin | Within | Valid) and len(measure.column.path) == 1:
        holds = _holds(measure)
        return None if holds is None else _Test(measure.column.name, holds)
    return None


def _holds(measure: Present | LengthWithin | Within | Valid) -> Holds | None:
    match measure:
        case Present():
            return lambda values: values.null_count == 0
        case LengthWithin(_, least, most):
            return _lengths(least, most)
        case Valid(_, allowed, None) if allowed is not None:
            return lambda values: _every(pc.is_in(values, value_set=_set_of(allowed, values.type)), values)
        case Valid(_, None, pattern) if pattern is not None:
            return lambda values: _every(pc.match_substring_regex(values, pattern), values)
        case Within():
            return _within(measure)
    return None


def _every(kept: pa.BooleanArray, values: pa.Array) -> bool:
    return bool(pc.all(pc.or_kleene(kept, values.is_null()), min_count=0).as_py())


def _set_of(allowed: Sequence[Any], type_: pa.DataType) -> pa.Array:
    # A value that does not fit into the column's type cannot be in the column.
    fitting = []
    for value in allowed:
        try:
            fitting.append(pa.scalar(value, type_))
        except (pa.ArrowException, OverflowError):
            continue
    return pa.array(fitting, type_)


def _lengths(least: int | None, most: int | None) -> Holds:
    def holds(values: pa.Array) -> bool:
        # A text has at most as many characters as bytes, which are cheaper to count.
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if most is not None and longest > most and (pc.max(pc.utf8_length(values)).as_py() or 0) > most:
            return False
        if least is None:
            return True
        shortest = pc.min(pc.utf8_length(values)).as_py()
        return shortest is None or bool(shortest >= least)

    return holds


def _within(measure: Within) -> Holds | None:
    exclusive = measure.exclusive_minimum is not None or measure.exclusive_maximum is not None
    if isinstance(measure.column.type, Float) and exclusive:
        # The bound is rounded to the column's width, which may move it to either side of the written one.
        return None

    def holds(values: pa.Array) -> bool:
        extremes: dict[str, Any] = pc.min_max(values).as_py()
        low, high = extremes["min"], extremes["max"]
        return low is None or (
            (measure.minimum is None or low >= measure.minimum)
            and (measure.maximum is None or high <= measure.maximum)
            and (measure.exclusive_minimum is None or low > measure.exclusive_minimum)
            and (measure.exclusive_maximum is None or high < measure.exclusive_maximum)
        )

    return holds
