"""A contract's rules against a dataset, on whatever engine holds it: the same scorecard from each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from statistics import median
from typing import Protocol, TypeAlias

from sqlglot import exp

from etl.contracts.model import Contract
from etl.quality.measures import Aggregate, Column, Fresh, Referenced, Rows, Unbroken, Unique
from etl.quality.rules import Rule, rules_of
from etl.quality.scorecard import Rejects, RuleCount, Scorecard, score
from etl.quality.statements import (
    Pass,
    key_text,
    lost_references,
    number_of,
    reference_count,
    row_pass,
)
from etl.windows import Window

SAMPLE = 5
"""So many failing keys are shown of each rule."""

Repeated: TypeAlias = tuple[int, Sequence[tuple[object, ...]]]
"""The number of rows that are not the first with their key, and the smallest such keys."""


class Engine(Protocol):
    """What evaluates queries over one dataset."""

    name: str

    def conform(self, columns: Sequence[Column]) -> None:
        """Raise InputError unless the dataset has the columns, of types that hold nothing but the contract's."""

    def rows(self, query: exp.Select) -> list[tuple[object, ...]]:
        """Run a query over the dataset."""

    def duplicates(self, measure: Unique, limit: int) -> Repeated:
        """Count the rows that are not the first with their key, and return the smallest such keys, as `displayed`."""

    def samples(
        self, rules: Sequence[Rule], key: Sequence[Column], limit: int
    ) -> Mapping[str, Sequence[tuple[object, ...]]]:
        """Return by rule the smallest keys of rows that break it, as `displayed`; rows without a key are left out."""

    def refer(self, measure: Referenced) -> bool:
        """Make the dataset that a rule refers to visible; False when it was not given."""


def evaluate(
    engine: Engine,
    contract: Contract,
    *,
    window: Window | None = None,
    window_end: datetime | None = None,
    history: Sequence[int] = (),
    rejects: Rejects | None = None,
    run: str = "",
) -> Scorecard:
    """Return the scorecard of a dataset."""
    rules = rules_of(contract)
    end = window.end if window is not None and window_end is None else window_end
    query = row_pass(rules, end)
    engine.conform(_columns(contract, rules, query))
    # First, as what engines learn of a key's values can spare the pass a test of each.
    repeated = {rule.id: engine.duplicates(rule.measure, SAMPLE) for rule in rules if isinstance(rule.measure, Unique)}
    [found] = engine.rows(query.select)
    results = dict(zip(query.names, found, strict=True))
    counts = _row_counts(engine, contract, [rule for rule in rules if rule.on_rows], query, results)
    for rule in rules:
        if isinstance(rule.measure, Unique):
            counts.append(_unique(rule, rule.measure, query, results, repeated[rule.id]))
        elif not rule.on_rows:
            counts.append(_count(engine, rule, query, results, history))
    return score(
        contract,
        counts,
        rows=_whole(results[query.rows]),
        rejected=_whole(results[query.rejected]),
        rejects=rejects,
        run=run,
        window=window,
        engine=engine.name,
    )


def _columns(contract: Contract, rules: Sequence[Rule], query: Pass) -> list[Column]:
    """Return the columns of the contract, and the fields inside them that the rules read."""
    found = dict.fromkeys(Column((field.name,), field.type) for field in contract.fields)
    named = {column.name for column in query.select.find_all(exp.Column)}
    for rule in rules:
        match rule.measure:
            case Unique(columns) | Referenced(columns):
                found |= dict.fromkeys(columns)
            case Unbroken(_, scope) | Aggregate(_, scope):
                found |= dict.fromkeys(column for column in scope if column.path[0] in named)
            case Rows():
                pass
            case measure:
                found[measure.column] = None
    return list(found)


def _row_counts(
    engine: Engine, contract: Contract, rules: Sequence[Rule], query: Pass, results: Mapping[str, object]
) -> list[RuleCount]:
    numbers = {rule.id: tuple(_whole(results[name]) for name in query.rules[rule.id]) for rule in rules}
    key = _key(contract)
    broken = [rule for rule in rules if numbers[rule.id][1]]
    samples = engine.samples(broken, key, SAMPLE) if broken and key else {}
    return [
        RuleCount(rule=name, checked=checked, failed=failed, keys=_texts(key, samples.get(name, ())))
        for name, (checked, failed) in numbers.items()
    ]


def _unique(rule: Rule, measure: Unique, query: Pass, results: Mapping[str, object], repeated: Repeated) -> RuleCount:
    failed, found = repeated
    checked = _whole(results[query.rules[rule.id][0]])
    return RuleCount(rule=rule.id, checked=checked, failed=failed, keys=_texts(measure.columns, found))


def _count(engine: Engine, rule: Rule, query: Pass, results: Mapping[str, object], history: Sequence[int]) -> RuleCount:
    match rule.measure:
        case Referenced() as measure:
            return _references(engine, rule, measure)
        case Rows(trailing_median):
            return _rows(rule, _whole(results[query.rows]), trailing_median, history)
        case Fresh():
            return _freshness(rule, query, results)
        case _:
            dividend, divisor = query.rules[rule.id]
            number = number_of(results[dividend], results.get(divisor))
            note = "" if number is not None else "there were no values to measure"
            return RuleCount(rule=rule.id, checked=int(number is not None), number=number, note=note)


def _key(contract: Contract) -> tuple[Column, ...]:
    return tuple(Column((name,), contract.field(name).type) for name in contract.primary_key)


def _texts(columns: Sequence[Column], rows: Sequence[tuple[object, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(key_text(column, part) for column, part in zip(columns, row, strict=True)) for row in rows)


def _references(engine: Engine, rule: Rule, measure: Referenced) -> RuleCount:
    if not engine.refer(measure):
        return RuleCount(rule=rule.id, note=f"dataset {measure.dataset} was not given")
    [(checked, failed)] = engine.rows(reference_count(measure))
    found = engine.rows(lost_references(measure, SAMPLE)) if failed else ()
    keys = _texts(measure.columns, found)
    return RuleCount(rule=rule.id, checked=_whole(checked), failed=_whole(failed), keys=keys)


def _rows(rule: Rule, rows: int, trailing_median: int | None, history: Sequence[int]) -> RuleCount:
    if trailing_median is None:
        return RuleCount(rule=rule.id, checked=1, number=Fraction(rows))
    earlier = list(history)[-trailing_median:]
    usual = Fraction(median(map(Fraction, earlier))) if earlier else Fraction(0)
    if not usual:
        return RuleCount(rule=rule.id, note="no run before had rows")
    return RuleCount(rule=rule.id, checked=1, number=100 * rows / usual)


def _freshness(rule: Rule, query: Pass, results: Mapping[str, object]) -> RuleCount:
    if rule.id not in query.rules:
        return RuleCount(rule=rule.id, note="the end of the run's window was not given")
    new = _whole(results[query.rules[rule.id][1]])
    return RuleCount(rule=rule.id, checked=1, failed=int(new == 0))


def _whole(found: object) -> int:
    return int(str(found or 0))  # DuckDB counts null where there are no rows
