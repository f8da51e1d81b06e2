"""How a database is reached: from its secret to what libpq is told, with TLS verified."""

import ipaddress
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from etl.errors import InputError

CA_BUNDLE: Final = Path(__file__).with_name("rds_ca.pem")
"""The certificate authorities of Amazon RDS."""

_VERIFIED: Final = "verify-full"
# Source: libpq's documentation, "Database Connection Control Functions", sslmode.
_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", _VERIFIED)
# What RDS writes into the secrets that it manages, and nobody needs here.
_OF_RDS: Final = frozenset({"dbClusterIdentifier", "dbInstanceIdentifier", "engine", "masterarn"})
_KNOWN: Final = frozenset(
    {"host", "port", "dbname", "username", "password", "sslmode", "sslrootcert", "iam", "reader_host"}
)
_DEFAULT_PORT: Final = 5432
_PORTS: Final = range(1, 1 << 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long anything may take, in seconds."""

    connect: int = 10
    statement: int = 840
    """One statement: the export of a whole chunk is one. A function's 15 minutes, less the time to report."""
    lock: int = 10
    silence: int = 30
    """Of the network, until a connection counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """Where a database is and who asks."""

    host: str
    """A name or an address, the reader's where there is one; a folder is that of a unix socket."""
    port: int
    database: str
    user: str
    password: str | None = field(default=None, repr=False)
    sslmode: str
    ca: str | None = field(default=None, repr=False)
    """Certificates of authorities as PEM; None for those of Amazon RDS."""
    iam: bool = False
    """Whether a token of IAM stands for the password."""

    @property
    def name(self) -> str:
        """What messages call the database."""
        return f"database {self.database} at {self.host}:{self.port}"


def connection_settings(secret: Mapping[str, object]) -> ConnectionSettings:
    """Read the secret of a connection.

    Parameters
    ----------
    secret
        `host`, `port`, `dbname`, `username` and `password` as in the secrets of RDS, and beside them: `sslmode`
        (`verify-full` unless the host is this machine), `sslrootcert` (PEM text; the authorities of Amazon RDS unless
        given), `iam` (true: a token instead of a password), `reader_host` (read from there). None is as good as absent.

    Returns
    -------
    ConnectionSettings

    Raises
    ------
    InputError
        A key is missing, unknown or of the wrong kind, or a host other than this machine would not be verified.
    """
    given = {key: value for key, value in secret.items() if value is not None}
    if unknown := sorted(set(given) - _KNOWN - _OF_RDS):
        raise InputError(f"the connection secret has the unknown key {unknown[0]!r}: known are {', '.join(_KNOWN)}")
    iam = given.get("iam", False)
    if not isinstance(iam, bool):
        raise InputError("the connection secret's iam is neither true nor false: write one of them")
    host = _host(given)
    return ConnectionSettings(
        host=host,
        port=_port(given.get("port", _DEFAULT_PORT)),
        database=_text(given, "dbname"),
        user=_text(given, "username"),
        password=None if iam else _text(given, "password", empty=True),
        sslmode=_sslmode(host, given.get("sslmode"), iam=iam),
        ca=_text(given, "sslrootcert") if "sslrootcert" in given else None,
        iam=iam,
    )


@contextmanager
def conninfo(settings: ConnectionSettings, timeouts: Timeouts, *, password: str | None) -> Iterator[str]:
    """Say what libpq is told; good until the end of the `with`.

    Parameters
    ----------
    settings, timeouts
        Of the connection.
    password
        Or the token that stands for it.

    Yields
    ------
    str
        Of keywords and values, the password among them.
    """
    with _authorities(settings.ca) as ca:
        said = {
            "host": settings.host,
            "port": str(settings.port),
            "dbname": settings.database,
            "user": settings.user,
            "password": password or "",
            "sslmode": settings.sslmode,
            "sslrootcert": str(ca),
            "gssencmode": "disable",
            "application_name": "etl lake_export",
            "client_encoding": "UTF8",
            "connect_timeout": str(timeouts.connect),
            "keepalives_idle": str(timeouts.silence),
            "tcp_user_timeout": str(timeouts.silence * 1000),
        }
        yield " ".join(f"{key}={_quoted(value)}" for key, value in said.items())


def is_this_machine(host: str) -> bool:
    """Tell whether a host is a loopback address or the folder of a unix socket."""
    if host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sslmode(host: str, given: object, *, iam: bool) -> str:
    if given is None:
        return "prefer" if is_this_machine(host) and not iam else _VERIFIED
    if given not in _MODES:
        raise InputError(f"the connection secret's sslmode {given!r} is none: leave it out, or write {_VERIFIED}")
    if given != _VERIFIED and (iam or not is_this_machine(host)):
        raise InputError(
            f"the connection secret asks for sslmode {given!r}, which does not verify that {host} is the database it"
            f" claims to be: leave sslmode out, and give the authority's certificate as sslrootcert where it is not"
            " Amazon's"
        )
    return str(given)


def _host(given: Mapping[str, object]) -> str:
    key = "reader_host" if "reader_host" in given else "host"
    host = _text(given, key)
    if "," in host:
        # libpq would try one after the other, and each would be verified, or not, as the first.
        raise InputError(f"the connection secret's {key} {host!r} names several hosts: write the one to read from")
    return host


def _text(given: Mapping[str, object], key: str, *, empty: bool = False) -> str:
    value = given.get(key)
    if not isinstance(value, str) or "\0" in value or not (value or empty):
        raise InputError(f"the connection secret has no text {key!r}: write host, port, dbname, username and password")
    return value


def _port(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value not in _PORTS:
        raise InputError(f"the connection secret's port {value!r} is none: write one such as {_DEFAULT_PORT}")
    return value


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextmanager
def _authorities(given: str | None) -> Iterator[Path]:
    """Yield the file with the certificate authorities, which libpq reads while it connects."""
    if given is None:
        yield CA_BUNDLE
        return
    with tempfile.TemporaryDirectory(prefix="ca-") as folder:
        path = Path(folder) / "ca.pem"
        path.write_text(given, encoding="utf-8")
        yield path
