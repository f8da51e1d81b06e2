"""The connection to a source database, with fixed session settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

from etl.contracts.model import Contract
from etl.errors import EtlError, SourceError
from etl.extract.postgres.catalog import Drift, table_of
from etl.extract.postgres.snapshot import Snapshot
from etl.postgres.client import Client, open_client
from etl.postgres.credentials import DatabaseSettings, iam_token
from etl.postgres.names import literal
from etl.postgres.settings import ConnectionSettings, Timeouts, connection_settings

# The first version with `date_bin` and `hash_record_extended`. Source: release notes of PostgreSQL 14.
_OLDEST: Final = 14_00_00

_open: dict[DatabaseSettings, "Source"] = {}


def open_source(settings: DatabaseSettings, client: Callable[[str], Any], *, application: str = "etl") -> "Source":
    """Return a connection that works: the one that this process keeps between warm invocations, or a new one.

    `client` returns boto3's client of a service: Secrets Manager, and RDS, which makes the tokens of IAM. InputError
    when the settings or the secret lack something; otherwise fails as `connect` does.
    """
    kept = _open.pop(settings, None)
    if kept is not None:
        if kept.alive():
            _open[settings] = kept
            return kept
        kept.close()
    # Credentials are read again for every connection: a secret may have been rotated.
    wanted = connection_settings(settings.credentials(client))
    token = iam_token(wanted, client) if wanted.iam else None
    opened = _open[settings] = connect(wanted, iam_token=token, application=application)
    return opened


def connect(
    settings: ConnectionSettings,
    *,
    iam_token: str | None = None,
    timeouts: Timeouts | None = None,
    application: str = "etl",
) -> "Source":
    """Connect to a database as `open_client` does; SourceError when the server is older than PostgreSQL 14."""
    timeouts = timeouts or Timeouts()
    client = open_client(settings, timeouts, iam_token=iam_token, application=application)
    try:
        return Source(client, timeouts)
    except BaseException:
        client.close()
        raise


class Source:
    """A connection to a source database; closed at the end of a `with`."""

    def __init__(self, client: Client, timeouts: Timeouts) -> None:
        self._client = client
        [row] = client.rows(
            "SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num') AS version"
        )
        if int(row["version"]) < _OLDEST:
            raise SourceError(
                f"{client.name} runs version {row['version']} of PostgreSQL, but the extraction needs 14 or newer:"
                " upgrade the server, or read from another one"
            )
        settings = ", ".join(f"set_config('{name}', {literal(to)}, false)" for name, to in _session(timeouts).items())
        client.rows(f"SELECT {settings}")
        self._is_utf8 = row["encoding"] != "SQL_ASCII"
        if not self._is_utf8:
            # Take the bytes as they are: the server would fail at the first that are not text.
            client.rows("SELECT set_config('client_encoding', 'SQL_ASCII', false)")

    def alive(self) -> bool:
        """Tell whether the connection still works."""
        with suppress(EtlError):
            return bool(self._client.rows("SELECT 1 AS one"))
        return False

    def compare(self, contract: Contract) -> Drift:
        """Compare a table with its contract and return the harmless differences; fails as `table_of` does."""
        return table_of(self._client, contract).drift

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open a snapshot of the database; its transaction begins with the first question about a table."""
        try:
            yield Snapshot(self._client, is_utf8=self._is_utf8)
        finally:
            # The transaction only reads. When the connection is lost, the earlier error is the one to report.
            with suppress(EtlError):
                self._client.run("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _session(timeouts: Timeouts) -> dict[str, str]:
    """Return the session settings: those that PostgreSQL's text output depends on, and the time-outs."""
    return {
        "timezone": "UTC",
        "datestyle": "ISO, YMD",
        "intervalstyle": "iso_8601",
        "bytea_output": "hex",
        "extra_float_digits": "1",
        "xmloption": "content",
        "search_path": "pg_catalog",
        # Rows that a policy hides from the role are an error, not left out.
        "row_security": "off",
        # Rows with equal sort keys come in the table's own order, read from its beginning.
        "synchronize_seqscans": "off",
        "statement_timeout": f"{timeouts.statement}s",
        "lock_timeout": f"{timeouts.lock}s",
        # The open transaction of a killed function would keep the server from cleaning up.
        "idle_in_transaction_session_timeout": f"{timeouts.statement}s",
    }
