"""Connection settings: from a secret to libpq's connection string, with TLS verified."""

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
# Keys that RDS adds to the secrets it manages; nothing here needs them.
_IGNORED: Final = frozenset({"dbClusterIdentifier", "dbInstanceIdentifier", "engine", "masterarn"})
_KNOWN: Final = frozenset(
    {"host", "port", "dbname", "username", "password", "sslmode", "sslrootcert", "iam", "reader_host"}
)
_DEFAULT_PORT: Final = 5432
_PORTS: Final = range(1, 1 << 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a connection waits, in seconds."""

    connect: int = 10
    statement: int = 840
    """The longest that one statement may run: the 15 minutes of a function, less the time to report."""
    lock: int = 10
    silence: int = 30
    """How long the network may be silent before the connection counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """Where a database is, and who connects."""

    host: str
    """A name or an address, or the folder of a unix socket."""
    port: int
    database: str
    user: str
    password: str | None = field(default=None, repr=False)
    sslmode: str
    ca: str | None = field(default=None, repr=False)
    """Certificate authorities as PEM; None means those of Amazon RDS."""
    iam: bool = False
    """Whether a token of IAM replaces the password."""

    @property
    def name(self) -> str:
        """The database as messages name it."""
        return f"database {self.database} at {self.host}:{self.port}"


def connection_settings(secret: Mapping[str, object], *, writes: bool = False) -> ConnectionSettings:
    """Read a connection secret; `writes` says that the connection will write, which `reader_host` cannot serve.

    It holds `host`, `port`, `dbname`, `username` and `password`, as the secrets of RDS do. Optional keys are `sslmode`
    (by default `verify-full`, or `prefer` for this machine), `sslrootcert` (PEM text; by default the authorities of
    Amazon RDS), `iam` (true: a token instead of a password) and `reader_host` (what only reads connects to it).
    A null counts as absent.

    Raises InputError: a key is missing, unknown or of the wrong kind, or a host other than this machine would not be
    verified.
    """
    given = {key: value for key, value in secret.items() if value is not None}
    if unknown := sorted(set(given) - _KNOWN - _IGNORED):
        raise InputError(f"the connection secret has the unknown key {unknown[0]!r}: known are {', '.join(_KNOWN)}")
    iam = given.get("iam", False)
    if not isinstance(iam, bool):
        raise InputError("the connection secret's iam must be true or false")
    host = _host(given, writes=writes)
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
def conninfo(
    settings: ConnectionSettings, timeouts: Timeouts, *, password: str | None, application: str = "etl"
) -> Iterator[str]:
    """Yield libpq's connection string, with the password or the token; it is valid until the end of the `with`."""
    with _authorities(settings.ca) as ca:
        parameters = {
            "host": settings.host,
            "port": str(settings.port),
            "dbname": settings.database,
            "user": settings.user,
            "password": password or "",
            "sslmode": settings.sslmode,
            "sslrootcert": str(ca),
            "gssencmode": "disable",
            "application_name": application,
            "client_encoding": "UTF8",
            "connect_timeout": str(timeouts.connect),
            "keepalives_idle": str(timeouts.silence),
            "tcp_user_timeout": str(timeouts.silence * 1000),
        }
        yield " ".join(f"{key}={_quoted(value)}" for key, value in parameters.items())


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
        raise InputError(f"the connection secret's sslmode {given!r} is unknown: leave it out, or write {_VERIFIED}")
    if given != _VERIFIED and (iam or not is_this_machine(host)):
        raise InputError(
            f"the connection secret asks for sslmode {given!r}, which does not verify that {host} is the right server:"
            " leave sslmode out; if its certificate authority is not Amazon's, add the authority as sslrootcert"
        )
    return str(given)


def _host(given: Mapping[str, object], *, writes: bool) -> str:
    key = "reader_host" if "reader_host" in given and not writes else "host"
    host = _text(given, key)
    if "," in host:
        # libpq tries one after the other, and would verify each, or not, by the rule for the first.
        raise InputError(f"the connection secret's {key} {host!r} names several hosts: write one")
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
        raise InputError(f"the connection secret's port {value!r} is invalid: write one such as {_DEFAULT_PORT}")
    return value


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextmanager
def _authorities(given: str | None) -> Iterator[Path]:
    """Yield the file of certificate authorities; libpq reads it while it connects."""
    if given is None:
        yield CA_BUNDLE
        return
    with tempfile.TemporaryDirectory(prefix="ca-") as folder:
        path = Path(folder) / "ca.pem"
        path.write_text(given, encoding="utf-8")
        yield path
