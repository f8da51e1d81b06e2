"""The driver behind four calls: a statement without an answer, a small answer, a stream, and the end."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any, Final

import adbc_driver_manager as adbc
import adbc_driver_postgresql as driver  # type: ignore[import-untyped]  # it has no types
import pyarrow as pa

from etl.postgres.failures import translate_database_errors

# Larger batches are no faster, and what the driver holds at a time is a multiple of them.
_BATCH_BYTES: Final = 2048 * 1024
_BATCH_OPTION: Final = driver.StatementOptions.BATCH_SIZE_HINT_BYTES.value


class Client:
    """One connection; its errors name the database and never hold the password."""

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
        """Run a statement that answers nothing; `about` is what messages name beside the database."""
        with self._naming(about), adbc.AdbcStatement(self._connection) as statement:
            statement.set_sql_query(sql)
            statement.execute_update()

    def rows(self, sql: str, about: str = "") -> list[dict[str, Any]]:
        """Return the rows of a small answer."""
        return [row for batch in self.stream(sql, about) for row in batch.to_pylist()]

    def stream(self, sql: str, about: str = "") -> Iterator[pa.RecordBatch]:
        """Yield the batches of an answer as they come; who stops early ends the statement.

        Parameters
        ----------
        sql
            A query.
        about
            What messages name beside the database.

        Yields
        ------
        pyarrow.RecordBatch
            Of about two megabytes, typed as the driver types them.

        Raises
        ------
        EtlError
            As `translate_database_errors` has it.
        """
        with self._naming(about), adbc.AdbcStatement(self._connection) as statement:
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
                        # Without it the next statement would wait until the server has sent all the rest.
                        with suppress(adbc.Error):
                            statement.cancel()

    def _naming(self, about: str) -> AbstractContextManager[None]:
        return translate_database_errors(f"{self.name}, {about}" if about else self.name, self._password)

    def close(self) -> None:
        """Close the connection; what cannot be closed any more is gone already."""
        for one in (self._connection, self._database):
            with suppress(adbc.Error):
                one.close()
