"""What an export will take, from what earlier ones took: an estimate, never a promise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import linear_regression

from etl.runs.ledger import ChunkRecord
from etl.staging import PART_BYTES
from serverless_app.prices import PRICES, Prices

ENOUGH_ROWS = 100_000
"""Below so many rows exported, what they took says more about start-up than about rows: defaults apply."""

PLAN_SECONDS = 10
"""Of a run, before its first and after its last chunk: plans, catalog and validation. Assumed."""

_GIGABYTE = 10**9
_MEMORY_GIGABYTE_MB = 1024
_PUTS = 4
"""Of a chunk beside its parts: the upload's start and end, the rejects, the scorecard."""
_LEDGER_WRITES = 4
"""Of a chunk: claimed and finished, an item of up to 2 KB each."""
_STATES_OF_A_RUN = 16
"""Of a run, beside its datasets and chunks."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a dataset is exported."""

    bytes_per_row: float
    rows_per_second: float
    seconds_per_chunk: float
    """Beside the rows: connection, fingerprint, audit, publication."""
    rows_known: int
    """The rows that this is known from; 0 when it is assumed."""


ASSUMED = Pace(bytes_per_row=120, rows_per_second=200_000, seconds_per_chunk=2, rows_known=0)
"""For a dataset of which too little was exported."""


@dataclass(frozen=True, slots=True)
class Work:
    """The chunks of one dataset in one run, by their numbers of rows."""

    dataset: str
    rows: tuple[int, ...]
    pace: Pace

    @property
    def bytes(self) -> int:
        """What they will have in the lake."""
        return round(sum(self.rows) * self.pace.bytes_per_row)

    @property
    def seconds(self) -> list[float]:
        """How long each of them takes."""
        return [self.pace.seconds_per_chunk + rows / self.pace.rows_per_second for rows in self.rows]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What runs take, one after the other."""

    chunks: int
    rows: int
    bytes: int
    minutes: float
    """On the wall."""
    dollars: float
    """Once."""
    dollars_a_month: float
    """For as long as the objects are there."""


def pace(records: Iterable[ChunkRecord]) -> Pace:
    """Return how a dataset is exported, from what the ledger knows of its chunks.

    Returns: `ASSUMED` unless there were `ENOUGH_ROWS`. Seconds are a straight line through the chunks; where that goes
    nowhere, as when all are of a size, they are taken to be all for the rows.
    """
    known = [one for one in records if one.rows_out and one.seconds]
    rows, seconds = [one.rows_in for one in known], [one.seconds for one in known]
    if sum(rows) < ENOUGH_ROWS:
        return ASSUMED
    size = sum(one.bytes for one in known) / sum(one.rows_out for one in known)
    if len(set(rows)) > 1:
        slope, intercept = linear_regression(rows, seconds)
        if slope > 0 and intercept >= 0:
            return Pace(size, 1 / slope, intercept, sum(rows))
    return Pace(size, sum(rows) / sum(seconds), 0, sum(rows))


def estimate(runs: Sequence[Sequence[Work]], *, connections: int, memory_mb: int, prices: Prices = PRICES) -> Estimate:
    """Return what runs take.

    `runs`: what each of them exports; one starts when the one before is over.
    Returns: of the exports, the states and the objects. The functions that plan, register and validate, the database
    and what versions keep are not in the dollars.
    """
    works = [work for run in runs for work in run]
    chunks = sum(len(work.rows) for work in works)
    size = sum(work.bytes for work in works)
    seconds = sum(sum(work.seconds) for work in works)
    parts = sum(-(-round(rows * work.pace.bytes_per_row) // PART_BYTES) or 1 for work in works for rows in work.rows)
    dollars = (
        seconds * memory_mb / _MEMORY_GIGABYTE_MB * prices.lambda_gigabyte_second
        + chunks * prices.lambda_request
        + (chunks * _PUTS + parts) * prices.s3_put
        + (chunks + len(works) + len(runs) * _STATES_OF_A_RUN) * prices.transition
        + 2 * len(works) * prices.glue_request
        + chunks * _LEDGER_WRITES * prices.dynamodb_write
    )
    return Estimate(
        chunks=chunks,
        rows=sum(sum(work.rows) for work in works),
        bytes=size,
        minutes=sum(_wall_seconds(run, connections) for run in runs) / 60,
        dollars=dollars,
        dollars_a_month=size / _GIGABYTE * prices.s3_gigabyte_month,
    )


def _wall_seconds(run: Sequence[Work], connections: int) -> float:
    seconds = [one for work in run for one in work.seconds]
    return PLAN_SECONDS + max([sum(seconds) / connections, *seconds])
