"""Every error that a pipeline raises, and what the state machine does about it.

EtlError
├── TransientError              the same call may work later: retried with back-off and jitter
│   └── WindowTaken             another run owns the window
└── TerminalError               no retry helps: straight to the failure path
    ├── InputError              the event, the window or a setting that came in is wrong
    ├── ContractError           a contract file is wrong
    ├── SourceError             a source database is not what the contract says
    ├── ToleranceExceeded       more rows were rejected than the contract allows
    ├── QualityError            the data breaks a rule that must hold
    ├── StagingError            a staging object is missing, truncated or not what its reference says
    ├── AccessDenied            the role may not do this
    └── NotFound                a table, a bucket or an object does not exist

Step Functions matches exact class names, so the handler boundary raises the family (`family_of`);
the message begins with the class that was raised.
"""


class EtlError(Exception):
    """A failure whose message names the thing, the cause and the next step."""

    thing: str = ""
    """The subject of the AWS call that failed, such as `s3://bucket/key`; empty for other failures."""


class TransientError(EtlError):
    """The same call may work later: a throttle, a time-out, a lost connection."""


class WindowTaken(TransientError):
    """Another run owns the window until it is done or its lease expires."""


class TerminalError(EtlError):
    """Repeating the call cannot help: somebody has to change something first."""


class InputError(TerminalError):
    """The event, the window or a setting that came in is wrong."""


class ContractError(TerminalError):
    """A contract file is not one that this project can read."""


class SourceError(TerminalError):
    """A source database is not what the contract says: a column is missing, or of another type."""


class ToleranceExceeded(TerminalError):
    """More rows were rejected than the contract tolerates; nothing was published."""


class QualityError(TerminalError):
    """The data breaks a rule that must hold; nothing was published."""


class StagingError(TerminalError):
    """A staging object is missing, truncated or not what its reference says."""


class AccessDenied(TerminalError):
    """The caller's role may not do this."""


class NotFound(TerminalError):
    """A table, a bucket or an object does not exist."""


def family_of(error: EtlError) -> TransientError | TerminalError:
    """Return the error as exactly its family, the name that a state machine's Retry and Catch match.

    The message keeps the name of the class that was raised.
    """
    family = TransientError if isinstance(error, TransientError) else TerminalError
    if type(error) is family:
        return family(str(error))
    return family(f"{type(error).__name__}: {error}")
