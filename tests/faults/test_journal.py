"""A journal counts for all processes, and tells when a run proves nothing."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.faults.journal import Journal
from tests.faults.plan import Call, Fault, Plan

CALL = Call("load", "dynamodb", "BatchWriteItem", "one")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.json")


def enter(journal: Journal) -> bool:
    return journal.enter(CALL) is not None


def test_of_calls_in_several_processes_at_once_one_is_struck(journal: Journal) -> None:
    journal.begin(Plan(7, Fault.THROTTLE))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        struck = list(pool.map(enter, [journal] * 20))
    assert struck.count(True) == 1
    assert journal.calls() == [CALL] * 20


def test_a_struck_call_learns_its_fault_and_where_to_wait(journal: Journal) -> None:
    journal.begin(Plan(1, Fault.HOLD, port=1234))
    assert journal.enter(CALL) == (Fault.HOLD, 1234)


def test_a_new_beginning_forgets_the_plan_and_the_calls(journal: Journal) -> None:
    journal.begin(Plan(1, Fault.THROTTLE))
    journal.begin()
    assert journal.enter(CALL) is None
    assert journal.calls() == [CALL]


def test_a_fault_that_no_call_has_suffered_proves_nothing(journal: Journal) -> None:
    journal.begin(Plan(2, Fault.THROTTLE))
    journal.enter(CALL)
    assert journal.problems() == ["the fault did not happen"]


def test_a_fault_that_could_not_be_done_proves_nothing(journal: Journal) -> None:
    journal.begin(Plan(1, Fault.PARTIAL_BATCH))
    journal.enter(CALL)
    journal.complain("half of the batch was refused")
    assert journal.problems() == ["half of the batch was refused"]
