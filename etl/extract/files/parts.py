"""What the split gives: good rows with their rejects, and at the end the counts."""

import binascii
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from etl.errors import StagingError
from etl.runs.rejects import Reject
from etl.values.records import Problem


class Part(NamedTuple):
    """A stretch of the file: its good rows and its rejects, both in the file's order."""

    good: pa.Table
    rejects: list[Reject]


class Refused(NamedTuple):
    """A record that is not good: where it stands, why not, and as it came."""

    line: int
    problems: list[Problem]
    record: Any


class Judged(NamedTuple):
    """What became of a chunk; `read` was counted before anybody looked at the records' values."""

    read: int
    good: pa.Table
    refused: list[Refused]
    blank: int = 0
    """Lines that turned out to be blank only then, and are none of those read."""


@dataclass(slots=True)
class Summary:
    """The counts of a file; `good + rejected == read`, or the split has raised."""

    read: int = 0
    good: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Rejected records by reason code; one with two codes counts for both."""
    blank_lines: int = 0
    """Lines without any character, which are no records."""
    left_out: Sequence[str] = ()
    """Columns of the file that the contract does not declare."""

    def add(self, judged: Judged) -> None:
        """Count a chunk; StagingError when a record is neither good nor rejected, or both."""
        good, rejected = judged.good.num_rows, len(judged.refused)
        if good + rejected != judged.read:
            raise StagingError(
                f"{judged.read} records were read, but {good} are good and {rejected} rejected: some would be lost or"
                " doubled. Nothing of this chunk was given out; report it"
            )
        self.read += judged.read
        self.blank_lines += judged.blank
        self.good += good
        self.rejected += rejected
        for one in judged.refused:
            self.reasons.update({problem.code for problem in one.problems})


def raw_text(data: bytes) -> str | dict[str, str]:
    """Return a raw record as text without its line end, or as base64 when it is no UTF-8."""
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"$binary": binascii.b2a_base64(data, newline=False).decode()}
