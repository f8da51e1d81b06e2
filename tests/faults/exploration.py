"""Every fault at every call: run with it, look, run again, and compare with the run that nothing disturbed."""

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.faults.journal import Journal
from tests.faults.meeting import Meeting
from tests.faults.plan import Call, Fault, Plan, Reach
from tests.faults.snapshots import Snapshot, differences, half_visible

EXHAUSTIVE = os.environ.get("FAULTS") == "all"
"""Whether every fault is tried at every call; otherwise those are left out that have their like among the others."""


@dataclass(frozen=True)
class Ran:
    """How one run of a pipeline ended."""

    succeeded: bool
    output: Any
    """What it reports, without what differs from run to run, such as names and times."""
    retries: int = 0
    """How many attempts of its stages failed."""
    cause: str | None = None


@dataclass(frozen=True)
class Undisturbed:
    """The run to which all others are compared."""

    calls: list[Call]
    before: Snapshot
    after: Snapshot
    output: Any


@dataclass(frozen=True)
class Outcome:
    """What became of a pipeline under one fault; `problems` is empty when it took no harm."""

    call: Call
    plan: Plan
    ran: Ran
    problems: list[str]

    def __str__(self) -> str:
        harm = "; ".join(self.problems) or "no harm"
        return f"{self.plan.fault} {self.plan.reach}, at call {self.plan.call} ({self.call}): {harm}"


@dataclass
class Exploration:
    """A pipeline and the ways to run it once, to see what it left, and to take that back.

    The journal is the one that the pipeline's functions keep (`tests.faults.injection`).
    """

    journal: Journal
    run: Callable[[], Ran]
    snapshot: Callable[[], Snapshot]
    reset: Callable[[], None]

    @cached_property
    def undisturbed(self) -> Undisturbed:
        """The run without any fault; raises AssertionError when a second one changes anything."""
        self.reset()
        before = self.snapshot()
        self.journal.begin()
        ran = self.run()
        found = Undisturbed(self.journal.calls(), before, self.snapshot(), ran.output)
        problems = [] if ran.succeeded else [f"it failed: {ran.cause}"]
        problems += [] if found.calls else ["it made no call"]
        problems += self._again(found)
        if problems:
            raise AssertionError(f"without any fault: {'; '.join(problems)}")
        return found

    def explore(
        self, fault: Fault, reach: Reach = Reach.ATTEMPT, *, operations: Collection[str] | None = None
    ) -> Iterator[Outcome]:
        """Yield what becomes of the pipeline with the fault at its first call, its second, and so on.

        Of all calls, or of those of some operations.
        """
        for number, call in enumerate(self.undisturbed.calls, start=1):
            if call.can_suffer(fault) and (operations is None or call.operation in operations):
                yield self._disturb(call, Plan(number, fault, reach))

    def overtake(self, *, operations: Collection[str] | None = None) -> Iterator[Outcome]:
        """Yield what becomes of two runs at once: one is held before each of its calls until another is over.

        Before all calls, or those of some operations.
        """
        for number, call in enumerate(self.undisturbed.calls, start=1):
            if operations is not None and call.operation not in operations:
                continue
            self.reset()
            with ThreadPoolExecutor(1) as pool:
                with Meeting() as meeting:
                    plan = Plan(number, Fault.HOLD, port=meeting.port)
                    self.journal.begin(plan)
                    held = pool.submit(self.run)
                    meeting.wait()
                    problems = self._half_visible(self.snapshot())
                    problems += self._unlike(self.run(), "the run that overtook", self.undisturbed)
                ran = held.result()
            problems += self.journal.problems() + self._unlike(ran, "the run that was held", self.undisturbed)
            yield Outcome(call, plan, ran, problems + self._again(self.undisturbed))

    def _disturb(self, call: Call, plan: Plan) -> Outcome:
        undisturbed = self.undisturbed
        self.reset()
        self.journal.begin(plan)
        ran = self.run()
        problems = self.journal.problems()
        self.journal.begin()
        if not ran.succeeded:
            problems += self._half_visible(self.snapshot())
        if ran.succeeded or plan.reach is not Reach.RUN:
            problems += self._unlike(ran, "the disturbed run", undisturbed)
        return Outcome(call, plan, ran, problems + self._again(undisturbed))

    def _again(self, undisturbed: Undisturbed) -> list[str]:
        return self._unlike(self.run(), "the run after it", undisturbed)

    def _unlike(self, ran: Ran, who: str, undisturbed: Undisturbed) -> list[str]:
        """Say in what a run that has just ended, and what it left, are not as they should be."""
        if not ran.succeeded:
            return [f"{who} failed: {ran.cause}"]
        reported = [] if ran.output == undisturbed.output else [f"{who} reported {ran.output}"]
        return reported + [f"{who} left: {found}" for found in differences(self.snapshot(), undisturbed.after)]

    def _half_visible(self, now: Snapshot) -> list[str]:
        return half_visible(now, before=self.undisturbed.before, after=self.undisturbed.after)


def harm(outcomes: list[Outcome]) -> list[str]:
    """Return the outcomes with problems as text, one a line; raise ValueError when there was nothing to judge."""
    if not outcomes:
        raise ValueError("no call could suffer this fault")
    return [str(outcome) for outcome in outcomes if outcome.problems]


def writing(*operations: str) -> frozenset[str] | None:
    """Return the calls at which the faults are tried that cost a process or a run: all, when it is to be exhaustive."""
    return None if EXHAUSTIVE else frozenset(operations)
