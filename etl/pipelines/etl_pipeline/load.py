"""Load: transformed records into the destination table."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from etl.contracts import read_contract
from etl.errors import StagingError
from etl.load.dynamodb import put_records
from etl.pipelines.etl_pipeline.messages import LoadRequest, LoadResult
from etl.pipelines.etl_pipeline.transform import CONTRACT
from etl.runs.replays import mark_replayed
from etl.staging import StagedObject, read_lines

_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class LoadSettings(msgspec.Struct, frozen=True):
    """What the stack configures for this stage."""

    destination_table: str
    staging_bucket: str


def load(request: LoadRequest, settings: LoadSettings, *, dynamodb: Any, s3: Any) -> LoadResult:
    """Put every record of a transformed object into the destination table; then mark the rejects that it replayed.

    Parameters
    ----------
    request
        The object, and the outcomes of a replay.
    settings
        The bucket and the table.
    dynamodb, s3
        boto3's clients.

    Returns
    -------
    LoadResult
        How many records stand in the table.

    Raises
    ------
    EtlError
        The object is missing or truncated, or the table cannot be written.
    """
    staged = StagedObject(request.key, request.records, request.bytes)
    loaded = put_records(
        dynamodb,
        settings.destination_table,
        _records(s3, settings.staging_bucket, staged),
        key=read_contract(CONTRACT).primary_key,
    )
    for outcomes in request.outcomes:
        mark_replayed(s3, settings.staging_bucket, outcomes)
    return LoadResult(loaded.loaded, loaded.duplicates)


def _records(s3: Any, bucket: str, staged: StagedObject) -> Iterator[dict[str, Any]]:
    for line, text in enumerate(read_lines(s3, bucket, staged), start=1):
        try:
            yield _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StagingError(f"{staged.key}, line {line} is no record: {error}. Run the window again") from error
