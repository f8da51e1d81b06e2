"""The connection to a source database, with the settings of its session fixed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self

from etl.contracts.model import Contract
from etl.errors import EtlError, InputError, SourceError
from etl.extract.postgres.catalog import Drift, table_of
from etl.extract.postgres.snapshot import Snapshot
from etl.postgres.client import Client
from etl.postgres.names import literal
from etl.postgres.settings import ConnectionSettings, Timeouts, conninfo

# `date_bin` and `hash_record_extended` came with it. Source: release notes of PostgreSQL 14.
_OLDEST: Final = 14_00_00


def connect(
    settings: ConnectionSettings, *, iam_token: str | None = None, timeouts: Timeouts | None = None
) -> "Source":
    """Connect to a database.

    Parameters
    ----------
    settings
        Where it is and who asks.
    iam_token
        What RDS's `generate_db_auth_token` gave, where the settings say `iam`.
    timeouts
        The usual ones unless given.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        The settings say `iam`, and there is no token.
    AccessDenied
        User or password are wrong, or the server is not the one that it claims to be.
    NotFound
        There is no such database.
    SourceError
        The server is older than PostgreSQL 14.
    TransientError
        The server cannot be reached.
    """
    if settings.iam and not iam_token:
        raise InputError(f"{settings.name} is reached by IAM, which takes a token: make one, and give it as iam_token")
    password, within = iam_token if settings.iam else settings.password, timeouts or Timeouts()
    with conninfo(settings, within, password=password) as address:
        client = Client(settings.name, address, password)
    try:
        return Source(client, within)
    except BaseException:
        client.close()
        raise


class Source:
    """A connection to a database; closed at the end of a `with`."""

    def __init__(self, client: Client, timeouts: Timeouts) -> None:
        self._client = client
        [row] = client.rows(
            "SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num') AS version"
        )
        if int(row["version"]) < _OLDEST:
            raise SourceError(
                f"{client.name} runs version {row['version']} of PostgreSQL, and what is asked of it needs 14 at least:"
                " upgrade the server, or read from another one"
            )
        settings = ", ".join(f"set_config('{name}', {literal(to)}, false)" for name, to in _session(timeouts).items())
        client.rows(f"SELECT {settings}")
        self._is_utf8 = row["encoding"] != "SQL_ASCII"
        if not self._is_utf8:
            # As they are: the server would stop at the first bytes that are no text.
            client.rows("SELECT set_config('client_encoding', 'SQL_ASCII', false)")

    def alive(self) -> bool:
        """Tell whether the connection still works."""
        with suppress(EtlError):
            return bool(self._client.rows("SELECT 1 AS one"))
        return False

    def compare(self, contract: Contract) -> Drift:
        """Hold a table against its contract.

        Parameters
        ----------
        contract
            Of the table.

        Returns
        -------
        Drift
            What differs without harm.

        Raises
        ------
        NotFound
            There is no such table.
        SourceError
            Columns are missing, or of another type; the message names all of them.
        EtlError
            The catalog cannot be read.
        """
        return table_of(self._client, contract).drift

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open a snapshot, which stays what it was when it was first asked until the end of the `with`.

        Yields
        ------
        Snapshot
            Its transaction begins when a table is first asked about.
        """
        try:
            yield Snapshot(self._client, is_utf8=self._is_utf8)
        finally:
            # There is nothing to lose; where the connection is gone, what happened before is the error to end with.
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
    """Return the settings that what PostgreSQL writes depends on, and how long it may take."""
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
        # Equal rows come in the order of the table, from its beginning.
        "synchronize_seqscans": "off",
        "statement_timeout": f"{timeouts.statement}s",
        "lock_timeout": f"{timeouts.lock}s",
        # A function that was stopped in the middle would keep the server from cleaning up.
        "idle_in_transaction_session_timeout": f"{timeouts.statement}s",
    }
