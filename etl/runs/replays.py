"""Replays: rejects that go through their pipeline again, as they are or repaired, over the window of their run.

========================================  ==============================================================
object                                    what it is, and who writes it
========================================  ==============================================================
`rejects/{window}/rejects.jsonl`          the rejects of the window's latest run; no replay touches it
`extract/{window}/replay-{id}.json`       the records of a replay; its id is a hash over them
`transform/{window}/replay-{id}.json`     the good ones
`transform/{window}/replay-{id}.jsonl`    what became of each, before the good ones are loaded
`replayed/{window}/replay-{id}.jsonl`     the same, once they are: the marks
========================================  ==============================================================

Marks only ever come into being, under keys that follow from what was replayed. So a replay may be killed anywhere,
repeated, or run twice at once. They name a reject by its content (`etl.runs.rejects.identified`): when the window
is run again and its source still holds the same bad record, the mark still tells that a repair of it was loaded.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from etl.errors import InputError, StagingError
from etl.runs.records import Judge, Origin
from etl.staging import JsonLinesWriter, StagedObject, read_lines
from etl.values.records import Problem
from etl.windows import Window


class Replayed(msgspec.Struct, frozen=True):
    """A record of a replay: the reject that it is, and the record as it is to be read now."""

    id: str
    record: Any


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a reject in a replay: it passed, or it broke the contract once more."""

    id: str
    run: str
    passed: bool
    reasons: list[Problem] = []
    record: Any = None
    """The record that broke the contract, as it was replayed."""


@dataclass(frozen=True, slots=True)
class ReplayKeys:
    """Where a replay writes what it makes of its records."""

    good: str
    outcomes: str


_encoder = msgspec.json.Encoder(decimal_format="number")
_replayed = msgspec.json.Decoder(Replayed, float_hook=Decimal)


def replay_keys(window: Window, records: str) -> ReplayKeys:
    """Return the keys of a replay.

    `records`: the key of its records, as `stage_replay` chose it.
    Raises InputError: this is no key of a replay over this window.
    """
    found = re.fullmatch(rf"extract/{re.escape(window.key)}/replay-([0-9a-f]{{16}})\.json", records)
    if found is None:
        raise InputError(
            f"{records} is no replay over the window {window.key}: start it with `etl rejects replay`, which chooses"
            " its key"
        )
    stem = f"transform/{window.key}/replay-{found[1]}"
    return ReplayKeys(f"{stem}.json", f"{stem}.jsonl")


def stage_replay(s3: Any, bucket: str, window: Window, records: Sequence[Replayed]) -> StagedObject:
    """Write the records of a replay where its pipeline reads them, under a key that follows from them.

    `s3`: boto3's client.
    Raises EtlError: the bucket cannot be used.
    """
    digest = hashlib.sha256()
    for record in records:
        digest.update(_encoder.encode(record) + b"\n")
    with JsonLinesWriter(s3, bucket, f"extract/{window.key}/replay-{digest.hexdigest()[:16]}.json") as staging:
        for record in records:
            staging.write(record)
    return staging.staged


def read_replay(s3: Any, bucket: str, staged: StagedObject) -> Iterator[Origin]:
    """Yield the records of a replay.

    Yields: with numbers as `int` or `Decimal`.

    Parameters
    ----------
    s3
        boto3's client.
    staged
        What `stage_replay` returned.

    Raises
    ------
    StagingError
        The object is not what its reference says.
    EtlError
        S3 cannot be read.
    """
    for line, text in enumerate(read_lines(s3, bucket, staged), start=1):
        try:
            one = _replayed.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StagingError(f"{staged.key}, line {line} is no record of a replay: {error}. Replay again") from error
        yield Origin(staged.key, line, one.record, one.id)


def judge_replayed(outcomes: JsonLinesWriter, run: str) -> Judge:
    """Return what writes the outcome of every record of a replay."""

    def judge(origin: Origin, problems: list[Problem]) -> None:
        if problems:
            outcomes.write(Outcome(origin.reject, run, passed=False, reasons=problems, record=origin.raw))
        else:
            outcomes.write(Outcome(origin.reject, run, passed=True))

    return judge


def mark_replayed(s3: Any, bucket: str, outcomes: StagedObject) -> None:
    """Publish what became of a replay; to be done once its good records stand where they belong.

    Raises EtlError: the outcomes are missing or not what their reference says, or the bucket cannot be used.

    Parameters
    ----------
    s3
        boto3's client.
    outcomes
        What the replay staged, an `Outcome` a line.
    """
    with JsonLinesWriter(s3, bucket, f"replayed/{outcomes.key.removeprefix('transform/')}") as marks:
        for text in read_lines(s3, bucket, outcomes):
            marks.write(msgspec.Raw(text))
