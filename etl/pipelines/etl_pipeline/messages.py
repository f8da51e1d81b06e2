"""What the state machine and the three functions say to each other: references and counts, never data."""

from datetime import datetime
from typing import Any

import msgspec

from etl.staging import StagedObject


class ExtractRequest(msgspec.Struct, frozen=True):
    """Extract one segment of the source table."""

    run: str
    started: datetime
    input: dict[str, Any]
    segment: int
    segments: int


class ExtractResult(msgspec.Struct, frozen=True):
    """A segment's staging object, and how many items the scan looked at."""

    window: dict[str, str]
    key: str
    records: int
    bytes: int
    scanned: int


class TransformRequest(msgspec.Struct, frozen=True):
    """Transform the staging objects of all segments, or the one of a replay."""

    run: str
    window: dict[str, str]
    objects: list[StagedObject]
    replay: bool = False


class TransformResult(msgspec.Struct, frozen=True):
    """The transformed object, what was rejected and why, and the window's statistics of `value`."""

    key: str
    records: int
    bytes: int
    read: int
    rejected: int
    rejects_key: str
    reasons: dict[str, int]
    aggregates: dict[str, int | str | None]
    outcomes: list[StagedObject]
    """What became of the records of a replay; empty in a run over the source."""


class LoadRequest(msgspec.Struct, frozen=True):
    """Load a transformed object; in a replay, say afterwards what became of its records."""

    run: str
    window: dict[str, str]
    key: str
    records: int
    bytes: int
    outcomes: list[StagedObject] = []


class LoadResult(msgspec.Struct, frozen=True):
    """How many records stand in the destination, and how many gave way to a later one with the same key."""

    loaded: int
    duplicates: int
