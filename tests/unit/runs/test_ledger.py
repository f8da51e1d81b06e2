"""The ledger: one owner a chunk, whose word is the last; what was published stays known; numbers are exact."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.errors import NotFound, TerminalError, WindowTaken
from etl.runs.ledger import CAUSE_CHARACTERS, ChunkId, ChunkRecord, Claim, Ledger, RunRecord

DAY = ChunkId("lake_export", "workflows", "2024-12-22")
WHOLE = ChunkId("lake_export", "countries", "whole")
PUBLISHED = ChunkRecord(
    "published",
    run="first",
    rows_in=12,
    rows_out=11,
    rejected=1,
    bytes=2**53 + 1,
    seconds=0.1,
    fingerprint="12:-9223372036854775808",
    key="workflows/year=2024/month=12/day=22/data.parquet",
    version="v1",
    etag='"abc-2"',
    scorecard="quality/workflows/scorecard.json",
)

texts = st.text(st.characters(codec="utf-8"), max_size=20)
counts = st.integers(0, 10**30)
chunk_records = st.builds(
    ChunkRecord,
    status=st.sampled_from(["published", "empty", "failed", "rolled_back"]),
    run=texts,
    rows_in=counts,
    rows_out=counts,
    rejected=counts,
    bytes=counts,
    # What DynamoDB's numbers hold: 1E-130 to 9.9E+125, with 38 digits.
    seconds=st.floats(1e-100, 1e100) | st.just(0.0),
    **dict.fromkeys(["fingerprint", "key", "version", "etag", "scorecard", "cause"], st.none() | texts),
)


@pytest.fixture
def table(dynamodb: Any) -> str:
    dynamodb.create_table(
        TableName="runs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return "runs"


@pytest.fixture
def ledger(dynamodb: Any, table: str) -> Ledger:
    return Ledger(dynamodb, table)


class Repeating:
    """A client whose every write arrives twice, as when the first answer was lost and the SDK tried again."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._dynamodb, name)
        if name not in {"put_item", "delete_item"}:
            return call
        return lambda **arguments: (call(**arguments), call(**arguments))[1]


def claim(ledger: Ledger, owner: str = "first", *, now: float = 1000.0, chunk: ChunkId = DAY) -> Claim:
    return ledger.claim(chunk, owner=owner, now=now, lease_seconds=900)


def known(ledger: Ledger, chunk: ChunkId = DAY) -> ChunkRecord | None:
    return ledger.chunks(chunk.pipeline, chunk.dataset).get(chunk.part)


def publish(ledger: Ledger, chunk: ChunkId = DAY, record: ChunkRecord = PUBLISHED) -> None:
    ledger.finish(claim(ledger, chunk=chunk), record)


def put_run(dynamodb: Any, pipeline: str, run: str, started: str, **attributes: dict[str, str]) -> None:
    key = {"pk": {"S": pipeline}, "sk": {"S": f"run#{started}#{run}"}}
    said = {"run": {"S": run}, "started": {"S": started}, "status": {"S": "running"}}
    dynamodb.put_item(TableName="runs", Item=key | said | attributes)


@pytest.mark.parametrize("chunk", [DAY, WHOLE])
def test_a_chunk_that_nobody_has_claimed_is_its_first_claimants(ledger: Ledger, chunk: ChunkId) -> None:
    taken = claim(ledger, chunk=chunk)
    assert (taken.chunk, taken.owner, taken.attempts, taken.previous) == (chunk, "first", 1, None)
    assert known(ledger, chunk) == ChunkRecord("running", owner="first", attempts=1, lease_until=1900.0)


@pytest.mark.parametrize("now", [1000.0, 1900.0])
def test_a_chunk_is_nobody_elses_while_its_owners_lease_lives(ledger: Ledger, now: float) -> None:
    claim(ledger)
    with pytest.raises(WindowTaken, match=r"^workflows 2024-12-22 of lake_export is taken by run first until 1970-01-"):
        claim(ledger, "second", now=now)


def test_an_expired_lease_is_taken_over(ledger: Ledger) -> None:
    claim(ledger)
    taken = claim(ledger, "second", now=1900.001)
    assert (taken.owner, taken.attempts) == ("second", 1)
    assert known(ledger) == ChunkRecord("running", owner="second", attempts=1, lease_until=2800.001)


