"""One state of a database: counts, hashes and rows all agree, whatever others write meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pyarrow as pa

from etl.contracts.model import Contract
from etl.contracts.types import Date, Timestamp
from etl.errors import ContractError
from etl.extract.postgres.catalog import Table, table_of
from etl.extract.postgres.extracted import Extracted
from etl.postgres.client import Client
from etl.postgres.names import literal, quoted, relation

# Tables, partitioned tables and views. Source: "LOCK" of PostgreSQL's documentation; it refuses all others.
_LOCKABLE: Final = frozenset({"r", "p", "v"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identifies a set of rows: equal for equal rows in any order, different as soon as one value differs."""

    rows: int
    hash: str
    """The sum of the rows' 64-bit hashes over the columns of the contract, computed by PostgreSQL."""


class Snapshot:
    """A read-only transaction; `Source.snapshot` opens and ends it.

    It shows the database as of the first question about a table. Every table is locked against TRUNCATE and changes of
    its structure from the first question about it to the end. Days are in UTC and of the contract's window column. All
    methods raise an EtlError when the table is not what the contract says, or cannot be read.
    """

    def __init__(self, client: Client, *, is_utf8: bool) -> None:
        """`is_utf8` says that the server guarantees the encoding of its texts."""
        self._client = client
        self._is_utf8 = is_utf8
        self._tables: dict[str, Table] = {}
        self._begun = False

    def fingerprint(self, contract: Contract, day: date | None) -> Fingerprint:
        """Return the fingerprint of a day, or of the whole table for None."""
        sql = f"SELECT {self._measures(contract)} FROM {self._rows_of(contract, day, day)}"  # noqa: S608 -- quoted
        [row] = self._client.rows(sql, _about(contract))
        return Fingerprint(row["rows"], row["hash"])

    def fingerprints(self, contract: Contract, first: date, last: date) -> dict[date, Fingerprint]:
        """Return the fingerprint of every day from `first` to `last`, both included, that has rows."""
        name = _window_field(contract)
        column = quoted(name)
        # A day of UTC has 24 hours; dividing by them is cheaper than the calendar.
        day = column if isinstance(contract.field(name).type, Date) else f"date_bin('1 day', {column}, '2000-01-01')"
        sql = (
            f"SELECT ({day})::date AS day, {self._measures(contract)}"  # noqa: S608 -- quoted
            f" FROM {self._rows_of(contract, first, last)} GROUP BY {day} ORDER BY 1"
        )
        return {row["day"]: Fingerprint(row["rows"], row["hash"]) for row in self._client.rows(sql, _about(contract))}

    def unplaced(self, contract: Contract) -> int:
        """Count the rows that belong to no day: their window column is null, infinite or outside the years 1 to 9999.

        Zero for a contract without a window column.
        """
        if contract.window_column is None:
            return 0
        outside = f"{quoted(contract.window_column)} IS NULL OR NOT ({_between(contract, date.min, date.max)})"
        sql = f"SELECT count(*) AS rows FROM {self._table(contract).relation} WHERE {outside}"  # noqa: S608 -- quoted
        [row] = self._client.rows(sql, _about(contract))
        return int(row["rows"])

    def begins_with(self, contract: Contract, day: date) -> bool:
        """Tell whether a table has no row older than `day`; a null is not older, minus infinity is."""
        older = f"{quoted(_window_field(contract))} < {_midnight(contract, day)}"
        sql = f"SELECT NOT EXISTS (SELECT 1 FROM {self._table(contract).relation} WHERE {older}) AS begins"  # noqa: S608 -- quoted
        [row] = self._client.rows(sql, _about(contract))
        return bool(row["begins"])

    def read(self, contract: Contract, day: date | None, *, batch_rows: int) -> Iterator[Extracted]:
        """Yield the rows of a day, or of the whole table for None, in batches of at most `batch_rows` rows.

        Yields: rows have the types of the contract's `file_schema` without computed fields. They are sorted by the
        contract's sort columns, or else by its window column, or else by its primary key.
        """
        # Judging loads sqlglot, which a function that only fingerprints does without.
        from etl.extract.postgres.judging import Judge  # noqa: PLC0415 -- as above

        table = self._table(contract)
        readings = [table.readings[field.name] for field in contract.source_fields]
        values = [reading.value for reading in readings] + [each.beyond for each in readings if each.beyond is not None]
        # Columns are found by their places: some of the expressions have no name.
        selected = ", ".join(f"{value} AS c{place}" for place, value in enumerate(values))
        order = [table.readings[name].sorted for name in _order(contract)]
        ordered = f" ORDER BY {', '.join(order)}" if order else ""
        sql = f"SELECT {selected} FROM {self._rows_of(contract, day, day)}{ordered}"  # noqa: S608 -- quoted
        judge, first = Judge(contract, table.readings, is_utf8=self._is_utf8), 1
        for batch in _ahead(self._client.stream(sql, _about(contract))):
            for start in range(0, batch.num_rows, batch_rows):
                part = batch.slice(start, batch_rows)
                yield judge(part, first)
                first += part.num_rows

    def _table(self, contract: Contract) -> Table:
        if contract.table not in self._tables:
            self._lock(contract)
            self._tables[contract.table] = table_of(self._client, contract)
        return self._tables[contract.table]

    def _lock(self, contract: Contract) -> None:
        """Lock a table before the snapshot exists: an older one would see no rows after a TRUNCATE or a rewrite."""
        name = relation(contract.table)
        # A query inside the transaction would fix its snapshot; LOCK alone does not.
        sql = f"SELECT relkind::text AS kind FROM pg_class WHERE oid = to_regclass({literal(name)})"  # noqa: S608 -- quoted
        kinds = {row["kind"] for row in self._client.rows(sql, _about(contract))}
        if not self._begun:
            self._client.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._begun = True
        if kinds & _LOCKABLE:
            self._client.run(f"LOCK TABLE {name} IN ACCESS SHARE MODE", _about(contract))

    def _measures(self, contract: Contract) -> str:
        readings = self._table(contract).readings
        hashed = ", ".join(readings[field.name].hashed for field in contract.source_fields)
        return f"count(*) AS rows, coalesce(sum(hash_record_extended(ROW({hashed}), 0)), 0)::text AS hash"

    def _rows_of(self, contract: Contract, first: date | None, last: date | None) -> str:
        relation = self._table(contract).relation
        if first is None or last is None:
            return relation
        return f"{relation} WHERE {_between(contract, first, last)}"


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches while a thread fetches the next one: driver and Arrow work without Python's lock."""
    with ThreadPoolExecutor(1, "postgres") as thread:
        coming = thread.submit(next, batches, None)
        try:
            while (batch := coming.result()) is not None:
                coming = thread.submit(next, batches, None)
                yield batch
        finally:
            # The statement must end in the thread that runs it.
            thread.submit(batches.close).result()  # type: ignore[attr-defined]  # a generator


