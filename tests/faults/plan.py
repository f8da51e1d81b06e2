"""The fault that one AWS call of a run is to suffer: said by a test, obeyed in the functions' processes."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Fault(StrEnum):
    """What can happen to a call."""

    THROTTLE = "throttle"
    SERVER_ERROR = "server error"
    TIME_OUT_BEFORE = "time-out before the effect"
    TIME_OUT_AFTER = "time-out after the effect"
    KILL_BEFORE = "process killed before the effect"
    KILL_AFTER = "process killed after the effect"
    PARTIAL_BATCH = "batch taken in part"
    CUT_ANSWER = "answer cut in the middle"
    HOLD = "held while another run overtakes"


class Reach(StrEnum):
    """How long the fault lasts, and so who has to deal with it."""

    ATTEMPT = "once"
    """One request: the SDK's own retry deals with it, or the state machine's when the process is killed."""
    CALL = "at every attempt of the call"
    """All that the SDK tries: the state machine's retry deals with it."""
    RUN = "until the run is over"
    """Every later call of the same kind from the same function: the run fails, and the next one deals with it."""


class Call(msgspec.Struct, frozen=True):
    """One request to AWS, as a function sent it."""

    function: str
    service: str
    operation: str
    invocation: str
    """The SDK's id of the call: its retries share it."""

    def __str__(self) -> str:
        return f"{self.function}: {self.service} {self.operation}"

    def can_suffer(self, fault: Fault) -> bool:
        """Tell whether the fault makes sense for this call."""
        match fault:
            case Fault.PARTIAL_BATCH:
                return self.operation == "BatchWriteItem"
            case Fault.CUT_ANSWER:
                return self.operation == "GetObject"
            case _:
                return True


class Plan(msgspec.Struct, frozen=True):
    """A fault, and the call of the run, counted from 1, that suffers it first."""

    call: int
    fault: Fault
    reach: Reach = Reach.ATTEMPT
    port: int = 0
    """Where a held call waits to be released (`tests.faults.meeting`)."""

    def strikes(self, calls: Sequence[Call]) -> bool:
        """Tell whether the last of the calls so far suffers the fault."""
        if len(calls) < self.call:
            return False
        first, latest = calls[self.call - 1], calls[-1]
        match self.reach:
            case Reach.ATTEMPT:
                return len(calls) == self.call
            case Reach.CALL:
                return latest.invocation == first.invocation
            case Reach.RUN:
                return (latest.function, latest.operation) == (first.function, first.operation)
