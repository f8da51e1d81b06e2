"""A plan strikes the calls that it says, and no others."""

import pytest

from tests.faults.plan import Call, Fault, Plan, Reach

FIRST, RETRIED = "first", "second"
CALLS = [
    Call("extract", "dynamodb", "Scan", FIRST),
    Call("extract", "dynamodb", "Scan", RETRIED),
    Call("extract", "dynamodb", "Scan", RETRIED),
    Call("extract", "s3", "PutObject", "third"),
    Call("extract", "dynamodb", "Scan", "fourth"),
    Call("load", "dynamodb", "Scan", "fifth"),
]


@pytest.mark.parametrize(
    ("reach", "struck"),
    [(Reach.ATTEMPT, [2]), (Reach.CALL, [2, 3]), (Reach.RUN, [2, 3, 5])],
)
def test_a_fault_lasts_as_long_as_its_reach(reach: Reach, struck: list[int]) -> None:
    plan = Plan(2, Fault.THROTTLE, reach)
    assert [count for count in range(1, len(CALLS) + 1) if plan.strikes(CALLS[:count])] == struck


def test_only_a_batch_can_be_taken_in_part() -> None:
    batch = Call("load", "dynamodb", "BatchWriteItem", FIRST)
    assert batch.can_suffer(Fault.PARTIAL_BATCH)
    assert not CALLS[0].can_suffer(Fault.PARTIAL_BATCH)
