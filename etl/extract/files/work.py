"""What the readers of every format share: the task, a worker's engine, and the outcome of a chunk."""

import binascii
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import duckdb
import pyarrow as pa

from etl.contracts.model import Contract
from etl.errors import StagingError
from etl.extract.files.options import Limits
from etl.quality.row_rules import RowRules
from etl.runs.rejects import Reject
from etl.values.records import Problem


class Engine:
    """A DuckDB connection with one thread, for one worker thread at a time."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})
        # Instants come out in UTC on every machine.
        self.connection.execute("SET TimeZone = 'UTC'")

    def close(self) -> None:
        self.connection.close()


class Part(NamedTuple):
    """A stretch of the file: its good rows and its rejects, both in the file's order."""

    good: pa.Table
    rejects: list[Reject]


class Refused(NamedTuple):
    """A rejected record: its line, its problems, and the record as it came."""

    line: int
    problems: list[Problem]
    record: Any


class Judged(NamedTuple):
    """The outcome of a chunk. `read` was counted before any value was looked at."""

    read: int
    good: pa.Table
    refused: list[Refused]
    blank: int = 0
    """Lines found to be blank only now: `read` does not count them."""


@dataclass(slots=True)
class Summary:
    """The counts of a file: `good + rejected == read`, or the split has raised an error."""

    read: int = 0
    good: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Rejected records by reason code; a record with two codes counts for both."""
    blank_lines: int = 0
    """Lines without any character; they are not records."""
    left_out: Sequence[str] = ()
    """Columns of the file that the contract does not declare."""

    def add(self, judged: Judged) -> None:
        """Count a chunk; raise StagingError unless each of its records is either good or rejected."""
        good, rejected = judged.good.num_rows, len(judged.refused)
        if good + rejected != judged.read:
            raise StagingError(
                f"{judged.read} records were read, but {good} are good and {rejected} rejected: some would be lost or"
                " doubled. No part of this chunk was given out. Report this as a bug"
            )
        self.read += judged.read
        self.blank_lines += judged.blank
        self.good += good
        self.rejected += rejected
        for record in judged.refused:
            self.reasons.update({problem.code for problem in record.problems})


def raw_text(data: bytes) -> str | dict[str, str]:
    """Return a raw record as text without its line end, or as base64 when it is not UTF-8."""
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"$binary": binascii.b2a_base64(data, newline=False).decode()}


Work = Callable[[Engine], Judged]
"""A stretch of the file, ready to be judged on any free thread."""


@dataclass(frozen=True, slots=True)
class Task:
    """One source, read by one contract."""

    source: Path | BinaryIO
    name: str
    """The name that messages use."""
    contract: Contract
    rules: RowRules
    limits: Limits
    summary: Summary
    """Receives what the parts do not show: blank lines, and columns that are left out."""
