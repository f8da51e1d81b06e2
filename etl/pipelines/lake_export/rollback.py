"""Rollback: puts the previous version of a chunk over the one that readers see."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from etl.errors import InputError
from etl.lake.footers import rows_of
from etl.lake.layout import object_key, part_of
from etl.lake.publish import restore, versions_of
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.runs.ledger import ChunkId, ChunkRecord, Claim, Ledger


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A chunk that shows an earlier version again."""

    dataset: str
    day: date | None
    version: str
    """The version that was brought back."""
    replaced: str
    """The version that readers saw before."""


def rollback(
    name: str,
    day: date | None,
    *,
    s3: Any,
    bucket: str,
    ledger: Ledger,
    owner: str,
    now: float,
    lease_seconds: float = 60,
) -> RolledBack:
    """Bring back the version of a day (None for a whole dataset) that stood there before the present one, in one step.

    The ledger keeps the fingerprint: the source has not changed, so no look-back exports the chunk again until it
    does, or until somebody forces it. No export publishes meanwhile, as the chunk is claimed.

    Raises
    ------
    InputError
        There is no earlier version.
    StagingError
        The earlier version is not Parquet; it is not brought back.
    WindowTaken
        A run works on the chunk.
    EtlError
        S3 or the ledger failed.
    """
    key = object_key(dataset(name), day)
    claim = ledger.claim(ChunkId(PIPELINE, name, part_of(day)), owner=owner, now=now, lease_seconds=lease_seconds)
    try:
        before = _exported(claim, f"{name} {part_of(day)}")
        present, earlier = versions_of(s3, bucket, key)
        rows = rows_of(s3, bucket, key, earlier)
    except BaseException:
        ledger.release(claim)
        raise
    # From here on the claim stays when something fails: the chunk is unfinished, and the next run exports it again.
    restored = restore(s3, bucket, key, earlier)
    record = msgspec.structs.replace(
        before,
        status="rolled_back",
        key=key,
        version=restored.version,
        etag=restored.etag,
        bytes=restored.bytes,
        # The rows that readers see again: the guard against a purged source asks for them.
        rows_out=rows,
        cause=None,
    )
    ledger.finish(claim, record)
    return RolledBack(name, day, earlier, present)


def _exported(claim: Claim, name: str) -> ChunkRecord:
    if claim.previous is None:
        raise InputError(f"{name} was never exported: there is nothing to bring back")
    return claim.previous
