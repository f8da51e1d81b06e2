"""The scorecard: what every rule counted over a run's rows, the score of each dimension, and the verdict.

All comparisons are of whole numbers and fractions; the rates and scores that a scorecard shows are rounded down to six
digits after that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from etl.contracts.model import Contract, Dimension, Severity, Unit
from etl.quality.measures import Rows
from etl.quality.rules import Rule, rules_of
from etl.values.records import Problem
from etl.windows import Window

_SHOWN = 10**6
_PLACE = re.compile(r"\[\d+\]", re.ASCII)


class Verdict(StrEnum):
    """How a rule, a dimension or a dataset came out."""

    PASSED = "passed"
    WARNED = "warned"
    """Broken, and the run goes on: a warning, or rows that were rejected within the tolerance."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not evaluated: what it needs was not there; `note` says what."""


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted for one rule."""

    rule: str
    checked: int = 0
    failed: int = 0
    number: Fraction | None = None
    """What a rule on the whole dataset measured."""
    keys: tuple[tuple[str, ...], ...] = ()
    """The smallest keys that failed."""
    note: str = ""
    """Why the rule was not evaluated; empty when it was."""


class Rejects(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that were rejected before the rules ran, and so are not among the rows that they saw."""

    rows: int = 0
    failed: Mapping[str, int] = {}
    """By rule how many of them broke it; a row may break several. See `rule_of_problem`."""


