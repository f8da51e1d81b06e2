"""What there is to export of a dataset: the days that are asked for, and those whose rows have changed since."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

import msgspec

from etl.contracts import Contract
from etl.extract.postgres import Fingerprint, Source
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.days import Days, resolve_days
from etl.pipelines.lake_export.messages import PlannedChunk, PlanRequest, PlanResult, Reason
from etl.runs.ledger import ChunkRecord, Ledger

_DAY = timedelta(days=1)
_NOTHING = Fingerprint(0, "")


class PlanSettings(msgspec.Struct, frozen=True):
    """What the stack configures."""

    ledger_table: str
    etl_retention_days: int


def plan(request: PlanRequest, settings: PlanSettings, *, ledger: Ledger, source: Callable[[], Source]) -> PlanResult:
    """Return the chunks of one dataset that a run has to export.

    Parameters
    ----------
    request
        The dataset, and the execution's input.
    settings
        How far the look-back goes.
    ledger
        What is published.
    source
        Returns the connection to the database.

    Returns
    -------
    PlanResult
        A named day, and the day before a scheduled run, are planned unless they are published as they are. Of the
        days before, those that have changed, or that a run left unfinished.

    Raises
    ------
    InputError
        The input asks for what cannot be.
    EtlError
        Database or ledger cannot be read, or the table is not what the contract says.
    """
    contract = dataset(request.dataset)
    days = resolve_days(request.input, started=request.started, retention_days=settings.etl_retention_days)
    opened = source()
    extra = opened.compare(contract).extra
    known = ledger.chunks(PIPELINE, contract.dataset)
    with opened.snapshot() as snapshot:
        unplaced = snapshot.unplaced(contract)
        if contract.window_column is None:
            held: Mapping[date | None, Fingerprint] = {None: snapshot.fingerprint(contract, None)}
            asked: list[date | None] = [None]
        else:
            asked = list(_asked(days, known))
            held = dict(snapshot.fingerprints(contract, min(filter(None, asked)), days.last).items())
    planned = {day: _planned(contract, day, held.get(day, _NOTHING), known, days) for day in asked}
    purged = [day for day in asked if _is_purged(known.get(_name(day)), held.get(day, _NOTHING), days)]
    # A day of the look-back that nobody has ever exported, as it has no rows, is not worth a word.
    left = [day for day, chunk in planned.items() if chunk is None and _name(day) in known]
    return PlanResult(
        dataset=contract.dataset,
        first=days.first.isoformat(),
        last=days.last.isoformat(),
        chunks=[chunk for chunk in planned.values() if chunk is not None],
        unchanged=len(left) - len(purged),
        extra_columns=list(extra),
        unplaced=unplaced,
        purged=len(purged),
    )


def fingerprint_of(contract: Contract, found: Fingerprint) -> str:
    """Return what the ledger keeps of a chunk's content: another version of the contract is another content."""
    return f"{contract.version}/{found.rows}/{found.hash if found.rows else ''}"


def _asked(days: Days, known: Mapping[str | None, ChunkRecord]) -> Iterator[date]:
    """Yield the days to look at, in order: what earlier runs left unfinished is taken up, however old it is."""
    if not days.named:
        unfinished = (name for name, record in known.items() if name is not None and not _is_settled(record))
        yield from (day for day in map(date.fromisoformat, unfinished) if day < days.lookback)
    yield from (days.lookback + number * _DAY for number in range((days.last - days.lookback).days + 1))


def _planned(
    contract: Contract,
    day: date | None,
    found: Fingerprint,
    known: Mapping[str | None, ChunkRecord],
    days: Days,
) -> PlannedChunk | None:
    record = known.get(_name(day))
    asked_for = day is None or days.first <= day
    reason: Reason | None = None
    if _is_purged(record, found, days):
        return None
    if days.force and asked_for:
        reason = "forced"
    elif record is None:
        reason = "new" if asked_for or found.rows else None
    elif not _is_settled(record):
        reason = "unfinished"
    elif record.fingerprint != fingerprint_of(contract, found):
        reason = "changed"
    if reason is None:
        return None
    return PlannedChunk(contract.dataset, _name(day), found.rows, reason)


def _is_purged(record: ChunkRecord | None, found: Fingerprint, days: Days) -> bool:
    """Tell whether the source has lost a day that nobody named: the export would keep it, every night anew."""
    return record is not None and bool(record.rows_out) and not found.rows and not days.named


def _name(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _is_settled(record: ChunkRecord) -> bool:
    return record.status not in ("running", "failed")
