"""The audit of a chunk: compares the file that is about to be published with the source and the contract."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etl.contracts import Contract
from etl.errors import QualityError, StagingError
from etl.lake.layout import of_source
from etl.quality.duckdb_engine import check
from etl.quality.scorecard import Rejects, Scorecard, Verdict, rule_of_problem
from etl.runs.records import Counts, audit
from etl.values.records import Problem
from etl.windows import Window


class RejectedRows:
    """Counts the rejected rows of a chunk by reason and by rule."""

    def __init__(self) -> None:
        self.rows = 0
        self.reasons: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()

    def add(self, problems: Sequence[Problem]) -> None:
        """Count one row; a reason or rule that it breaks several times counts once."""
        self.rows += 1
        self.reasons.update({problem.code for problem in problems})
        self.rules.update({rule_of_problem(problem) for problem in problems})


def audit_file(
    name: str, file: Path, schema: pa.Schema, contract: Contract, *, rows: int, rejected: RejectedRows, rejects: str
) -> None:
    """Reopen a closed Parquet file and compare it with the snapshot's count of rows, the schema and the tolerance.

    StagingError when a row is neither in the file nor among the rejects, or the schema differs; ToleranceExceeded when
    too many rows were rejected. `name` is the chunk and `rejects` the place of its rejects, for messages.
    """
    with pq.ParquetFile(file) as reopened:
        written, found = reopened.metadata.num_rows, reopened.schema_arrow
    if written + rejected.rows != rows:
        raise StagingError(
            f"{name}: the snapshot has {rows} rows, the file {written} and the rejects {rejected.rows}: nothing was"
            " published, since rows would be lost or doubled. Report it"
        )
    if not found.equals(schema):
        raise StagingError(
            f"{name}: the file's schema is not the contract's ({found.to_string(show_field_metadata=False)}): nothing"
            " was published. Report it"
        )
    audit(contract, Counts(rows, written, rejected.rows, dict(sorted(rejected.reasons.items()))), rejects)


def scorecard_of(
    file: Path, contract: Contract, window: Window, *, run: str, rejected: RejectedRows, history: Sequence[int]
) -> Scorecard:
    """Evaluate every rule of the contract over a Parquet file; rules on columns that the path says are left out.

    What exceeds the memory limit spills beside the file. `history` has the row counts of earlier runs, oldest first.
    """
    return check(
        [file],
        of_source(contract),
        window=window,
        history=history,
        rejects=Rejects(rows=rejected.rows, failed=rejected.rules),
        run=run,
        temp_directory=file.parent,
    )


def require_passed(name: str, card: Scorecard, place: str) -> None:
    """Raise QualityError, with every rule and threshold that failed, unless the scorecard of a chunk has passed."""
    if failed := list(_failures(card)):
        raise QualityError(
            f"{name} breaks {'; '.join(failed)}; nothing was published. See {place}, mend the rows in the source or"
            " the contract, and run the day again"
        )


def _failures(card: Scorecard) -> Iterator[str]:
    for rule in card.rules:
        if rule.verdict is Verdict.FAILED:
            yield f"{rule.rule} ({rule.description}: {rule.failed:,} of {rule.checked:,})"
    for dimension in card.dimensions:
        if dimension.verdict is Verdict.FAILED:
            yield f"the threshold of {dimension.dimension} ({dimension.score} where {dimension.threshold} is asked)"
