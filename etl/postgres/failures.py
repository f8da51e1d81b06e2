"""What the driver says when it fails, as errors of the tree: with the database, the cause and the next step."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import adbc_driver_manager as adbc
import pyarrow as pa

from etl.errors import AccessDenied, EtlError, NotFound, SourceError, TerminalError, TransientError

_TLS, _UNKNOWN = "tls", "unknown"
# By the classes and codes of "Appendix A. PostgreSQL Error Codes"; the first that matches counts.
_NEXT_STEPS: Final[Sequence[tuple[tuple[str, ...], type[EtlError], str]]] = (
    (
        ("57014",),
        TransientError,
        "Where the statement time-out ends it each time, index the window column, or raise Timeouts.statement",
    ),
    (("55P03",), TransientError, "Somebody holds a lock on the table: the next attempt may find it free"),
    (
        (_TLS,),
        AccessDenied,
        "The server's certificate was not accepted: give its authority's as sslrootcert in the connection secret",
    ),
    (
        ("42501",),
        AccessDenied,
        "Correct the user in the connection secret, or grant the role SELECT and, where policies hide rows, BYPASSRLS",
    ),
    (("28",), AccessDenied, "Correct user and password in the connection secret, or grant the role SELECT"),
    (("3D000", "3F000", "42P01"), NotFound, "Correct the name in the contract or the connection secret"),
    (("42703", "42883"), SourceError, "The table changed meanwhile: correct the contract"),
    (
        ("08", "25", "40", "53", "55", "57", "58", "72", "XX", _UNKNOWN),
        TransientError,
        "The next attempt reads everything again",
    ),
)
_STATE: Final = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")
# Before a connection stands there is no code, only what libpq and the server say.
_SAID: Final = (
    (re.compile("authentication failed|no pg_hba.conf entry|role .* does not exist|permission denied"), "28000"),
    (re.compile("database .* does not exist"), "3D000"),
    # A server that ends, or is failed over, while TLS is spoken.
    (re.compile("unexpected eof|SSL SYSCALL error|SSL connection has been closed"), "08006"),
    (re.compile("certificate|SSL|TLS"), _TLS),
    (re.compile("statement timeout"), "57014"),
    (re.compile("lock timeout"), "55P03"),
)
_QUERY: Final = re.compile(r"\s*Query was: .*", re.DOTALL)


@contextmanager
def translate_database_errors(thing: str, secret: str | None = None) -> Iterator[None]:
    """Raise what the driver raises inside as an error of the tree that names `thing`.

    Parameters
    ----------
    thing
        Such as `database tokyo_ia at example.org:5432, table workflows`.
    secret
        The password, which no message may hold.

    Raises
    ------
    TransientError
        The connection is lost or refused, a time-out, a deadlock, a server that shuts down or has no room.
    AccessDenied, NotFound, SourceError, TerminalError
        The cause, with the next step.
    """
    try:
        yield
    # The driver raises some errors of a stream as Arrow's own.
    except (adbc.Error, pa.ArrowException, OSError) as error:
        raise _failure(thing, error, secret) from None


def _failure(thing: str, error: Exception, secret: str | None) -> EtlError:
    text = str(error)
    if secret:
        text = text.replace(secret, "***")
    state = _state_of(error, text)
    said = f"{thing}: {' '.join(_QUERY.sub('', text).split())}"
    for matches, family, next_step in _NEXT_STEPS:
        if state.startswith(matches):
            return family(f"{said}. {next_step}")
    return TerminalError(f"{said}. SQLSTATE {state}")


def _state_of(error: Exception, text: str) -> str:
    if found := getattr(error, "sqlstate", None):
        return str(found)
    if found := _STATE.search(text):
        return found[1]
    return next((state for pattern, state in _SAID if pattern.search(text)), _UNKNOWN)
