"""The audit of a chunk: the file that is about to be published, held against the source and the contract."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etl.contracts import Contract
from etl.errors import QualityError, StagingError
from etl.pipelines.lake_export.datasets import of_source
from etl.quality.duckdb_engine import check
from etl.quality.scorecard import Rejects, Scorecard, Verdict, rule_of_problem
from etl.runs.records import Counts, audit
from etl.values.records import Problem
from etl.windows import Window


class Rejected:
    """The rows of a chunk that were rejected, counted by reason and by rule."""

    def __init__(self) -> None:
        self.rows = 0
        self.reasons: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()

    def add(self, problems: Sequence[Problem]) -> None:
        """Count one row; what it breaks several times counts once."""
        self.rows += 1
        self.reasons.update({problem.code for problem in problems})
        self.rules.update({rule_of_problem(problem) for problem in problems})


def audit_file(
    name: str, file: Path, schema: pa.Schema, contract: Contract, *, rows: int, rejected: Rejected, rejects: str
) -> None:
    """Open a file again and hold it against what the snapshot counted, the schema, and the tolerance.

    Parameters
    ----------
    name
        What messages call the chunk.
    file
        The Parquet file, closed.
    schema
        What the contract says of it.
    contract
        With the tolerance.
    rows
        What the snapshot counted.
    rejected, rejects
        What was rejected, and where it stands.

    Raises
    ------
    StagingError
        A row is neither in the file nor among the rejects, or the schema is another.
    ToleranceExceeded
        Too many were rejected.
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
    file: Path, contract: Contract, window: Window, *, run: str, rejected: Rejected, history: Sequence[int]
) -> Scorecard:
    """Evaluate every rule of the contract over a file.

    Parameters
    ----------
    file
        The Parquet file; what exceeds the memory limit is spilled beside it.
    contract
        The whole one: rules on what the pipeline computes are left out, as the path says those columns.
    window, run
        What the scorecard says about its origin.
    rejected
        What was rejected on the way.
    history
        The numbers of rows of the runs before, oldest first.

    Returns
    -------
    Scorecard
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


def hold(name: str, card: Scorecard, place: str) -> None:
    """Raise QualityError when a scorecard has failed.

    Parameters
    ----------
    name
        What messages call the chunk.
    card
        Of the chunk.
    place
        Where the scorecard stands.

    Raises
    ------
    QualityError
        With every rule and threshold that failed.
    """
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
