"""One connection to a database: run a statement, fetch a small answer, stream a large one, close."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any, Final

import adbc_driver_manager as adbc
import adbc_driver_postgresql as driver  # type: ignore[import-untyped]  # it has no types
import pyarrow as pa

from etl.errors import InputError
from etl.postgres.failures import translate_database_errors
from etl.postgres.settings import ConnectionSettings, Timeouts, conninfo

# Larger batches are no faster, and the driver holds a multiple of one in memory.
_BATCH_BYTES: Final = 2048 * 1024
_BATCH_OPTION: Final = driver.StatementOptions.BATCH_SIZE_HINT_BYTES.value


def open_client(
    settings: ConnectionSettings, timeouts: Timeouts, *, iam_token: str | None = None, application: str = "etl"
) -> "Client":
    """Connect to a database; the server sees the connection under the name `application`.

    Raises
    ------
    InputError
        The settings say `iam`, and there is no token.
    AccessDenied
        User or password are wrong, or the server cannot prove that it is the one asked for.
    NotFound
        There is no such database.
    TransientError
        The server cannot be reached.
    """
    if settings.iam and not iam_token:
        raise InputError(f"{settings.name} is reached by IAM, which takes a token: make one, and give it as iam_token")
    password = iam_token if settings.iam else settings.password
    with conninfo(settings, timeouts, password=password, application=application) as address:
        return Client(settings.name, address, password)


class Client:
    """One connection; its errors name the database and never contain the password."""

    def __init__(self, name: str, conninfo: str, password: str | None) -> None:
        self.name = name
        self._password = password
        with translate_database_errors(name, password):
            self._database = driver.connect(conninfo)
            try:
                self._connection = adbc.AdbcConnection(self._database)
            except BaseException:
                self._database.close()
                raise

    def run(self, sql: str, about: str = "") -> None:
        """Run a statement that has no answer; error messages name `about` beside the database."""
        with self._translated(about), adbc.AdbcStatement(self._connection) as statement:
            statement.set_sql_query(sql)
            statement.execute_update()

    def rows(self, sql: str, about: str = "") -> list[dict[str, Any]]:
        """Return the rows of a small answer."""
        return [row for batch in self.stream(sql, about) for row in batch.to_pylist()]

    def stream(self, sql: str, about: str = "") -> Iterator[pa.RecordBatch]:
        """Yield the answer in batches of about two megabytes, typed by the driver; closing early ends the statement."""
        with self._translated(about), adbc.AdbcStatement(self._connection) as statement:
            statement.set_options(**{_BATCH_OPTION: str(_BATCH_BYTES)})
            statement.set_sql_query(sql)
            handle, _ = statement.execute_query()
            with pa.RecordBatchReader.from_stream(handle) as reader:
                ended = False
                try:
                    yield from reader
                    ended = True
                finally:
                    if not ended:
                        # Otherwise the next statement waits until the server has sent the whole rest.
                        with suppress(adbc.Error):
                            statement.cancel()

    def _translated(self, about: str) -> AbstractContextManager[None]:
        return translate_database_errors(f"{self.name}, {about}" if about else self.name, self._password)

    def close(self) -> None:
        """Close the connection; a connection that is lost already is no error."""
        for handle in (self._connection, self._database):
            with suppress(adbc.Error):
                handle.close()
