"""What the reader of every format is given."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from etl.contracts.model import Contract
from etl.extract.files.engine import Engine
from etl.extract.files.options import Limits
from etl.extract.files.parts import Judged, Summary
from etl.quality.row_rules import RowRules

Work = Callable[[Engine], Judged]
"""A stretch of the file that is ready to be judged, on whatever thread is free."""


@dataclass(frozen=True, slots=True)
class Task:
    """A source on its way through a contract."""

    source: Path | BinaryIO
    name: str
    """What messages call it."""
    contract: Contract
    rules: RowRules
    limits: Limits
    summary: Summary
    """Learns what nobody can see from the parts: blank lines, and columns that are left out."""
