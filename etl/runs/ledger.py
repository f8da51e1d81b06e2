"""The ledger: a table of runs and of the chunks that they publish, with one owner a chunk at a time.

=======  ==========================  ======================================================================
item     keys                        written by
=======  ==========================  ======================================================================
chunk    `pk` lake_export#workflows  the functions, through `Ledger`
         `sk` chunk#2024-12-22,
         or chunk#whole
run      `pk` lake_export            the state machine, as it starts and ends
         `sk` run#<started>#<name>
=======  ==========================  ======================================================================

A chunk's item is only ever replaced whole, on the condition that it still is the one that was read: every write
gives it a new `revision`. Whoever lost a chunk to another owner therefore cannot write to it any more.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal, TypeVar

import msgspec
from botocore.exceptions import ClientError

from etl.aws import translate_errors
from etl.errors import EtlError, TerminalError, WindowTaken

CAUSE_CHARACTERS = 8000
"""What is kept of a cause: an item may have 400 KB, and whoever reads it wants the beginning."""

WHOLE = "whole"
"""The part of a dataset that is handled in one piece."""
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"

Item = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class ChunkId:
    """A pipeline's unit of parallel work: a dataset, and a part of it."""

    pipeline: str
    dataset: str
    part: str
    """A UTC day (`2024-12-22`), a month (`2024-12`), a window (`start/end`) or `whole`."""

    def __str__(self) -> str:
        return f"{self.dataset} {self.part} of {self.pipeline}"


class ChunkRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the ledger knows of a chunk.

    Counts, `fingerprint`, `key`, `version`, `etag` and `scorecard` say what is published: they stay as they are
    while another run is at the chunk, and when that fails.
    """

    status: Literal["running", "published", "empty", "failed", "rolled_back"]
    run: str = ""
    """The run that published it."""
    attempts: int = 0
    """How often its latest owner has claimed it."""
    rows_in: int = 0
    rows_out: int = 0
    rejected: int = 0
    bytes: int = 0
    seconds: float = 0.0
    fingerprint: str | None = None
    key: str | None = None
    version: str | None = None
    etag: str | None = None
    scorecard: str | None = None
    """The key of its scorecard."""
    cause: str | None = None
    """Why its latest owner failed."""
    owner: str | None = None
    """Who claimed it last."""
    lease_until: float | None = None
    """The epoch second until which nobody else may claim it; None while nobody is at it."""


class RunRecord(msgspec.Struct, frozen=True):
    """What the ledger knows of a run; the state machine writes it."""

    run: str
    status: Literal["running", "succeeded", "failed"]
    started: str
    """ISO 8601, in UTC."""
    input: str = "{}"
    """The beginning of the execution's input, as JSON text."""
    window: str = ""
    """`start/end`, both ISO 8601; empty while it is unknown."""
    attempts: int = 1
    """More than one when the execution was redriven."""
    rows_in: int = 0
    rows_out: int = 0
    rejected: int = 0
    bytes: int = 0
    seconds: float = 0.0
    """From the execution's start to its end."""
    scorecard: str = ""
    """The key of its scorecard, in the pipeline's staging bucket; empty when it has none."""
    error: str | None = None
    cause: str | None = None


Record = TypeVar("Record", ChunkRecord, RunRecord)


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk in one owner's hands, until it is finished, failed or released, or its lease expires."""

    chunk: ChunkId
    owner: str
    attempts: int
    """How often this owner has claimed it by now, from 1."""
    previous: ChunkRecord | None
    """What the ledger knew before; None for a chunk that nobody has claimed before."""
    revision: str
    """The state of the item that this claim wrote."""


