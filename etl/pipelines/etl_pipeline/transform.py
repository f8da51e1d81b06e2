"""Transform: extracted items to plain, validated, enriched records; what breaks the contract to the rejects."""

from contextlib import suppress
from typing import Any

import msgspec

from etl.contracts import read_contract
from etl.pipelines.etl_pipeline.messages import TransformRequest, TransformResult
from etl.pipelines.etl_pipeline.pipeline import CONTRACT, LEASE_SECONDS, chunk_of
from etl.pipelines.etl_pipeline.tasks import Records, replay_task, source_task
from etl.quality.history import write_scorecard
from etl.runs.ledger import Ledger
from etl.runs.records import RecordSplit, audit
from etl.staging import JsonLinesWriter
from etl.timestamps import canonical_timestamp
from etl.transform.statistics import Statistics
from etl.windows import Window


class TransformSettings(msgspec.Struct, frozen=True):
    """What the stack configures for this stage."""

    staging_bucket: str
    ledger_table: str
    lease_seconds: int = LEASE_SECONDS


def transform(request: TransformRequest, settings: TransformSettings, *, s3: Any, ledger: Ledger) -> TransformResult:
    """Write good records to `transform/{window}/data.json`, the others to `rejects/events/{window}/rejects.jsonl`.

    From here on the window is the run's alone: it stays claimed until Load is done.

    The rejects are written in every run, empty when there are none, so that those of an earlier run of the
    window do not outlive their repair. A replay writes beside both (`etl.runs.replays`): it is a part of the
    window, and what the rest of it is stays.

    Raises
    ------
    ToleranceExceeded
        More records were rejected than the contract tolerates. The rejects are kept, the records are not. A replay may
        reject all of its records.
    InputError
        The replay is invalid, or one of its records was repaired into something that is not a DynamoDB item.
    WindowTaken
        Another run has the window.
    EtlError
        A staging object is missing, truncated or holds no items, or the bucket cannot be used.
    """
    with ledger.lease(chunk_of(Window.from_dict(request.window)), owner=request.run, seconds=settings.lease_seconds):
        return _transform(request, settings.staging_bucket, s3)


def _transform(request: TransformRequest, bucket: str, s3: Any) -> TransformResult:
    contract = read_contract(CONTRACT)
    task = (replay_task if request.replay else source_task)(request, s3, bucket)
    statistics = Statistics()
    with JsonLinesWriter(s3, bucket, task.good_key) as good:
        with JsonLinesWriter(s3, bucket, task.judged_key) as judged:
            split = RecordSplit(contract, task.judge(contract.dataset, judged))
            for record in split.good(_normal(task.records)):
                if record.get("value") is not None:
                    statistics.add(record["value"])
                good.write(compute(record))
        counts = split.counts(read=sum(staged.records for staged in request.objects), written=good.staged.records)
        # Still before the good records are published. All that a replay brings may break the contract again.
        if not request.replay:
            write_scorecard(s3, bucket, split.scorecard(counts, run=request.run, window=task.window))
            audit(contract, counts, judged.staged.key)
    return TransformResult(
        read=counts.read,
        rejected=counts.rejected,
        rejects_key=judged.staged.key,
        reasons=counts.reasons,
        aggregates=statistics.to_dict(),
        outcomes=[judged.staged] if request.replay else [],
        **msgspec.structs.asdict(good.staged),
    )


def normalise(record: dict[str, Any]) -> dict[str, Any]:
    """Normalise a record in place: `timestamp` in UTC with `Z`, `name` without space around it.

    A value that cannot be normalised stays as it is, for the contract to judge.
    """
    if isinstance(name := record.get("name"), str):
        record["name"] = name.strip()
    if isinstance(timestamp := record.get("timestamp"), str):
        with suppress(ValueError):
            record["timestamp"] = canonical_timestamp(timestamp)
    return record


def compute(record: dict[str, Any]) -> dict[str, Any]:
    """Set `event_date` and `event_hour` of a record with a canonical `timestamp`, in place.

    They replace values of these names that came with the record.
    """
    timestamp = record["timestamp"]
    record["event_date"] = timestamp[:10]
    record["event_hour"] = int(timestamp[11:13])
    return record


def _normal(records: Records) -> Records:
    for origin, plain in records:
        yield origin, normalise(plain)