def test_an_owner_that_claims_again_makes_another_attempt(ledger: Ledger) -> None:
    claim(ledger)
    assert claim(ledger, now=1010).attempts == 2
    ledger.fail(claim(ledger, now=1020), "lost")
    assert claim(ledger, now=1030).attempts == 4


def test_a_chunk_that_is_done_is_free_at_once(ledger: Ledger) -> None:
    publish(ledger)
    taken = claim(ledger, "second")
    assert taken.attempts == 1
    assert taken.previous == known_after(PUBLISHED, owner="first")


def test_of_two_that_see_a_chunk_free_one_gets_it(dynamodb: Any, ledger: Ledger) -> None:
    class Overtaken(Repeating):
        """Between its reading and its writing somebody else claims the chunk."""

        def __getattr__(self, name: str) -> Any:
            if name == "put_item":
                claim(ledger, "quicker")
            return getattr(dynamodb, name)

    with pytest.raises(WindowTaken, match="was taken by another run in the meantime"):
        claim(Ledger(Overtaken(dynamodb), "runs"), "slower")
    record = known(ledger)
    assert record is not None
    assert record.owner == "quicker"


def test_what_is_finished_is_known_with_its_numbers(ledger: Ledger) -> None:
    publish(ledger)
    assert known(ledger) == known_after(PUBLISHED, owner="first")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunk_records)
def test_every_record_is_read_back_as_it_was_written(ledger: Ledger, record: ChunkRecord) -> None:
    taken = claim(ledger)
    ledger.finish(taken, record)
    assert known(ledger) == known_after(record, owner="first", attempts=taken.attempts)


def test_what_is_published_stays_known_while_another_run_is_at_it(ledger: Ledger) -> None:
    publish(ledger)
    claim(ledger, "second")
    expected = msgspec.structs.replace(PUBLISHED, status="running", owner="second", attempts=1, lease_until=1900.0)
    assert known(ledger) == expected


def test_a_failure_is_known_by_its_cause_beside_what_is_published(ledger: Ledger) -> None:
    publish(ledger)
    ledger.fail(claim(ledger, "second"), "the source is gone")
    assert known(ledger) == known_after(PUBLISHED, status="failed", owner="second", cause="the source is gone")


def test_a_first_failure_is_known_by_its_cause(ledger: Ledger) -> None:
    ledger.fail(claim(ledger), "the source is gone")
    assert known(ledger) == ChunkRecord("failed", owner="first", attempts=1, cause="the source is gone")


def test_the_next_claim_forgets_why_the_last_one_failed(ledger: Ledger) -> None:
    ledger.fail(claim(ledger), "the source is gone")
    taken = claim(ledger, "second")
    assert taken.previous is not None
    assert taken.previous.cause == "the source is gone"
    record = known(ledger)
    assert record is not None
    assert record.cause is None


def test_of_a_long_cause_the_beginning_is_kept(ledger: Ledger) -> None:
    ledger.fail(claim(ledger), "€" * 400_000)
    record = known(ledger)
    assert record is not None
    assert record.cause == "€" * CAUSE_CHARACTERS


def test_a_chunk_that_is_released_is_as_before(ledger: Ledger) -> None:
    publish(ledger)
    before = known(ledger)
    ledger.release(claim(ledger, "second"))
    assert known(ledger) == before
    assert claim(ledger, "third").previous == before


def test_a_chunk_that_nobody_knew_is_unknown_again_when_it_is_released(ledger: Ledger) -> None:
    ledger.release(claim(ledger))
    assert known(ledger) is None


def test_a_chunk_of_a_dead_owner_is_free_when_it_is_released(ledger: Ledger) -> None:
    claim(ledger)
    ledger.release(claim(ledger, now=1010))
    assert claim(ledger, "second", now=1020).owner == "second"


SETTLES: dict[str, Callable[[Ledger, Claim], None]] = {
    "finish": lambda ledger, taken: ledger.finish(taken, PUBLISHED),
    "fail": lambda ledger, taken: ledger.fail(taken, "lost"),
    "release": lambda ledger, taken: ledger.release(taken),
}


@pytest.mark.parametrize("settle", SETTLES.values(), ids=SETTLES)
@pytest.mark.parametrize("by", ["second", "first"])
@pytest.mark.parametrize("over", [False, True])
def test_a_lost_owner_changes_nothing_any_more(
    ledger: Ledger, settle: Callable[[Ledger, Claim], None], by: str, *, over: bool
) -> None:
    lost = claim(ledger)
    newer = claim(ledger, by, now=2000)
    if over:
        ledger.finish(newer, PUBLISHED)
    before = known(ledger)
    with pytest.raises(WindowTaken, match="was taken by another run in the meantime"):
        settle(ledger, lost)
    assert known(ledger) == before


