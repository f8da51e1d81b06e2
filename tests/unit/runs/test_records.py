"""The loop over records: each is good or rejected, told of, and accounted for."""

from decimal import Decimal
from typing import Any

import pytest

from etl.contracts import Contract, Field
from etl.contracts.types import Number, Text
from etl.errors import StagingError, ToleranceExceeded
from etl.quality.scorecard import Verdict
from etl.runs.records import Counts, Origin, RecordSplit, audit
from etl.values.records import Problem
from etl.windows import Window

CONTRACT = Contract(
    id="things-v1",
    version="1.0.0",
    dataset="things",
    tolerance=Decimal("0.5"),
    fields=(
        Field(name="id", type=Text(), required=True),
        Field(name="value", type=Number(), required=True, minimum=0, maximum=10),
    ),
)
WINDOW = Window.from_dict({"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"})
GOOD, ABOVE, EMPTY = {"id": "a", "value": 1}, {"id": "b", "value": 11}, dict[str, Any]()


def split(*records: dict[str, Any]) -> tuple[RecordSplit, list[dict[str, Any]], list[tuple[int, list[str]]]]:
    """Return a split that has seen the records, the good ones, and line and codes of each as the judge was told."""
    told: list[tuple[int, list[str]]] = []

    def judge(origin: Origin, problems: list[Problem]) -> None:
        told.append((origin.line, [problem.code for problem in problems]))

    made = RecordSplit(CONTRACT, judge)
    good = list(made.good((Origin("file", line, None), record) for line, record in enumerate(records, start=1)))
    return made, good, told


def test_good_records_come_through_in_their_order() -> None:
    second = {"id": "c", "value": 2}
    assert split(GOOD, ABOVE, second)[1] == [GOOD, second]


def test_the_judge_is_told_of_every_record() -> None:
    assert split(GOOD, ABOVE, EMPTY)[2] == [(1, []), (2, ["range"]), (3, ["required", "required"])]


def test_a_record_counts_once_for_a_code_that_it_breaks_twice() -> None:
    counts = split(GOOD, ABOVE, EMPTY)[0].counts(read=3, written=1)
    assert counts == Counts(read=3, good=1, rejected=2, reasons={"range": 1, "required": 1})


@pytest.mark.parametrize(("read", "written"), [(3, 0), (3, 2), (2, 1), (4, 1)])
def test_a_record_that_is_lost_or_doubled_is_an_error(read: int, written: int) -> None:
    with pytest.raises(StagingError, match=f"{read} records were read, but {written} were written and 2 rejected"):
        split(GOOD, ABOVE, EMPTY)[0].counts(read=read, written=written)


@pytest.mark.parametrize("rejected", [0, 1, 2])
def test_a_share_up_to_the_tolerance_passes_the_audit(rejected: int) -> None:
    audit(CONTRACT, Counts(4, 4 - rejected, rejected, {"range": rejected}), "rejects/x")


def test_a_share_above_the_tolerance_is_named_with_its_reasons_and_its_place() -> None:
    with pytest.raises(ToleranceExceeded) as raised:
        audit(CONTRACT, Counts(5, 2, 3, {"range": 2, "required": 1}), "rejects/x")
    assert str(raised.value) == (
        "3 of 5 records broke contract things-v1 (range: 2, required: 1), it tolerates 50.0%; nothing was loaded."
        " Repair the records listed in rejects/x at their source, or raise rejectTolerance, and run the window again"
    )


def test_no_records_pass_the_audit() -> None:
    audit(CONTRACT, Counts(0, 0, 0, {}), "rejects/x")


def test_the_scorecard_counts_the_rejected_records_among_the_checked_ones() -> None:
    made = split(GOOD, ABOVE, EMPTY)[0]
    card = made.scorecard(made.counts(read=3, written=1), run="a-run", window=WINDOW)
    rules = {rule.rule: (rule.checked, rule.failed) for rule in card.rules}
    assert (card.run, card.dataset, card.rows, card.rejected) == ("a-run", "things", 3, 2)
    assert rules["value.range"] == (2, 1)
    assert rules["id.required"] == rules["value.required"] == (2, 1)
    assert card.verdict is Verdict.FAILED
