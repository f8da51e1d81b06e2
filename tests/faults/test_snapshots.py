"""Snapshots are compared name by name, whole by whole."""

from tests.faults.snapshots import differences, half_visible

BEFORE = {"kept": 1, "replaced": 1}
AFTER = {"kept": 1, "replaced": 2, "new": 3}


def test_a_moment_on_the_way_may_mix_before_and_after() -> None:
    assert half_visible({"kept": 1, "replaced": 2}, before=BEFORE, after=AFTER) == []


def test_what_is_neither_before_nor_after_is_half_visible() -> None:
    now = {"kept": 1, "replaced": 1, "new": 2, "other": 1}
    assert half_visible(now, before=BEFORE, after=AFTER) == ["new is in part or wrong", "other is in part or wrong"]


def test_what_stood_there_before_may_not_go_in_between() -> None:
    assert half_visible({"replaced": 1}, before=BEFORE, after=AFTER) == ["kept is gone"]


def test_an_end_state_tells_lost_added_and_other_things_apart() -> None:
    now = {"kept": 1, "replaced": 1, "other": 1}
    assert differences(now, AFTER) == ["new is lost", "other is too many", "replaced differs"]
