"""Extract: the window's items of the source table, as they are, to a staging object."""

from datetime import timedelta
from typing import Any

import msgspec

from etl.errors import InputError
from etl.extract.dynamodb import Scan
from etl.pipelines.etl_pipeline.messages import ExtractRequest, ExtractResult
from etl.pipelines.etl_pipeline.pipeline import PIPELINE
from etl.staging import JsonLinesWriter
from etl.windows import Window


class ExtractSettings(msgspec.Struct, frozen=True):
    """What the stack configures for this stage."""

    source_table: str
    staging_bucket: str
    lookback_hours: int = 24


def extract(request: ExtractRequest, settings: ExtractSettings, *, dynamodb: Any, s3: Any) -> ExtractResult:
    """Write one segment's items to `extract/{window}/data.json`, an item a line in DynamoDB's own JSON."""
    if not 0 <= request.segment < request.segments:
        raise InputError(f"segment {request.segment} is none of 0 to {request.segments - 1}")
    lookback = timedelta(hours=settings.lookback_hours)
    window = PIPELINE.inputs.window(request.input, started=request.started, lookback=lookback)
    scan = Scan(dynamodb, settings.source_table, window, segment=request.segment, segments=request.segments)
    with JsonLinesWriter(s3, settings.staging_bucket, _key(window, request)) as staging:
        for item in scan:
            staging.write(item)
    return ExtractResult(window=window.to_dict(), scanned=scan.scanned, **msgspec.structs.asdict(staging.staged))


def _key(window: Window, request: ExtractRequest) -> str:
    part = "" if request.segments == 1 else f"-{request.segment + 1:04}-of-{request.segments:04}"
    return f"extract/{window.key}/data{part}.json"
