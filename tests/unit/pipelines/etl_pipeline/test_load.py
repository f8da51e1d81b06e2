"""The load stage: every record of the transformed object stands in the destination, exactly."""

import time
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from etl.errors import NotFound, StagingError, WindowTaken
from etl.pipelines.etl_pipeline.load import LoadSettings, load
from etl.pipelines.etl_pipeline.messages import LoadRequest, LoadResult
from etl.pipelines.etl_pipeline.pipeline import chunk_of
from etl.runs.ledger import ChunkRecord, Ledger
from etl.staging import StagedObject
from etl.windows import Window
from tests.unit.fakes import FreeLedger
from tests.unit.pipelines.etl_pipeline.conftest import Stage

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
CHUNK = chunk_of(Window.from_dict(WINDOW))
LEDGER: Any = FreeLedger()
SETTINGS = LoadSettings("destination", "staging", "etl-runs")


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"event-{number}", "timestamp": "2018-02-01T10:00:00Z"} | fields


def request(staged: StagedObject) -> LoadRequest:
    return LoadRequest("a-run", WINDOW, staged.key, staged.records, staged.bytes)


@pytest.mark.usefixtures("destination_table")
def test_every_value_arrives_with_all_its_digits_and_its_type(dynamodb: Any, s3: Any, stage: Stage) -> None:
    full = record(1, value=Decimal("0.12345678901234567890123456789012345678"), blob={"$binary": "AAE="}, gone=None)

    result = load(request(stage([full])), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=LEDGER)

    assert result == LoadResult(loaded=1, duplicates=0)
    assert dynamodb.scan(TableName="destination")["Items"] == [
        {
            "id": {"S": "event-1"},
            "timestamp": {"S": "2018-02-01T10:00:00Z"},
            "value": {"N": "0.12345678901234567890123456789012345678"},
            "blob": {"B": b"\x00\x01"},
        }
    ]


@pytest.mark.usefixtures("destination_table")
def test_the_latest_record_of_a_key_stands_and_the_others_are_counted(dynamodb: Any, s3: Any, stage: Stage) -> None:
    staged = stage([record(1, value=1), record(2, value=1), record(1, value=2)])

    result = load(request(staged), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=LEDGER)

    assert result == LoadResult(loaded=2, duplicates=1)
    items = {item["id"]["S"]: item["value"]["N"] for item in dynamodb.scan(TableName="destination")["Items"]}
    assert items == {"event-1": "2", "event-2": "1"}


@pytest.mark.usefixtures("destination_table")
def test_a_truncated_object_is_named(dynamodb: Any, s3: Any, stage: Stage) -> None:
    staged = stage([record(1)])
    longer = StagedObject(staged.key, 2, staged.bytes * 2)

    with pytest.raises(StagingError, match=r"s3://staging/extract/data\.json holds 1 records"):
        load(request(longer), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=LEDGER)


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"id":"\xff"}'])
@pytest.mark.usefixtures("bucket", "destination_table")
def test_a_line_that_is_no_record_is_named_by_key_and_number(dynamodb: Any, s3: Any, line: bytes) -> None:
    content = b'{"id":"a","timestamp":"2018-02-01T00:00:00Z"}\n' + line + b"\n"
    s3.put_object(Bucket="staging", Key="key", Body=content)

    with pytest.raises(StagingError, match=r"key, line 2 is not a record: .*Run the window again"):
        load(request(StagedObject("key", 2, len(content))), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=LEDGER)


def test_a_missing_table_is_named(dynamodb: Any, s3: Any, stage: Stage) -> None:
    with pytest.raises(NotFound, match="table destination"):
        load(request(stage([record(1)])), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=LEDGER)


@pytest.mark.usefixtures("destination_table")
def test_a_replay_is_marked_with_its_outcomes_as_they_are(s3: Any, dynamodb: Any, stage: Stage) -> None:
    outcomes = stage([{"id": "a", "run": "b", "passed": True}], "transform/window/replay-x.jsonl")
    good = stage([record(1)])

    load(
        LoadRequest("a-run", WINDOW, good.key, good.records, good.bytes, [outcomes]),
        SETTINGS,
        dynamodb=dynamodb,
        s3=s3,
        ledger=LEDGER,
    )

    marks = s3.get_object(Bucket="staging", Key="replayed/window/replay-x.jsonl")["Body"].read()
    assert marks == b'{"id":"a","run":"b","passed":true}\n'


def test_a_replay_that_cannot_be_loaded_is_not_marked(s3: Any, dynamodb: Any, stage: Stage) -> None:
    outcomes = stage([{"id": "a", "run": "b", "passed": True}], "transform/window/replay-x.jsonl")
    good = stage([record(1)])
    request = LoadRequest("a-run", WINDOW, good.key, good.records, good.bytes, [outcomes])

    with pytest.raises(NotFound, match="table destination"):
        load(request, SETTINGS, dynamodb=dynamodb, s3=s3, ledger=LEDGER)

    assert not any(one["Key"].startswith("replayed/") for one in s3.list_objects_v2(Bucket="staging")["Contents"])


@pytest.mark.usefixtures("destination_table")
def test_a_window_that_was_loaded_is_published_and_free(dynamodb: Any, s3: Any, stage: Stage, ledger: Ledger) -> None:
    staged = stage([record(1), record(1)])
    load(request(staged), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=ledger)
    (known,) = ledger.chunks("etl_pipeline", "events").values()
    expected = ChunkRecord("published", run="a-run", rows_in=2, rows_out=1, bytes=staged.bytes, key=staged.key)
    assert msgspec.structs.replace(known, seconds=0) == msgspec.structs.replace(expected, owner="a-run", attempts=1)


@pytest.mark.usefixtures("destination_table")
def test_a_window_that_another_run_owns_is_left_alone(dynamodb: Any, s3: Any, stage: Stage, ledger: Ledger) -> None:
    ledger.claim(CHUNK, owner="another", now=time.time(), lease_seconds=960)
    before = ledger.chunks("etl_pipeline", "events")
    with pytest.raises(WindowTaken, match="is taken by run another"):
        load(request(stage([record(1)])), SETTINGS, dynamodb=dynamodb, s3=s3, ledger=ledger)
    assert dynamodb.scan(TableName="destination")["Items"] == []
    assert ledger.chunks("etl_pipeline", "events") == before


@pytest.mark.usefixtures("destination_table")
def test_a_window_that_is_taken_over_during_the_load_stays_its_new_owners(
    dynamodb: Any, s3: Any, stage: Stage, ledger: Ledger
) -> None:
    class TakenOver:
        """A table whose window another run takes while it is written, as if the lease had expired."""

        def batch_write_item(self, **arguments: Any) -> Any:
            ledger.claim(CHUNK, owner="another", now=2e9, lease_seconds=960)
            return dynamodb.batch_write_item(**arguments)

    with pytest.raises(WindowTaken, match="was taken by another run in the meantime"):
        load(request(stage([record(1)])), SETTINGS, dynamodb=TakenOver(), s3=s3, ledger=ledger)
    (known,) = ledger.chunks("etl_pipeline", "events").values()
    assert (known.status, known.owner, known.lease_until) == ("running", "another", 2e9 + 960)
