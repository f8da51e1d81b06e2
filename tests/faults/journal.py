"""The calls of a run in their order, and the plan for them: one file that the test and all functions share."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.faults.plan import Call, Fault, Plan


class _Page(msgspec.Struct):
    plan: Plan | None = None
    calls: list[Call] = []
    struck: int = 0
    complaints: list[str] = []


class Journal:
    """Counts across processes; whoever writes an entry is alone while doing so."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, plan: Plan | None = None) -> None:
        """Forget all calls; those to come follow the plan, or are left alone."""
        with self._locked() as page:
            page.plan, page.calls, page.struck, page.complaints = plan, [], 0, []

    def enter(self, call: Call) -> tuple[Fault, int] | None:
        """Count a call that is about to be sent, and return the fault it suffers with the plan's port."""
        with self._locked() as page:
            page.calls.append(call)
            if page.plan is None or not page.plan.strikes(page.calls):
                return None
            page.struck += 1
            return page.plan.fault, page.plan.port

    def complain(self, problem: str) -> None:
        """Keep a problem of the fault itself."""
        with self._locked() as page:
            page.complaints.append(problem)

    def calls(self) -> list[Call]:
        """Return the calls since the beginning, the SDK's retries included."""
        with self._locked() as page:
            return page.calls

    def problems(self) -> list[str]:
        """Say why the calls since the beginning prove nothing about the planned fault."""
        with self._locked() as page:
            return page.complaints + ([] if page.plan is None or page.struck else ["the fault did not happen"])

    @contextmanager
    def _locked(self) -> Iterator[_Page]:
        with self._path.with_suffix(".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            page = msgspec.json.decode(self._path.read_bytes(), type=_Page) if self._path.exists() else _Page()
            before = msgspec.json.encode(page)
            yield page
            if (after := msgspec.json.encode(page)) != before:
                # The process may be killed at any moment by another of its threads, which suffers that fault.
                written = self._path.with_suffix(".new")
                written.write_bytes(after)
                written.replace(self._path)
