"""What there is to export of a dataset: the days that are asked for, and those whose rows have changed since."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Literal, cast, get_args

import msgspec

from etl.contracts import Contract
from etl.extract.postgres import Fingerprint, Source
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.days import Days, resolve_days
from etl.pipelines.lake_export.messages import PlannedChunk, PlanRequest, PlanResult, Reason
from etl.pipelines.lake_export.months import days_of
from etl.runs.ledger import ChunkRecord, Ledger

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
            asked: list[date | None] = [None]
            held: dict[str | None, Fingerprint] = {None: snapshot.fingerprint(contract, None)}
        else:
            asked = list(_asked(days, known))
            by_day = snapshot.fingerprints(contract, min(filter(None, asked)), days.last)
            held = {_name(day): fingerprint for day, fingerprint in by_day.items()}
    fingerprints = {day: held.get(_name(day), _NOTHING) for day in asked}
    verdicts = {day: _verdict(contract, day, fingerprints[day], known.get(_name(day)), days) for day in asked}
    return PlanResult(
        dataset=contract.dataset,
        first=days.first.isoformat(),
        last=days.last.isoformat(),
        chunks=[
            PlannedChunk(contract.dataset, _name(day), fingerprints[day].rows, cast("Reason", verdict))
            for day, verdict in verdicts.items()
            if verdict in get_args(Reason)
        ],
        unchanged=sum(verdict == "unchanged" for verdict in verdicts.values()),
        extra_columns=list(extra),
        unplaced=unplaced,
        kept=sum(verdict == "kept" for verdict in verdicts.values()),
    )


def fingerprint_of(contract: Contract, found: Fingerprint) -> str:
    """Return what the ledger keeps of a chunk's content: another version of the contract is another content."""
    return f"{contract.version}/{found.rows}/{found.hash if found.rows else ''}"


def _asked(days: Days, known: Mapping[str | None, ChunkRecord]) -> Iterator[date]:
    """Yield the days to look at, in order: what earlier runs left unfinished is taken up, however old it is."""
    if not days.named:
        unfinished = (name for name, record in known.items() if name is not None and not _is_settled(record))
        yield from (day for day in map(date.fromisoformat, unfinished) if day < days.lookback)
    yield from days_of(days.lookback, days.last)


def _verdict(
    contract: Contract, day: date | None, found: Fingerprint, record: ChunkRecord | None, days: Days
) -> Reason | Literal["unchanged", "kept", "none"]:
    """Tell why a chunk has to be exported, or why not."""
    asked_for = day is None or days.first <= day
    if days.force and asked_for:
        return "forced"
    if record is None:
        # A day of the look-back that nobody has ever exported, as it has no rows, is not worth a word.
        return "new" if asked_for or found.rows else "none"
    if record.rows_out and not found.rows and not days.named:
        # The export would keep what the lake has, every night anew.
        return "kept"
    if not _is_settled(record):
        return "unfinished"
    return "unchanged" if record.fingerprint == fingerprint_of(contract, found) else "changed"


def _name(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _is_settled(record: ChunkRecord) -> bool:
    return record.status not in ("running", "failed")
