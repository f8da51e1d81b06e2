"""The DuckDB connection that a worker thread has to itself."""

import duckdb


class Engine:
    """One connection with one thread."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})
        # Instants come out in UTC, on whatever machine.
        self.connection.execute("SET TimeZone = 'UTC'")

    def close(self) -> None:
        self.connection.close()
