"""Compares what PostgreSQL has now with what was exported, part by part, from a plan and the ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from etl.contracts import Contract
from etl.inputs import days_of
from etl.pipelines.lake_export.messages import Finding, Finished, PlannedChunk, PlanResult
from etl.runs.ledger import WHOLE, ChunkRecord

Check = Literal["object", "rows"]
Fault = tuple[Check, str, bool]


@dataclass(frozen=True, slots=True)
class ChunkComparison:
    """One chunk: the rows that the source has of it now, what the ledger says was exported, and what is wrong."""

    dataset: str
    part: str
    rows: int
    """What PostgreSQL has now."""
    record: ChunkRecord | None
    finding: Finding | None
    """Why readers cannot see what PostgreSQL has; None when they can."""

    @property
    def exported(self) -> int:
        """The rows that were written to the lake, without those that were rejected."""
        return self.record.rows_out if self.record else 0

    @property
    def finished(self) -> Finished:
        """The chunk as `lake-validate` takes it: what should stand in the lake."""
        key = self.record.key if self.record else None
        return Finished(self.dataset, self.part, "published" if key else "empty", self.exported, key)


def compare_source_to_ledger(
    contract: Contract, planned: PlanResult, known: Mapping[str, ChunkRecord]
) -> list[ChunkComparison]:
    """Compare the source's rows, as a plan has counted them, with what the ledger knows, part by part in order.

    The plan must be over named days and not forced. A chunk that it leaves out has the fingerprint that was published,
    and with it as many rows.
    """
    chunks = {chunk.part: chunk for chunk in planned.chunks}
    return [_compare_chunk(contract, part, chunks.get(part), known.get(part)) for part in _parts(contract, planned)]


def _parts(contract: Contract, planned: PlanResult) -> Iterator[str]:
    if contract.window_column is None:
        yield WHOLE
    else:
        days = days_of(date.fromisoformat(planned.first), date.fromisoformat(planned.last))
        yield from (day.isoformat() for day in days)


def _compare_chunk(
    contract: Contract, part: str, chunk: PlannedChunk | None, record: ChunkRecord | None
) -> ChunkComparison:
    rows = chunk.rows if chunk else record.rows_in if record else 0
    fault = _fault(contract, chunk, record)
    if fault is None:
        return ChunkComparison(contract.dataset, part, rows, record, None)
    again = f"etl run lake_export --table {contract.dataset}{'' if part == WHOLE else f' --date {part}'}"
    check, what, force = fault
    finding = Finding(contract.dataset, part, check, f"{what}: `{again}{' --force' if force else ''}`")
    return ChunkComparison(contract.dataset, part, rows, record, finding)


def _fault(contract: Contract, chunk: PlannedChunk | None, record: ChunkRecord | None) -> Fault | None:
    """Return what is wrong with a chunk, by the check that finds it, and whether it takes force to mend it."""
    if chunk is None:
        if record is None or record.status != "rolled_back":
            return None
        return "rows", "was rolled back, and shows an earlier version until it is exported again", True
    if record is None:
        return ("object", f"was never exported, and PostgreSQL has {_rows(chunk.rows)}", False) if chunk.rows else None
    if chunk.reason == "unfinished":
        why = f"run {record.owner} is at it, or was killed" if record.status == "running" else record.cause
        return "rows", f"was not finished ({why})", False
    return "rows", _difference(contract, chunk.rows, record), not chunk.rows


def _difference(contract: Contract, rows: int, record: ChunkRecord) -> str:
    """Say how a chunk that was exported has changed in the source since."""
    before = record.rows_in
    if rows > before:
        return f"has {_rows(rows - before, 'late ')}: PostgreSQL has {rows:,}, {before:,} were exported"
    if before and not rows:
        return f"had {_rows(before)} when it was exported, and PostgreSQL has none any more; the lake keeps them"
    if rows < before:
        return f"lacks {_rows(before - rows)} that were exported: PostgreSQL has {rows:,} of {before:,}"
    version = (record.fingerprint or "").partition("/")[0]
    if version != contract.version:
        return f"was exported by version {version} of the contract, which is {contract.version} now"
    return f"has {_rows(rows)} as when it was exported, but not the same ones"


def _rows(count: int, kind: str = "") -> str:
    return f"{count:,} {kind}row{'' if count == 1 else 's'}"
