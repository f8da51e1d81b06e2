"""Translate the driver's errors: each names the database, the cause and the next step."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import adbc_driver_manager as adbc
import pyarrow as pa

from etl.errors import AccessDenied, EtlError, NotFound, SourceError, TerminalError, TransientError

_TLS, _UNKNOWN = "tls", "unknown"
# Keyed by the classes and codes of "Appendix A. PostgreSQL Error Codes"; the first match counts.
_NEXT_STEPS: Final[Sequence[tuple[tuple[str, ...], type[EtlError], str]]] = (
    (
        ("57014",),
        TransientError,
        "If the statement time-out ends every attempt, index the filtered column, or raise Timeouts.statement",
    ),
    (("55P03",), TransientError, "Another session holds a lock on the table: the next attempt may find it free"),
    (
        (_TLS,),
        AccessDenied,
        "The server's certificate was not accepted: put its authority into the connection secret as sslrootcert",
    ),
    (
        ("42501",),
        AccessDenied,
        "Correct the secret's user, or grant the role SELECT or what else it needs; where policies hide rows BYPASSRLS",
    ),
    (("28",), AccessDenied, "Correct user and password in the connection secret, or grant the role CONNECT"),
    (("3D000", "3F000", "42P01"), NotFound, "Correct the name in the contract or the connection secret"),
    (("42703", "42883"), SourceError, "The table has changed: correct the contract"),
    (
        ("08", "25", "40", "53", "55", "57", "58", "72", "XX", _UNKNOWN),
        TransientError,
        "The next attempt starts over",
    ),
)
_STATE: Final = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")
# Before the connection stands, there is no code, only the words of libpq and the server.
_WORDS: Final = (
    (re.compile("authentication failed|no pg_hba.conf entry|role .* does not exist|permission denied"), "28000"),
    (re.compile("database .* does not exist"), "3D000"),
    # A server that stops, or fails over, during a TLS exchange.
    (re.compile("unexpected eof|SSL SYSCALL error|SSL connection has been closed"), "08006"),
    (re.compile("certificate|SSL|TLS"), _TLS),
    (re.compile("statement timeout"), "57014"),
    (re.compile("lock timeout"), "55P03"),
)
_QUERY: Final = re.compile(r"\s*Query was: .*", re.DOTALL)


@contextmanager
def translate_database_errors(thing: str, secret: str | None = None) -> Iterator[None]:
    """Translate the driver's exceptions raised in this block into `EtlError`s that name `thing`.

    `thing` is such as `database tokyo_ia at example.org:5432, table workflows`. Messages never contain `secret`.

    Raises
    ------
    TransientError
        The connection is lost or refused, a time-out, a deadlock, a server that shuts down or is full.
    AccessDenied, NotFound, SourceError, TerminalError
        The cause, with the next step.
    """
    try:
        yield
    # While a stream is read, the driver raises some errors as Arrow's.
    except (adbc.Error, pa.ArrowException, OSError) as error:
        raise _failure(thing, error, secret) from None


def _failure(thing: str, error: Exception, secret: str | None) -> EtlError:
    text = str(error)
    if secret:
        text = text.replace(secret, "***")
    state = _state_of(error, text)
    message = f"{thing}: {' '.join(_QUERY.sub('', text).split())}"
    for matches, family, next_step in _NEXT_STEPS:
        if state.startswith(matches):
            return family(f"{message}. {next_step}")
    return TerminalError(f"{message}. SQLSTATE {state}")


def _state_of(error: Exception, text: str) -> str:
    if state := getattr(error, "sqlstate", None):
        return str(state)
    if match := _STATE.search(text):
        return match[1]
    return next((state for pattern, state in _WORDS if pattern.search(text)), _UNKNOWN)
