"""What the state machine and the functions of `lake_export` say to each other: references and counts, never data."""

from typing import Any, Literal

import msgspec

Outcome = Literal["published", "empty", "unchanged", "kept"]
Reason = Literal["new", "changed", "unfinished", "forced"]


class Chunk(msgspec.Struct, frozen=True):
    """The unit of an export: a dataset's rows of one UTC day, or the whole dataset."""

    dataset: str
    part: str
    """`2024-12-22`; `whole` for a dataset without a window column."""


class PlanRequest(msgspec.Struct, frozen=True):
    """Plan one dataset."""

    run: str
    started: str
    """When the execution started: the same at every attempt."""
    input: dict[str, Any]
    """The execution's, by the grammar of `etl.inputs`."""
    dataset: str


class PlannedChunk(msgspec.Struct, frozen=True):
    """A chunk that has something to do, with what the source holds of it at the moment."""

    dataset: str
    part: str
    rows: int
    reason: Reason


class PlanResult(msgspec.Struct, frozen=True):
    """What is to be done for one dataset."""

    dataset: str
    first: str
    last: str
    """The days asked for, both included."""
    chunks: list[PlannedChunk]
    unchanged: int
    """Days that are published as they are in the source."""
    extra_columns: list[str]
    """Columns of the table that the contract does not know; they are left out."""
    unplaced: int
    """Rows that belong to no day, as their window column is null or infinite."""
    kept: int
    """Days of which the source no longer has rows, and which the lake keeps."""


class ExportRequest(msgspec.Struct, frozen=True):
    """Export one chunk."""

    run: str
    chunk: Chunk
    force: bool = False


class ExportResult(msgspec.Struct, frozen=True):
    """What became of a chunk."""

    dataset: str
    part: str
    status: Outcome
    """`empty`: the day has no rows, and no object; `unchanged`: it stands there as it is in the source; `kept`: the
    source seems to have been purged, and the lake keeps what it had."""
    rows: int
    rejected: int
    bytes: int
    key: str | None
    """The object that readers see; None when there is none."""
    version: str | None
    scorecard: str | None
    rejects: str | None


class Finished(msgspec.Struct, frozen=True):
    """What Validate needs of an `ExportResult`."""

    dataset: str
    part: str
    status: Outcome
    rows: int
    key: str | None


class CatalogRequest(msgspec.Struct, frozen=True):
    """Register the partitions of what was published."""

    run: str
    datasets: list[str] = []
    """All of them when empty."""


class CatalogResult(msgspec.Struct, frozen=True):
    """Partitions by what happened to them."""

    registered: int
    removed: int
    updated: int = 0
    """They lay elsewhere, or were read by columns that their table no longer has."""


class ValidateRequest(msgspec.Struct, frozen=True):
    """Compare what readers see with what was exported."""

    run: str
    chunks: list[Finished]


class Finding(msgspec.Struct, frozen=True):
    """A check that a chunk did not pass."""

    dataset: str
    part: str
    check: Literal["object", "parquet", "schema", "rows", "partition"]
    found: str


class ValidateResult(msgspec.Struct, frozen=True):
    """How many chunks were compared with the lake, and what is wrong."""

    checked: int
    findings: list[Finding]