@pytest.mark.parametrize("settle", SETTLES.values(), ids=SETTLES)
@pytest.mark.parametrize("known_before", [False, True])
def test_a_write_that_arrives_twice_is_the_same_as_one(
    dynamodb: Any, ledger: Ledger, settle: Callable[[Ledger, Claim], None], *, known_before: bool
) -> None:
    def settled(through: Ledger) -> ChunkRecord | None:
        if known_before:
            publish(through)
        settle(through, claim(through, "second"))
        return known(ledger)

    once = settled(ledger)
    dynamodb.delete_item(TableName="runs", Key={"pk": {"S": "lake_export#workflows"}, "sk": {"S": "chunk#2024-12-22"}})
    assert settled(Ledger(Repeating(dynamodb), "runs")) == once


def test_chunks_are_those_of_one_dataset_by_day_in_order(ledger: Ledger) -> None:
    days = ["2024-12-31", "whole", "2024-01-01", "0001-01-01", "9999-12-31"]
    for day in days:
        publish(ledger, ChunkId("lake_export", "workflows", day))
    publish(ledger, ChunkId("lake_export", "workflows_old", "2024-01-02"))
    publish(ledger, ChunkId("other", "workflows", "2024-01-03"))
    found = ledger.chunks("lake_export", "workflows")
    assert list(found) == ["0001-01-01", "2024-01-01", "2024-12-31", "9999-12-31", "whole"]
    assert set(found.values()) == {known_after(PUBLISHED, owner="first")}


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2024-01-02", "2024-01-03", ["2024-01-02", "2024-01-03"]),
        ("2024-01-03", None, ["2024-01-03", "2024-01-04"]),
        (None, "2024-01-02", ["2024-01-01", "2024-01-02"]),
        ("2025-01-01", "2025-12-31", []),
    ],
)
def test_a_range_of_days_has_both_its_ends(
    ledger: Ledger, first: str | None, last: str | None, days: list[str]
) -> None:
    for day in ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "whole"):
        publish(ledger, ChunkId("lake_export", "workflows", day))
    assert list(ledger.chunks("lake_export", "workflows", first, last)) == days


def test_chunks_of_more_than_one_page_are_all_found(ledger: Ledger) -> None:
    # A page of DynamoDB's ends after a megabyte.
    for number in range(40):
        chunk = ChunkId("lake_export", "workflows", f"2024-01-{number:02}")
        publish(ledger, chunk, msgspec.structs.replace(PUBLISHED, key="x" * 30_000))
    assert len(ledger.chunks("lake_export", "workflows")) == 40


def test_runs_are_the_latest_first_and_no_more_than_asked_for(dynamodb: Any, ledger: Ledger) -> None:
    for hour in (2, 1, 3):
        put_run(dynamodb, "lake_export", f"run-{hour}", f"2024-12-22T0{hour}:00:00.000Z")
    put_run(dynamodb, "lake_export_2", "other", "2024-12-22T04:00:00.000Z")
    publish(ledger)
    assert [run.run for run in ledger.runs("lake_export", 2)] == ["run-3", "run-2"]
    assert [run.run for run in ledger.runs("lake_export", 9)] == ["run-3", "run-2", "run-1"]
    assert ledger.runs("lake_export", 0) == []


def test_a_run_is_read_with_all_that_is_known_of_it(dynamodb: Any, ledger: Ledger) -> None:
    put_run(
        dynamodb,
        "lake_export",
        "nightly",
        "2024-12-22T02:00:00.000Z",
        status={"S": "succeeded"},
        input={"S": '{"date":"2024-12-21"}'},
        window={"S": "2024-12-21T00:00:00Z/2024-12-22T00:00:00Z"},
        rows_in={"N": "12345678901234567890"},
        seconds={"N": "1.25"},
        expires_at={"N": "1"},
    )
    assert ledger.runs("lake_export", 1) == [
        RunRecord(
            "nightly",
            "succeeded",
            "2024-12-22T02:00:00.000Z",
            '{"date":"2024-12-21"}',
            "2024-12-21T00:00:00Z/2024-12-22T00:00:00Z",
            rows_in=12345678901234567890,
            seconds=1.25,
        )
    ]


