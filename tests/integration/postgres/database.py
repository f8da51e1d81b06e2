"""What tests of the extraction share: tables, contracts, and all that an export of one gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from etl.contracts.model import Contract, Field
from etl.contracts.types import Type
from etl.extract.postgres import RejectedRow, Snapshot, Source


@dataclass(frozen=True)
class Database:
    """A schema `own`."""

    address: str
    connection: psycopg.Connection[Any]

    def table(self, columns: str, *rows: Iterable[object], name: str = "things") -> None:
        """Create a table with rows of Python's values or, in one text each, of SQL."""
        self.connection.execute(f"CREATE TABLE own.{name} ({columns})")
        for row in rows:
            self.add(row, name=name)

    def add(self, row: Iterable[object], *, name: str = "things") -> None:
        if isinstance(row, str):
            self.run(f"INSERT INTO own.{name} VALUES ({row})")  # noqa: S608 -- our own
            return
        values = list(row)
        places = ", ".join(["%s"] * len(values))
        self.connection.execute(f"INSERT INTO own.{name} VALUES ({places})", values)  # noqa: S608 -- our own

    def run(self, sql: str) -> None:
        self.connection.execute(sql)


@dataclass(frozen=True)
class Found:
    """All of a chunk."""

    rows: list[dict[str, Any]]
    rejects: list[RejectedRow]
    batches: int

    @property
    def reasons(self) -> list[list[tuple[str, str]]]:
        """Code and field of what each rejected row breaks."""
        return [[(problem.code, problem.field) for problem in one.problems] for one in self.rejects]


def contract(*fields: Field, table: str = "own.things", **options: Any) -> Contract:
    """A contract over a table of the test's."""
    return Contract(id="things", version="1.0.0", dataset="things", table=table, fields=fields, **options)


def of_type(type_: Type, **rules: Any) -> Contract:
    """A contract of one field, `value`."""
    return contract(Field(name="value", type=type_, **rules))


def read(snapshot: Snapshot, wanted: Contract, day: date | None = None, batch_rows: int = 10_000) -> Found:
    rows, rejects, batches = [], [], 0
    for part in snapshot.read(wanted, day, batch_rows=batch_rows):
        rows += part.rows.to_pylist()
        rejects += part.rejects
        batches += 1
    return Found(rows, rejects, batches)


def read_whole(source: Source, wanted: Contract, day: date | None = None, batch_rows: int = 10_000) -> Found:
    """Read a chunk in a snapshot of its own; every row is good or a reject."""
    with source.snapshot() as snapshot:
        found = read(snapshot, wanted, day, batch_rows)
        assert len(found.rows) + len(found.rejects) == snapshot.fingerprint(wanted, day).rows
        return found