class RuleResult(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with its counts and verdict."""

    rule: str
    description: str
    columns: list[str]
    dimension: Dimension
    severity: Severity
    checked: int
    """Rows that the rule says something about; 1 for a rule on the whole dataset."""
    failed: int
    rate: float
    """Failed by checked, rounded down to six digits; 0 when none was checked."""
    threshold: str
    """The bounds of the failed rows (or of their percentage); of the number itself for a rule on the whole dataset."""
    verdict: Verdict
    measured: str | None = None
    """The number that a rule on the whole dataset measured: a decimal, or a fraction where that has no end."""
    keys: list[list[str]] = []
    """The smallest failing keys: of the rows, or for uniqueness and references the values themselves."""
    note: str = ""


class DimensionResult(msgspec.Struct, frozen=True, kw_only=True):
    """The score of a dimension against its threshold."""

    dimension: Dimension
    checked: int
    failed: int
    score: float | None
    """1 - failed / checked over all rules of the dimension, rounded down to six digits; null when none was checked."""
    threshold: float | None
    verdict: Verdict


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """The quality of one dataset in one run."""

    dataset: str
    contract: str
    version: str
    """The contract's id and version."""
    run: str
    window: dict[str, str] | None
    engine: str
    rows: int
    """Read: those that the rules saw, and those that were rejected before."""
    rejected: int
    """Rows that break a rule whose severity is reject, each once."""
    tolerance: float
    """The share of rejected rows up to which a run goes on."""
    rules: list[RuleResult]
    dimensions: list[DimensionResult]
    verdict: Verdict

    def to_json(self) -> bytes:
        """Return the scorecard as a JSON document: equal ones are equal bytes."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def read_scorecard(document: bytes) -> Scorecard:
    """Read what `Scorecard.to_json` wrote; msgspec.ValidationError when it is none."""
    return msgspec.json.decode(document, type=Scorecard)


def scorecard_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of scorecards."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Scorecard)}


def rule_of_problem(problem: Problem) -> str:
    """Return the id of the rule that a rejected row broke, as `Rejects` counts them.

    Returns: `value.range` for a field, `tags[].type` for the items of an array, `columns` for a row that could not be
    read, the rule's own id for SQL.
    """
    if problem.code == "sql":
        return problem.field
    return f"{_PLACE.sub('[]', problem.field)}.{problem.code}" if problem.field else problem.code


def score(
    contract: Contract,
    counts: Iterable[RuleCount],
    *,
    rows: int,
    rejected: int = 0,
    rejects: Rejects | None = None,
    run: str = "",
    window: Window | None = None,
    engine: str = "python",
) -> Scorecard:
    """Return the scorecard that counts amount to.

    Parameters
    ----------
    counts
        By rule; a rule without is `skipped`.
    rejects
        Rows that were rejected before: they count as read, and for every rule that they broke as checked and failed. A
        reason that is no rule of the contract (a broken line, a wrong type) is a rule of its own in the scorecard.
    """
    before = rejects or Rejects()
    total, lost = rows + before.rows, rejected + before.rows
    known = {count.rule: count for count in counts}
    rules = rules_of(contract)
    results = [_result(contract, rule, known.get(rule.id), before, total) for rule in rules]
    strangers = sorted(set(before.failed) - {rule.id for rule in rules})
    results += [_of_reason(contract, reason, before.failed[reason], total) for reason in strangers]
    dimensions = _dimensions(contract, results)
    verdicts = [one.verdict for one in results] + [one.verdict for one in dimensions]
    if lost > contract.tolerance * total:
        verdicts.append(Verdict.FAILED)
    elif lost:
        verdicts.append(Verdict.WARNED)
    return Scorecard(
        dataset=contract.dataset,
        contract=contract.id,
        version=contract.version,
        run=run,
        window=None if window is None else window.to_dict(),
        engine=engine,
        rows=total,
        rejected=lost,
        tolerance=float(contract.tolerance),
        rules=results,
        dimensions=dimensions,
        verdict=_worst(verdicts),
    )


def counts_of_records(contract: Contract, rows: int) -> list[RuleCount]:
    """Return the counts of records that keep every rule on rows, as `RecordValidator` lets them through.

    Returns: for rules on fields and for the number of rows; SQL, keys and references are left to an engine.
    """
    counts = [
        RuleCount(rule=rule.id, checked=rows) for rule in rules_of(contract) if rule.on_rows and rule.code != "sql"
    ]
    numbers = [rule for rule in rules_of(contract) if isinstance(rule.measure, Rows)]
    counts += [
        RuleCount(rule=rule.id, checked=1, number=Fraction(rows))
        for rule in numbers
        if rule.measure == Rows(trailing_median=None)
    ]
    return counts


def _result(contract: Contract, rule: Rule, count: RuleCount | None, before: Rejects, total: int) -> RuleResult:
    found = count or RuleCount(rule=rule.id, note="not evaluated")
    extra = before.failed.get(rule.id, 0)
    checked, failed = found.checked + extra, found.failed + extra
    if rule.on_dataset and found.number is not None:
        failed = int(not rule.bounds.hold(found.number))
    return RuleResult(
        rule=rule.id,
        description=rule.description,
        columns=list(rule.columns),
        dimension=rule.dimension,
        severity=rule.severity,
        checked=checked,
        failed=failed,
        rate=_shown(Fraction(failed, checked)) if checked else 0.0,
        threshold=str(rule.bounds),
        verdict=_verdict(contract, rule, checked, failed, total, skipped=bool(found.note) and not extra),
        measured=None if found.number is None else _number(found.number),
        keys=[list(key) for key in found.keys],
        note=found.note,
    )


def _verdict(contract: Contract, rule: Rule, checked: int, failed: int, total: int, *, skipped: bool) -> Verdict:
    if skipped:
        return Verdict.SKIPPED
    if _holds(rule, checked, failed):
        return Verdict.PASSED
    if rule.severity is Severity.REJECT:
        return Verdict.WARNED if failed <= contract.tolerance * total else Verdict.FAILED
    return Verdict.WARNED if rule.severity is Severity.WARNING else Verdict.FAILED


def _holds(rule: Rule, checked: int, failed: int) -> bool:
    if rule.on_dataset:
        return failed == 0
    if rule.bounds.unit is Unit.ROWS:
        return rule.bounds.hold(Fraction(failed))
    return rule.bounds.hold(Fraction(100 * failed, checked) if checked else Fraction(0))


def _of_reason(contract: Contract, reason: str, failed: int, total: int) -> RuleResult:
    field, _, code = reason.rpartition(".")
    tolerated = failed <= contract.tolerance * total
    return RuleResult(
        rule=reason,
        description=f"no row is rejected for {code}",
        columns=[field] if field else [],
        dimension=Dimension.VALIDITY,
        severity=Severity.REJECT,
        checked=total,
        failed=failed,
        rate=_shown(Fraction(failed, total)),
        threshold="<= 0",
        verdict=Verdict.PASSED if not failed else Verdict.WARNED if tolerated else Verdict.FAILED,
    )


def _dimensions(contract: Contract, results: Sequence[RuleResult]) -> list[DimensionResult]:
    found = []
    for dimension in Dimension:
        mine = [one for one in results if one.dimension is dimension and one.verdict is not Verdict.SKIPPED]
        threshold = contract.thresholds.get(dimension)
        if mine or threshold is not None:
            checked, failed = sum(one.checked for one in mine), sum(one.failed for one in mine)
            found.append(_dimension(dimension, checked, failed, threshold))
    return found


def _dimension(dimension: Dimension, checked: int, failed: int, threshold: Decimal | None) -> DimensionResult:
    ratio = Fraction(checked - failed, checked) if checked else None
    reached = ratio is None or threshold is None or ratio >= Fraction(threshold)
    return DimensionResult(
        dimension=dimension,
        checked=checked,
        failed=failed,
        score=None if ratio is None else _shown(ratio),
        threshold=None if threshold is None else float(threshold),
        verdict=Verdict.PASSED if reached else Verdict.FAILED,
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in (Verdict.FAILED, Verdict.WARNED):
        if verdict in verdicts:
            return verdict
    return Verdict.PASSED


def _shown(ratio: Fraction) -> float:
    # Down, so that a score never looks as if it reached a threshold that it missed.
    return ratio.numerator * _SHOWN // ratio.denominator / _SHOWN


def _number(number: Fraction) -> str:
    left = number.denominator
    for factor in (2, 5):
        while left % factor == 0:
            left //= factor
    if left != 1:
        return str(number)
    scale = 0
    while (number * 10**scale).denominator != 1:
        scale += 1
    digits = str(abs(int(number * 10**scale))).rjust(scale + 1, "0")
    text = f"{digits[: len(digits) - scale]}.{digits[len(digits) - scale :]}" if scale else digits
    return f"-{text}" if number < 0 else text
