"""What the driver says, as errors of the tree: the family decides whether anybody tries again."""

import adbc_driver_manager as adbc
import pytest

from etl.errors import AccessDenied, EtlError, NotFound, SourceError, TerminalError, TransientError
from etl.postgres.failures import translate_database_errors

NAME = "database tokyo_ia at db.example.org:5432, table workflows"


def raised(error: Exception, secret: str | None = None) -> EtlError:
    with pytest.raises(EtlError) as caught, translate_database_errors(NAME, secret):
        raise error
    return caught.value


def with_state(state: str, text: str = "it failed") -> adbc.Error:
    return adbc.OperationalError(text, status_code=adbc.AdbcStatusCode.IO, sqlstate=state)


# "Appendix A. PostgreSQL Error Codes".
FAMILIES = {
    AccessDenied: ("28P01", "28000", "42501"),
    NotFound: ("3D000", "42P01"),
    SourceError: ("42703",),
    TransientError: ("08006", "25P03", "40001", "40P01", "53300", "55P03", "57014", "57P01", "57P03", "58030"),
    TerminalError: ("22012", "42601"),
}


@pytest.mark.parametrize(("state", "kind"), [(state, kind) for kind, states in FAMILIES.items() for state in states])
def test_a_code_has_its_family(state: str, kind: type[EtlError]) -> None:
    error = raised(with_state(state))

    assert type(error) is kind
    assert str(error).startswith(NAME)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('connection failed: FATAL:  password authentication failed for user "etl"', AccessDenied),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', AccessDenied),
        ("FATAL:  PAM authentication failed", AccessDenied),
        ('FATAL:  database "tokyo" does not exist', NotFound),
        ("SSL error: certificate verify failed", AccessDenied),
        ('server certificate for "a" does not match host name "b"', AccessDenied),
        ("SSL error: unexpected eof while reading", TransientError),
        ("SSL SYSCALL error: EOF detected", TransientError),
        ("SSL connection has been closed unexpectedly", TransientError),
        ("Connection refused", TransientError),
        ("could not translate host name", TransientError),
        ("timeout expired", TransientError),
        ("FATAL:  the database system is shutting down", TransientError),
        ("FATAL:  sorry, too many clients already", TransientError),
        ("ERROR:  canceling statement due to conflict with recovery", TransientError),
    ],
)
def test_without_a_code_the_words_decide(text: str, kind: type[EtlError]) -> None:
    assert type(raised(adbc.OperationalError(text, status_code=adbc.AdbcStatusCode.IO))) is kind


def test_a_stream_fails_with_an_error_of_arrow() -> None:
    assert (
        type(raised(OSError("[libpq] FATAL:  terminating connection due to administrator command"))) is TransientError
    )


def test_the_password_is_in_no_message() -> None:
    hidden = "hidden-7"
    assert hidden not in str(raised(OSError(f'invalid port number: "{hidden}"'), hidden))


def test_the_query_is_in_no_message() -> None:
    assert "SELECT" not in str(
        raised(with_state("22012", "division by zero\n\nQuery was: SELECT 1/0. SQLSTATE: 22012"))
    )


def test_other_errors_are_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError), translate_database_errors(NAME):
        raise ZeroDivisionError
