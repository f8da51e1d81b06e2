"""The exploration finds the harm in pipelines that take some, and none in one that does not."""

from collections.abc import Callable

import pytest

from tests.faults.exploration import Exploration, harm
from tests.faults.plan import Fault, Reach

Toy = Callable[[str], Exploration]


def test_counts_the_calls_of_a_run_in_their_order(toy: Toy) -> None:
    calls = toy("puts").undisturbed.calls
    assert [str(call) for call in calls] == ["toy: dynamodb BatchWriteItem", "toy: s3 PutObject"]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in {Fault.HOLD, Fault.CUT_ANSWER}])
def test_finds_no_harm_where_there_is_none(toy: Toy, fault: Fault) -> None:
    assert harm(list(toy("puts").explore(fault))) == []


def test_a_fault_that_nothing_could_suffer_is_no_proof(toy: Toy) -> None:
    with pytest.raises(ValueError, match="no call could suffer"):
        harm(list(toy("puts").explore(Fault.CUT_ANSWER)))


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.SERVER_ERROR, Fault.TIME_OUT_BEFORE, Fault.TIME_OUT_AFTER])
def test_the_sdk_tries_again_after_a_fault_that_passes(toy: Toy, fault: Fault) -> None:
    assert [outcome.ran.retries for outcome in toy("puts").explore(fault)] == [0, 0]


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.SERVER_ERROR, Fault.TIME_OUT_BEFORE, Fault.TIME_OUT_AFTER])
def test_the_state_machine_tries_again_after_a_fault_that_outlasts_the_sdk(toy: Toy, fault: Fault) -> None:
    assert [outcome.ran.retries for outcome in toy("puts").explore(fault, Reach.CALL)] == [1, 1]


def test_a_fault_that_outlasts_every_retry_fails_the_run(toy: Toy) -> None:
    outcomes = list(toy("puts").explore(Fault.SERVER_ERROR, Reach.RUN))
    assert [(outcome.ran.succeeded, outcome.ran.retries) for outcome in outcomes] == [(False, 3), (False, 3)]


@pytest.mark.parametrize("fault", [Fault.TIME_OUT_AFTER, Fault.KILL_AFTER])
def test_an_effect_that_happens_twice_is_found(toy: Toy, fault: Fault) -> None:
    found = harm(list(toy("counts").explore(fault)))
    assert any("UpdateItem" in line and "the disturbed run left" in line and "counter" in line for line in found)


def test_a_run_that_cannot_be_repeated_is_found(toy: Toy) -> None:
    with pytest.raises(AssertionError, match="the run after it left: object result differs"):
        list(toy("appends").explore(Fault.THROTTLE))


def test_the_forgotten_rest_of_a_batch_is_found(toy: Toy) -> None:
    (found,) = harm(list(toy("ignores_the_rest").explore(Fault.PARTIAL_BATCH)))
    assert "item {'S': '3'} is lost" in found
    assert "item {'S': '1'} is lost" not in found


def test_an_error_taken_for_success_is_found(toy: Toy) -> None:
    (found,) = harm(list(toy("swallows").explore(Fault.SERVER_ERROR, Reach.CALL)))
    assert "the disturbed run left: object result is lost" in found


def test_what_is_shown_before_it_is_whole_is_found(toy: Toy) -> None:
    (found,) = harm(list(toy("shows_a_part").explore(Fault.TIME_OUT_BEFORE, Reach.RUN)))
    assert "object result is in part or wrong" in found


def test_a_gap_between_the_old_result_and_the_new_is_found(toy: Toy) -> None:
    (found,) = harm(list(toy("deletes_first").explore(Fault.SERVER_ERROR, Reach.RUN, operations={"PutObject"})))
    assert "object old is gone" in found


def test_two_runs_at_once_that_spoil_each_other_are_found(toy: Toy) -> None:
    found = harm(list(toy("counts").overtake()))
    assert any("UpdateItem" in line and "the run that was held left: item {'S': 'counter'}" in line for line in found)


def test_two_runs_at_once_that_do_not_meet_are_fine(toy: Toy) -> None:
    assert harm(list(toy("puts").overtake())) == []