class Lease:
    """A claimed chunk, while its owner works on it (`Ledger.lease`)."""

    def __init__(self, ledger: "Ledger", claim: Claim, seconds: float, now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._claim = claim
        self._seconds = seconds
        self._now = now
        self._started = now()

    @property
    def previous(self) -> ChunkRecord | None:
        """The record before this owner's first claim of the moment; None for a chunk that nobody has claimed before."""
        return self._claim.previous

    def renew(self) -> None:
        """Begin the lease anew, as the last step before publishing; WindowTaken when another owner has the chunk."""
        self._claim = self._ledger.renew(self._claim, now=self._now(), lease_seconds=self._seconds)

    def finish(self, record: ChunkRecord) -> None:
        """Write what is published now, with the seconds it took, and free the chunk; WindowTaken as for `renew`."""
        seconds = round(self._now() - self._started, 3)
        self._ledger.finish(self._claim, msgspec.structs.replace(record, seconds=seconds))

    def fail(self, error: BaseException) -> None:
        """Write why the owner failed and free the chunk, unless it has another owner by now, or the ledger is gone."""
        with suppress(EtlError):
            self._ledger.fail(self._claim, f"{type(error).__name__}: {error}")


class Ledger:
    """The ledger's table, by a client of DynamoDB."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    @contextmanager
    def lease(
        self, chunk: ChunkId, *, owner: str, seconds: float, now: Callable[[], float] = time.time
    ) -> Iterator[Lease]:
        """Claim a chunk for the block, which finishes it; an exception fails it, and frees it at once.

        A block that does neither leaves the chunk claimed: by the same owner's next block, or until the lease expires
        after `seconds`, which have to be more than its owner can live. WindowTaken when another owner's lease lives.
        """
        lease = Lease(self, self.claim(chunk, owner=owner, now=now(), lease_seconds=seconds), seconds, now)
        try:
            yield lease
        except Exception as error:
            lease.fail(error)
            raise

    def claim(self, chunk: ChunkId, *, owner: str, now: float, lease_seconds: float) -> Claim:
        """Take a chunk that is free, whose lease has expired, or that is this owner's already.

        `lease_seconds`: for how long nobody else may take it; longer than its owner can live.

        Raises
        ------
        WindowTaken
            Another owner's lease lives.
        EtlError
            The table is missing or cannot be reached.
        """
        previous, revision = self._read(chunk)
        if previous is None:
            return self._take(chunk, owner, 1, None, now + lease_seconds, seen=None)
        if previous.owner != owner and previous.lease_until is not None and previous.lease_until >= now:
            raise WindowTaken(
                f"{chunk} is taken by run {previous.owner} until {_instant(previous.lease_until)}:"
                " it is free once that run is over, at the latest then"
            )
        attempts = previous.attempts + 1 if previous.owner == owner else 1
        return self._take(chunk, owner, attempts, previous, now + lease_seconds, seen=revision)

    def renew(self, claim: Claim, *, now: float, lease_seconds: float) -> Claim:
        """Make sure that a chunk is still its owner's, and let the lease begin anew: the last step before publishing.

        `now, lease_seconds`: as `claim` takes them.
        Returns: to go on with; the one before is spent.
        Raises WindowTaken: as `finish`.
        """
        lease_until = now + lease_seconds
        return self._take(claim.chunk, claim.owner, claim.attempts, claim.previous, lease_until, seen=claim.revision)

    def finish(self, claim: Claim, record: ChunkRecord) -> None:
        """Write what became of a claimed chunk, and give it free.

        `record`: what is published now; owner, attempts and lease are the claim's to say.
        Raises WindowTaken: the lease had expired and somebody else took the chunk: theirs is the last word.
        """
        self._settle(claim, record)

    def fail(self, claim: Claim, cause: str) -> None:
        """Write why a claimed chunk failed, keep what was published before, and give it free.

        `cause`: in words; `CAUSE_CHARACTERS` of them are kept.
        Raises WindowTaken: as `finish`.
        """
        before = claim.previous or ChunkRecord("failed")
        self._settle(claim, msgspec.structs.replace(before, status="failed", cause=cause[:CAUSE_CHARACTERS]))

    def release(self, claim: Claim) -> None:
        """Give a claimed chunk free as it was before, as if nobody had claimed it.

        Raises WindowTaken: as `finish`.
        """
        if claim.previous is not None:
            # Without its lease: it was somebody's who died, or this owner's own.
            self._put(claim.chunk, msgspec.structs.replace(claim.previous, lease_until=None), seen=claim.revision)
            return
        # Gone is what it should be: a first attempt of the SDK may have got through unheard.
        condition = "attribute_not_exists(pk) OR #revision = :seen"
        with self._unchanged(claim.chunk):
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=_chunk_key(claim.chunk),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#revision": "revision"},
                ExpressionAttributeValues={":seen": {"S": claim.revision}},
            )

    def chunks(
        self, pipeline: str, dataset: str, first: str | None = None, last: str | None = None
    ) -> dict[str, ChunkRecord]:
        """Return what is known of a dataset's chunks, by their days in order.

        `first, last`: the days to look at, both inclusive; without either, all that there are, the whole table's chunk
        (None) among them.
        """
        if first is None and last is None:
            span = ("chunk#", "chunk#~")
        else:
            span = (f"chunk#{first or _FIRST_DAY}", f"chunk#{last or _LAST_DAY}")
        items = self._query(f"{pipeline}#{dataset}", "sk BETWEEN :from AND :to", {":from": span[0], ":to": span[1]})
        return {item["sk"]["S"].removeprefix("chunk#"): _record(item, ChunkRecord) for item in items}

    def runs(self, pipeline: str, limit: int) -> list[RunRecord]:
        """Return the latest runs of a pipeline, those that started last first."""
        items = self._query(pipeline, "begins_with(sk, :run)", {":run": "run#"}, backwards=True, page=limit)
        return [_record(item, RunRecord) for item in islice(items, limit)]

    def _read(self, chunk: ChunkId) -> tuple[ChunkRecord | None, str | None]:
        with translate_errors(f"table {self._table}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key=_chunk_key(chunk), ConsistentRead=True)
        item = answer.get("Item")
        return (None, None) if item is None else (_record(item, ChunkRecord), _revision(item))

    def _take(
        self,
        chunk: ChunkId,
        owner: str,
        attempts: int,
        previous: ChunkRecord | None,
        lease_until: float,
        *,
        seen: str | None,
    ) -> Claim:
        held = msgspec.structs.replace(
            previous or ChunkRecord("running"),
            status="running",
            owner=owner,
            attempts=attempts,
            lease_until=lease_until,
            cause=None,
        )
        return Claim(chunk, owner, attempts, previous, self._put(chunk, held, seen=seen))

    def _settle(self, claim: Claim, record: ChunkRecord) -> None:
        settled = msgspec.structs.replace(record, owner=claim.owner, attempts=claim.attempts, lease_until=None)
        self._put(claim.chunk, settled, seen=claim.revision)

    def _put(self, chunk: ChunkId, record: ChunkRecord, *, seen: str | None) -> str:
        """Replace a chunk's item, whose revision was `seen`, and return its new revision."""
        revision = uuid.uuid4().hex
        before = "attribute_not_exists(pk)" if seen is None else "#revision = :seen"
        values = {":written": {"S": revision}} | ({} if seen is None else {":seen": {"S": seen}})
        with self._unchanged(chunk):
            self._dynamodb.put_item(
                TableName=self._table,
                Item=_chunk_key(chunk) | _attributes(record) | {"revision": {"S": revision}},
                # The second half is for the SDK's own retries: the attempt before may have got through unheard.
                ConditionExpression=f"{before} OR #revision = :written",
                ExpressionAttributeNames={"#revision": "revision"},
                ExpressionAttributeValues=values,
            )
        return revision

    @contextmanager
    def _unchanged(self, chunk: ChunkId) -> Iterator[None]:
        try:
            with translate_errors(f"table {self._table}"):
                yield
        except TerminalError as error:
            if not _is_lost_condition(error.__cause__):
                raise
            raise WindowTaken(
                f"{chunk} was taken by another run in the meantime: it has the last word, nothing was written here"
            ) from error

    def _query(
        self, pk: str, condition: str, values: Mapping[str, str], *, backwards: bool = False, page: int | None = None
    ) -> Iterator[Item]:
        """Yield the items under a key, page by page."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {condition}",
            ExpressionAttributeValues={name: {"S": value} for name, value in ({":pk": pk} | dict(values)).items()},
            ConsistentRead=True,
            ScanIndexForward=not backwards,
            PaginationConfig={"PageSize": page},
        )
        with translate_errors(f"table {self._table}"):
            for found in pages:
                yield from found["Items"]


def is_settled(record: ChunkRecord) -> bool:
    """Tell whether the latest owner of a chunk brought its work to an end."""
    return record.status not in ("running", "failed")


def _chunk_key(chunk: ChunkId) -> Item:
    return {"pk": {"S": f"{chunk.pipeline}#{chunk.dataset}"}, "sk": {"S": f"chunk#{chunk.part}"}}


def _attributes(record: ChunkRecord) -> Item:
    return {
        name: {"S": value} if isinstance(value, str) else {"N": repr(value)}
        for name, value in msgspec.to_builtins(record).items()
    }


def _record(item: Item, kind: type[Record]) -> Record:
    plain = {name: value["S"] if "S" in value else _number(value) for name, value in item.items()}
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise _written_by_hand(item, f"is no {kind.__name__}: {error}") from error


def _revision(item: Item) -> str:
    if "revision" not in item:
        raise _written_by_hand(item, "has no revision")
    return item["revision"]["S"]


def _written_by_hand(item: Item, what: str) -> TerminalError:
    return TerminalError(
        f"ledger item {item['pk']['S']} {item['sk']['S']} {what}. Somebody wrote to the table by hand: remove the item,"
        " run the window again"
    )


def _number(value: Mapping[str, str]) -> int | float | None:
    text = value.get("N", "")
    return int(text) if text.lstrip("-").isdigit() else float(text) if text else None


def _instant(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds")


def _is_lost_condition(cause: BaseException | None) -> bool:
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ConditionalCheckFailedException"