def test_an_item_that_is_no_record_is_named(dynamodb: Any, ledger: Ledger) -> None:
    put_run(dynamodb, "lake_export", "odd", "2024-12-22T02:00:00.000Z", rows_in={"S": "many"})
    with pytest.raises(TerminalError, match=r"ledger item lake_export run#2024-.*#odd is no RunRecord: .*rows_in"):
        ledger.runs("lake_export", 1)


def test_a_missing_table_is_named(dynamodb: Any) -> None:
    absent = Ledger(dynamodb, "absent")
    for call in (lambda: claim(absent), lambda: known(absent), lambda: absent.runs("lake_export", 1)):
        with pytest.raises(NotFound, match="table absent"):
            call()


def test_a_missing_table_is_no_lost_chunk(dynamodb: Any, ledger: Ledger) -> None:
    taken = claim(ledger)
    dynamodb.delete_table(TableName="runs")
    with pytest.raises(NotFound, match="table runs"):
        ledger.finish(taken, PUBLISHED)


def known_after(record: ChunkRecord, **changes: object) -> ChunkRecord:
    """Return a record as the ledger keeps it once its first attempt is over."""
    return msgspec.structs.replace(record, **({"attempts": 1} | changes))


def test_a_renewed_lease_begins_anew(ledger: Ledger) -> None:
    claim = ledger.renew(ledger.claim(DAY, owner="run", now=0, lease_seconds=10), now=9, lease_seconds=10)

    with pytest.raises(WindowTaken):
        ledger.claim(DAY, owner="other", now=15, lease_seconds=10)
    ledger.finish(claim, PUBLISHED)


def test_a_lease_that_was_lost_cannot_be_renewed(ledger: Ledger) -> None:
    claim = ledger.claim(DAY, owner="run", now=0, lease_seconds=10)
    ledger.claim(DAY, owner="other", now=11, lease_seconds=10)

    with pytest.raises(WindowTaken):
        ledger.renew(claim, now=12, lease_seconds=10)


def test_a_chunk_that_somebody_wrote_by_hand_is_named(ledger: Ledger, dynamodb: Any, table: str) -> None:
    item = {"pk": {"S": "lake_export#workflows"}, "sk": {"S": "chunk#2024-12-22"}, "status": {"S": "published"}}
    dynamodb.put_item(TableName=table, Item=item)
    with pytest.raises(TerminalError, match=r"lake_export#workflows chunk#2024-12-22 has no revision.*by hand"):
        ledger.claim(DAY, owner="one", now=0, lease_seconds=60)


def test_a_lease_is_renewed_and_finished_in_its_block(ledger: Ledger) -> None:
    clock = iter([100.0, 100.0, 150.0, 160.0])
    with ledger.lease(DAY, owner="first", seconds=60, now=lambda: next(clock)) as lease:
        assert lease.previous is None
        lease.renew()
        held = known(ledger)
        assert held is not None
        assert held.lease_until == 210
        lease.finish(PUBLISHED)
    done = known(ledger)
    assert done is not None
    assert (done.status, done.seconds, done.lease_until) == ("published", 60, None)


def test_a_block_that_raises_fails_its_chunk_and_frees_it(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="torn"), ledger.lease(DAY, owner="first", seconds=60):
        raise ValueError("torn")
    failed = known(ledger)
    assert failed is not None
    assert (failed.status, failed.cause, failed.lease_until) == ("failed", "ValueError: torn", None)


def test_a_block_that_does_not_finish_leaves_the_chunk_to_its_owner(ledger: Ledger) -> None:
    with ledger.lease(DAY, owner="first", seconds=60):
        pass
    with pytest.raises(WindowTaken), ledger.lease(DAY, owner="second", seconds=60):
        pytest.fail("two owners")
    with ledger.lease(DAY, owner="first", seconds=60) as lease:
        lease.finish(PUBLISHED)
    done = known(ledger)
    assert done is not None
    assert (done.status, done.owner, done.attempts) == ("published", "first", 2)


def test_a_block_that_lost_its_chunk_raises_its_own_error_and_leaves_the_chunk_alone(ledger: Ledger) -> None:
    def lose() -> None:
        ledger.claim(DAY, owner="second", now=time.time(), lease_seconds=60)
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"), ledger.lease(DAY, owner="first", seconds=-1):
        lose()
    taken = known(ledger)
    assert taken is not None
    assert (taken.status, taken.owner) == ("running", "second")
