"""Load: transformed records into the destination table."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from etl.contracts import read_contract
from etl.errors import StagingError
from etl.load.dynamodb import put_records
from etl.pipelines.etl_pipeline.messages import LoadRequest, LoadResult
from etl.pipelines.etl_pipeline.pipeline import CONTRACT, LEASE_SECONDS, chunk_of
from etl.runs.ledger import ChunkRecord, Ledger
from etl.runs.replays import mark_replayed
from etl.staging import StagedObject, read_lines
from etl.windows import Window

_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class LoadSettings(msgspec.Struct, frozen=True):
    """What the stack configures for this stage."""

    destination_table: str
    staging_bucket: str
    ledger_table: str
    lease_seconds: int = LEASE_SECONDS


def load(request: LoadRequest, settings: LoadSettings, *, dynamodb: Any, s3: Any, ledger: Ledger) -> LoadResult:
    """Put every record of a transformed object into the destination table; then mark the rejects that it replayed.

    The window is claimed anew, so that a run whose lease expired meanwhile writes nothing, and free afterwards.
    WindowTaken when another run has it; EtlError when the object is missing or truncated, or the table cannot be
    written.
    """
    staged = StagedObject(request.key, request.records, request.bytes)
    with ledger.lease(
        chunk_of(Window.from_dict(request.window)), owner=request.run, seconds=settings.lease_seconds
    ) as lease:
        loaded = put_records(
            dynamodb,
            settings.destination_table,
            _records(s3, settings.staging_bucket, staged),
            key=read_contract(CONTRACT).primary_key,
        )
        for outcomes in request.outcomes:
            mark_replayed(s3, settings.staging_bucket, outcomes)
        lease.finish(
            ChunkRecord(
                "published",
                run=request.run,
                rows_in=staged.records,
                rows_out=loaded.loaded,
                bytes=staged.bytes,
                key=staged.key,
            )
        )
    return LoadResult(loaded.loaded, loaded.duplicates)


def _records(s3: Any, bucket: str, staged: StagedObject) -> Iterator[dict[str, Any]]:
    for line, text in enumerate(read_lines(s3, bucket, staged), start=1):
        try:
            yield _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StagingError(f"{staged.key}, line {line} is not a record: {error}. Run the window again") from error