def _about(contract: Contract) -> str:
    return f"table {contract.table}"


def _window_field(contract: Contract) -> str:
    if contract.window_column is None:
        raise ContractError(
            f"contract {contract.id} has no windowColumn, so its rows have no day: read the whole table, or declare one"
        )
    return contract.window_column


def _between(contract: Contract, first: date, last: date) -> str:
    """Return SQL that an index serves: half-open, from midnight to midnight."""
    column = quoted(_window_field(contract))
    # The day after the last one that Python has is written by hand.
    end = last + timedelta(days=1) if last < date.max else "10000-01-01"
    return f"{column} >= {_midnight(contract, first)} AND {column} < {_midnight(contract, end)}"


def _midnight(contract: Contract, day: date | str) -> str:
    """Return SQL of the start of a day, in the window column's type."""
    match contract.field(_window_field(contract)).type:
        case Date():
            return f"date {literal(str(day))}"
        case Timestamp(zoned):
            return (
                f"timestamptz {literal(f'{day} 00:00:00+00')}" if zoned else f"timestamp {literal(f'{day} 00:00:00')}"
            )
    raise ContractError(
        f"contract {contract.id}: windowColumn {quoted(_window_field(contract))} is neither a date nor a timestamp"
    )


def _order(contract: Contract) -> tuple[str, ...]:
    if contract.layout.sort_columns:
        return contract.layout.sort_columns
    return contract.primary_key if contract.window_column is None else (contract.window_column,)
