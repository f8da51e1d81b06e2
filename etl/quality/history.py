"""Scorecards on S3: one object for each run's window, replaced whole, and read back as a trend."""

from collections.abc import Iterator
from typing import Any

import msgspec

from etl.aws import translate_errors
from etl.errors import StagingError
from etl.quality.scorecard import Scorecard, read_scorecard
from etl.windows import Window

_PREFIX = "quality"
_NAME = "scorecard.json"


def scorecard_key(dataset: str, window: Window) -> str:
    """Return where the scorecard of a run over a window stands.

    Returns: `quality/{dataset}/{window}/scorecard.json`: the keys of one dataset sort by the windows' starts.
    """
    return f"{_PREFIX}/{dataset}/{window.key}/{_NAME}"


def write_scorecard(s3: Any, bucket: str, card: Scorecard) -> str:
    """Put a scorecard where its window says; one that stands there from an earlier attempt is replaced.

    `s3`: boto3's client.

    Raises
    ------
    ValueError
        The scorecard has no window.
    EtlError
        S3 does not take it.
    """
    if card.window is None:
        raise ValueError(f"the scorecard of {card.dataset} has no window, and so no place in a history")
    key = scorecard_key(card.dataset, Window.from_dict(card.window))
    with translate_errors(f"s3://{bucket}/{key}"):
        s3.put_object(Bucket=bucket, Key=key, Body=card.to_json(), ContentType="application/json")
    return key


def read_history(
    s3: Any, bucket: str, dataset: str, *, before: Window | None = None, last: int | None = None
) -> list[Scorecard]:
    """Return the scorecards of a dataset, the oldest window first.

    Parameters
    ----------
    s3
        boto3's client.
    before
        Only windows that start before this one: what a run may compare itself with, however often it is repeated.

    Raises
    ------
    StagingError
        An object is no scorecard.
    EtlError
        The bucket cannot be read.
    """
    end = None if before is None else scorecard_key(dataset, before)
    keys = sorted(key for key in _keys(s3, bucket, dataset) if end is None or key < end)
    return [_read(s3, bucket, key) for key in (keys if last is None else keys[-last:] if last else [])]


def rows_before(s3: Any, bucket: str, dataset: str, window: Window, last: int) -> list[int]:
    """Return the numbers of rows of the runs before a window, oldest first, as `check` takes them for `history`.

    `s3, bucket, dataset, last`: as `read_history` takes them.
    """
    return [card.rows for card in read_history(s3, bucket, dataset, before=window, last=last)]


def _keys(s3: Any, bucket: str, dataset: str) -> Iterator[str]:
    prefix = f"{_PREFIX}/{dataset}/"
    with translate_errors(f"s3://{bucket}/{prefix}"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (one["Key"] for one in page.get("Contents", ()) if one["Key"].endswith(f"/{_NAME}"))


def _read(s3: Any, bucket: str, key: str) -> Scorecard:
    with translate_errors(f"s3://{bucket}/{key}"):
        document = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        return read_scorecard(document)
    except msgspec.MsgspecError as error:
        raise StagingError(
            f"s3://{bucket}/{key} is no scorecard: {error}; remove it, or run its window again"
        ) from error
