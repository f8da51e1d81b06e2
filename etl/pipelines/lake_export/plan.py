"""Plan: finds the chunks of a dataset to export, the days asked for and those whose rows have changed since."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, cast, get_args

import msgspec

from etl.contracts import Contract
from etl.errors import InputError
from etl.extract.postgres import Fingerprint, Source
from etl.inputs import Days, days_of
from etl.lake.layout import day_of
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.messages import PlannedChunk, PlanRequest, PlanResult, Reason
from etl.pipelines.lake_export.pipeline import PIPELINE as LAKE_EXPORT
from etl.runs.ledger import WHOLE, ChunkRecord, Ledger, is_settled
from etl.timestamps import parse_timestamp

_NOTHING = Fingerprint(0, "")


class PlanSettings(msgspec.Struct, frozen=True):
    """What the stack configures."""

    ledger_table: str
    etl_retention_days: int


def plan(request: PlanRequest, settings: PlanSettings, *, ledger: Ledger, source: Callable[[], Source]) -> PlanResult:
    """Return the chunks of one dataset that a run has to export.

    A named day, and the day before a scheduled run, are planned unless they are published as they are; of the days
    before, those that have changed or that a run left unfinished. InputError when the input is wrong; EtlError when
    database or ledger cannot be read, or the table differs from the contract.
    """
    contract = dataset(request.dataset)
    started = parse_timestamp(request.started)
    if started is None:
        raise InputError(f"the execution's start is {request.started!r}, not an ISO 8601 instant")
    days = LAKE_EXPORT.inputs.days(request.input, started=started, lookback_days=settings.etl_retention_days)
    opened = source()
    extra = opened.compare(contract).extra
    known = ledger.chunks(PIPELINE, contract.dataset)
    with opened.snapshot() as snapshot:
        unplaced = snapshot.unplaced(contract)
        if contract.window_column is None:
            fingerprints = {WHOLE: snapshot.fingerprint(contract, None)}
        else:
            # One by one: a span from the oldest of them would make PostgreSQL read all days since.
            unfinished = {day: snapshot.fingerprint(contract, day) for day in _unfinished_before(days, known)}
            recent = snapshot.fingerprints(contract, days.lookback, days.last)
            recent = {day: recent.get(day, _NOTHING) for day in days_of(days.lookback, days.last)}
            fingerprints = {day.isoformat(): fingerprint for day, fingerprint in (unfinished | recent).items()}
    verdicts = {
        part: _verdict(contract, part, fingerprint, known.get(part), days) for part, fingerprint in fingerprints.items()
    }
    return PlanResult(
        dataset=contract.dataset,
        first=days.first.isoformat(),
        last=days.last.isoformat(),
        chunks=[
            PlannedChunk(contract.dataset, part, fingerprints[part].rows, cast("Reason", verdict))
            for part, verdict in verdicts.items()
            if verdict in get_args(Reason)
        ],
        unchanged=sum(verdict == "unchanged" for verdict in verdicts.values()),
        extra_columns=list(extra),
        unplaced=unplaced,
        kept=sum(verdict == "kept" for verdict in verdicts.values()),
    )


def fingerprint_of(contract: Contract, fingerprint: Fingerprint) -> str:
    """Return the fingerprint that the ledger keeps of a chunk: of its rows and of the contract's version."""
    return f"{contract.version}/{fingerprint.rows}/{fingerprint.hash if fingerprint.rows else ''}"


def _unfinished_before(days: Days, known: Mapping[str, ChunkRecord]) -> list[date]:
    """Return the days before the look-back that earlier runs left unfinished, however old they are, in order."""
    if days.named:
        return []
    unfinished = [day for part, record in known.items() if not is_settled(record) and (day := day_of(part))]
    return [day for day in unfinished if day < days.lookback]


def _verdict(
    contract: Contract, part: str, fingerprint: Fingerprint, record: ChunkRecord | None, days: Days
) -> Reason | Literal["unchanged", "kept", "none"]:
    """Tell why a chunk has to be exported, or why not."""
    day = day_of(part)
    asked_for = day is None or days.first <= day
    if days.force and asked_for:
        return "forced"
    if record is None:
        # A day of the look-back that has no rows and was never exported is not worth a word.
        return "new" if asked_for or fingerprint.rows else "none"
    if not is_settled(record):
        return "unfinished"
    if record.rows_out and not fingerprint.rows and not days.named:
        # The export would keep what the lake has, every night anew.
        return "kept"
    return "unchanged" if record.fingerprint == fingerprint_of(contract, fingerprint) else "changed"
