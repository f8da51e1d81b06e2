import json
from decimal import Decimal as Digits
from fractions import Fraction
from pathlib import Path

import pytest

import etl.quality
from etl.contracts import Contract, Field
from etl.contracts.model import Check, Dimension, Metric, Severity
from etl.contracts.types import Integer, Text
from etl.quality.scorecard import (
    Rejects,
    RuleCount,
    Scorecard,
    Verdict,
    counts_of_records,
    read_scorecard,
    rule_of_problem,
    score,
    scorecard_schema,
)
from etl.values.records import Problem

SCHEMA = Path(etl.quality.__file__).with_name("scorecard.schema.json")
FIELDS = (Field(name="id", type=Integer(64), required=True), Field(name="name", type=Text(), min_length=1))


def contract(*checks: Check, tolerance: str = "0.1", **thresholds: str) -> Contract:
    limits = {Dimension(name): Digits(value) for name, value in thresholds.items()}
    return Contract(
        id="urn:test", version="1.0.0", dataset="things", fields=FIELDS, checks=checks,
        tolerance=Digits(tolerance), thresholds=limits,
    )  # fmt: skip


def scored(failed: int, *, asked: Contract | None = None, **more: object) -> Scorecard:
    counts = [RuleCount(rule="id.required", checked=10, failed=failed), RuleCount(rule="name.length", checked=10)]
    return score(asked or contract(), counts, rows=10, rejected=failed, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("failed", "verdict"), [(0, Verdict.PASSED), (1, Verdict.WARNED), (2, Verdict.FAILED)])
def test_rejected_rows_warn_within_the_tolerance_and_fail_beyond_it(failed: int, verdict: Verdict) -> None:
    card = scored(failed)
    assert (card.rules[0].verdict, card.verdict) == (verdict, verdict)


@pytest.mark.parametrize(
    ("severity", "verdict"), [(Severity.WARNING, Verdict.WARNED), (Severity.ERROR, Verdict.FAILED)]
)
def test_a_broken_rule_does_what_its_severity_says(severity: Severity, verdict: Verdict) -> None:
    asked = contract(Check(metric=Metric.ROWS, at_least=Digits(11), severity=severity))
    counts = [RuleCount(rule="rows", checked=1, number=Fraction(10))]
    card = score(asked, counts, rows=10)
    assert (card.rules[-1].verdict, card.verdict, card.rules[-1].measured) == (verdict, verdict, "10")


def test_a_score_is_the_share_of_checks_that_did_not_fail() -> None:
    [validity] = [one for one in scored(0).dimensions if one.dimension is Dimension.VALIDITY]
    [completeness] = [one for one in scored(3).dimensions if one.dimension is Dimension.COMPLETENESS]
    assert (validity.score, completeness.score) == (1.0, 0.7)


@pytest.mark.parametrize(("threshold", "verdict"), [("0.9", Verdict.PASSED), ("0.9000000001", Verdict.FAILED)])
def test_a_threshold_is_compared_exactly(threshold: str, verdict: Verdict) -> None:
    [dimension] = [one for one in scored(1, asked=contract(completeness=threshold)).dimensions if one.threshold]
    assert dimension.verdict is verdict


def test_a_score_is_never_rounded_up_to_its_threshold() -> None:
    counts = [RuleCount(rule="id.required", checked=10**8, failed=1)]
    card = score(contract(completeness="1"), counts, rows=10**8)
    assert (card.dimensions[0].score, card.dimensions[0].verdict) == (0.999999, Verdict.FAILED)


def test_rows_rejected_before_count_as_checked_and_failed() -> None:
    card = scored(0, rejects=Rejects(rows=2, failed={"id.required": 1, "columns": 1, "name.type": 1}))
    found = {one.rule: (one.checked, one.failed, one.verdict) for one in card.rules}
    assert (card.rows, card.rejected, card.verdict) == (12, 2, Verdict.FAILED)
    assert found == {
        "id.required": (11, 1, Verdict.WARNED),
        "name.length": (10, 0, Verdict.PASSED),
        "columns": (12, 1, Verdict.WARNED),
        "name.type": (12, 1, Verdict.WARNED),
    }


def test_a_rule_without_a_count_is_skipped_and_in_no_score() -> None:
    card = score(contract(), [], rows=10)
    assert {one.verdict for one in card.rules} == {Verdict.SKIPPED}
    assert card.dimensions == []


def test_records_that_a_validator_let_through_keep_every_rule() -> None:
    asked = contract(Check(metric=Metric.ROWS, at_least=Digits(1)))
    card = score(asked, counts_of_records(asked, 10), rows=10)
    assert [(one.checked, one.failed, one.verdict) for one in card.rules] == [
        (10, 0, Verdict.PASSED),
        (10, 0, Verdict.PASSED),
        (1, 0, Verdict.PASSED),
    ]


@pytest.mark.parametrize(
    ("problem", "rule"),
    [
        (Problem("range", "value", ">= 0"), "value.range"),
        (Problem("type", "tags[12].label", "text"), "tags[].label.type"),
        (Problem("columns", "", "3 columns"), "columns"),
        (Problem("sql", "dear", ""), "dear"),
    ],
)
def test_a_problem_of_a_reject_names_its_rule(problem: Problem, rule: str) -> None:
    assert rule_of_problem(problem) == rule


@pytest.mark.parametrize(
    ("number", "text"),
    [(Fraction(1, 3), "1/3"), (Fraction(-1, 8), "-0.125"), (Fraction(100), "100"), (Fraction(0), "0")],
)
def test_a_measured_number_keeps_all_its_digits(number: Fraction, text: str) -> None:
    asked = contract(Check(metric=Metric.ROWS, at_least=Digits(1)))
    card = score(asked, [RuleCount(rule="rows", checked=1, number=number)], rows=1)
    assert card.rules[-1].measured == text


def test_a_scorecard_comes_back_from_its_json() -> None:
    card = scored(1)
    assert read_scorecard(card.to_json()) == card


def test_the_shipped_schema_is_that_of_the_structs() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == scorecard_schema()
