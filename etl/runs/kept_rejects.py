"""Rejects as they stand now: those of each window's latest run, with what their replays made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from etl.aws import translate_errors
from etl.errors import StagingError
from etl.runs.rejects import Reject, identified, parse_reject
from etl.runs.replays import Outcome
from etl.values.records import Problem


class KeptReject(msgspec.Struct, frozen=True):
    """A reject as it stands now: with the reasons and the record of its latest replay, if there was one."""

    id: str
    dataset: str
    run: str
    window: dict[str, str]
    source: str
    line: int
    reasons: list[Problem]
    record: Any
    replayed: str | None
    """The run that brought it through; None while it is open."""


@dataclass(frozen=True, slots=True)
class RunRejects:
    """The rejects of a run."""

    run: str
    window: dict[str, str]
    rejects: tuple[KeptReject, ...]

    @property
    def open(self) -> tuple[KeptReject, ...]:
        """Those that no replay has brought through."""
        return tuple(reject for reject in self.rejects if reject.replayed is None)


_decoder = msgspec.json.Decoder(Outcome, float_hook=Decimal)


def read_rejects(s3: Any, bucket: str) -> Iterator[RunRejects]:
    """Yield the runs that left rejects, those of the latest first, with what their replays made of them.

    `s3`: boto3's client.
    Raises EtlError: S3 cannot be read, or an object does not hold what it should.
    """
    for key in reversed(_keys(s3, bucket, "rejects/")):
        lines = enumerate(_lines(s3, bucket, key), start=1)
        found = list(identified(parse_reject(text, key, line) for line, text in lines))
        if found:
            outcomes = _latest_outcomes(s3, bucket, key.split("/")[2])
            rejects = tuple(_kept(name, reject, outcomes.get(name)) for name, reject in found)
            yield RunRejects(rejects[0].run, rejects[0].window, rejects)


def _kept(name: str, reject: Reject, outcome: Outcome | None) -> KeptReject:
    known: dict[str, Any] = {**msgspec.structs.asdict(reject), "id": name, "replayed": None}
    if outcome is not None and outcome.passed:
        known["replayed"] = outcome.run
    elif outcome is not None:
        known |= {"reasons": outcome.reasons, "record": outcome.record}
    return KeptReject(**known)


def _latest_outcomes(s3: Any, bucket: str, window_key: str) -> dict[str, Outcome]:
    latest: dict[str, Outcome] = {}
    for key in _keys(s3, bucket, f"replayed/{window_key}/"):
        for line, text in enumerate(_lines(s3, bucket, key), start=1):
            outcome = _parse_outcome(text, key, line)
            # What has been loaded stays loaded, whatever a later replay tried.
            if outcome.passed or not latest.get(outcome.id, outcome).passed:
                latest[outcome.id] = outcome
    return latest


def _parse_outcome(text: bytes, key: str, line: int) -> Outcome:
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StagingError(f"{key}, line {line} is no outcome of a replay: {error}. Remove it, replay again") from error


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    """Return the keys below a prefix, in the order in which their objects were written."""
    with translate_errors(f"s3://{bucket}/{prefix}"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [(one["LastModified"], one["Key"]) for page in pages for one in page.get("Contents", ())]
    return [key for _, key in sorted(found)]


def _lines(s3: Any, bucket: str, key: str) -> list[bytes]:
    with translate_errors(f"s3://{bucket}/{key}"):
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.split(b"\n")[:-1]
