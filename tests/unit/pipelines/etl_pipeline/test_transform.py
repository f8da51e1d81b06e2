"""The transform stage: good records normal and enriched, the others kept with their reasons, all published or none."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from etl.errors import InputError, NotFound, StagingError, ToleranceExceeded, WindowTaken
from etl.pipelines.etl_pipeline.messages import TransformRequest, TransformResult
from etl.pipelines.etl_pipeline.pipeline import CONTRACT, chunk_of
from etl.pipelines.etl_pipeline.transform import TransformSettings, compute, normalise, transform
from etl.quality.scorecard import Verdict, read_scorecard
from etl.runs.ledger import Ledger
from etl.staging import StagedObject
from etl.windows import Window
from tests.unit.fakes import FreeLedger
from tests.unit.pipelines.etl_pipeline.conftest import Stage

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
KEY = "transform/20180201T000000Z-20180202T000000Z/data.json"
REJECTS = "rejects/events/20180201T000000Z-20180202T000000Z/rejects.jsonl"
SCORECARD = "quality/events/20180201T000000Z-20180202T000000Z/scorecard.json"
LEDGER: Any = FreeLedger()
Item = dict[str, dict[str, Any]]


def item(number: int = 1, **attributes: dict[str, Any]) -> Item:
    return {
        "id": {"S": f"event-{number}"},
        "timestamp": {"S": "2018-02-01T10:00:00Z"},
        "name": {"S": "an event"},
        "value": {"N": f"{number}"},
    } | attributes


def bad(number: int = 0) -> Item:
    return item(number, value={"S": "much"})


def run(s3: Any, *objects: StagedObject) -> TransformResult:
    return transform(
        TransformRequest("a-run", WINDOW, list(objects)), TransformSettings("staging", "etl-runs"), s3=s3, ledger=LEDGER
    )


def lines(s3: Any, key: str) -> list[Any]:
    return [json.loads(line) for line in s3.get_object(Bucket="staging", Key=key)["Body"].read().splitlines()]


def keys(s3: Any) -> set[str]:
    return {found["Key"] for found in s3.list_objects_v2(Bucket="staging")["Contents"]}


def test_writes_plain_normal_enriched_records(s3: Any, stage: Stage) -> None:
    raw = item(7, name={"S": "  4km W of Castaic \n"}, timestamp={"S": "2018-02-02T00:30:00.50+01:00"})

    result = run(s3, stage([raw]))

    assert lines(s3, KEY) == [
        {
            "id": "event-7",
            "timestamp": "2018-02-01T23:30:00.50Z",
            "name": "4km W of Castaic",
            "value": 7,
            "event_date": "2018-02-01",
            "event_hour": 23,
        }
    ]
    assert (result.key, result.records, result.rejected, result.reasons) == (KEY, 1, 0, {})
    assert result.bytes == s3.head_object(Bucket="staging", Key=KEY)["ContentLength"]


def test_reads_the_objects_of_all_segments_in_order(s3: Any, stage: Stage) -> None:
    run(s3, stage([item(1), item(2)], "one"), stage([], "none"), stage([item(3)], "other"))

    assert [record["value"] for record in lines(s3, KEY)] == [1, 2, 3]


def test_no_objects_are_an_empty_result(s3: Any, stage: Stage) -> None:
    result = run(s3, stage([]))

    assert (result.records, result.rejected, result.aggregates["count"]) == (0, 0, 0)
    assert lines(s3, KEY) == []


def test_undeclared_attributes_pass_through(s3: Any, stage: Stage) -> None:
    extra: Item = {"deep": {"M": {"list": {"L": [{"NULL": True}, {"N": "1E-130"}]}}}, "none": {"NULL": True}}

    run(s3, stage([item(1, **extra)]))

    (record,) = lines(s3, KEY)
    assert record["deep"] == {"list": [None, 1e-130]}
    assert record["none"] is None


def test_a_name_may_be_missing(s3: Any, stage: Stage) -> None:
    assert run(s3, stage([item(1, name={"NULL": True})])).records == 1


def test_computed_fields_that_came_with_a_record_give_way(s3: Any, stage: Stage) -> None:
    run(s3, stage([item(1, event_date={"N": "5"}, event_hour={"S": "late"})]))

    (record,) = lines(s3, KEY)
    assert (record["event_date"], record["event_hour"]) == ("2018-02-01", 10)


def test_duplicates_are_left_to_the_load(s3: Any, stage: Stage) -> None:
    assert run(s3, stage([item(1), item(1)])).records == 2


def test_aggregates_are_over_the_good_records_alone_and_exact(s3: Any, stage: Stage) -> None:
    values = ["0.1", "0.2", "-999999999999.0000000000000000000000001", *["1"] * 17]
    staged = stage([bad()] + [item(number, value={"N": value}) for number, value in enumerate(values)])

    assert run(s3, staged).aggregates == {
        "count": 20,
        "sum": "-999999999981.7000000000000000000000001",
        "min": "-999999999999.0000000000000000000000001",
        "max": "1",
        "mean": "-49999999999.085000000000000000000000005",
    }


def test_a_reject_keeps_the_raw_record_where_it_came_from_and_every_reason(s3: Any, stage: Stage) -> None:
    raw = item(2, value={"S": "much"}, timestamp={"S": "noon"}, blob={"B": b"\x00\x01"})

    result = run(s3, stage([item(number) for number in range(20)], "one"), stage([item(1), raw], "other"))

    assert lines(s3, REJECTS) == [
        {
            "dataset": "events",
            "run": "a-run",
            "window": WINDOW,
            "source": "other",
            "line": 2,
            "reasons": [
                {"code": "type", "field": "timestamp", "expected": "timestamp"},
                {"code": "type", "field": "value", "expected": "number"},
            ],
            "record": raw | {"blob": {"B": "AAE="}},
        }
    ]
    assert (result.rejects_key, result.records, result.rejected) == (REJECTS, 21, 1)


def test_reasons_count_records_and_not_fields(s3: Any, stage: Stage) -> None:
    broken = [
        item(0, value={"S": "much"}, timestamp={"S": "noon"}),
        item(0, value={"NULL": True}, name={"S": "  "}),
        item(0, value={"N": "1000000000000.1"}),
    ]

    result = run(s3, stage(broken + [item(number) for number in range(57)]))

    assert result.reasons == {"length": 1, "range": 1, "required": 1, "type": 1}
    assert list(result.reasons) == sorted(result.reasons)


def test_rejects_up_to_the_tolerance_let_the_run_go_on(s3: Any, stage: Stage) -> None:
    result = run(s3, stage([bad()] + [item(number) for number in range(19)]))

    assert (result.records, result.rejected) == (19, 1)
    assert KEY in keys(s3)


def test_rejects_above_the_tolerance_fail_the_run_and_say_why(s3: Any, stage: Stage) -> None:
    with pytest.raises(ToleranceExceeded) as failure:
        run(s3, stage([bad()] + [item(number) for number in range(18)]))

    assert str(failure.value).startswith(
        "1 of 19 records broke contract etl-pipeline-events (type: 1), it tolerates 5.0%; nothing was loaded."
    )
    assert REJECTS in str(failure.value)


def test_a_run_that_fails_publishes_nothing_and_keeps_the_rejects(s3: Any, stage: Stage) -> None:
    with pytest.raises(ToleranceExceeded):
        run(s3, stage([bad(1), bad(2)]))

    assert KEY not in keys(s3)
    assert [reject["record"]["id"] for reject in lines(s3, REJECTS)] == [{"S": "event-1"}, {"S": "event-2"}]


def test_the_rejects_of_an_earlier_run_do_not_outlive_their_repair(s3: Any, stage: Stage) -> None:
    with pytest.raises(ToleranceExceeded):
        run(s3, stage([bad()]))

    run(s3, stage([item()]))

    assert lines(s3, REJECTS) == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"id":"plain"}',
        b'{"id":{}}',
        b'{"id":{"S":"a","N":"1"}}',
        b'{"id":{"X":"a"}}',
        b'{"id":{"N":"many"}}',
        b'{"id":{"NS":["many"]}}',
        b'{"id":{"L":7}}',
        b'{"id":{"M":7}}',
        b'{"id":{"L":[7]}}',
        b'{"id":{"S":"\xff"}}',
        b'{"id":' * 3000,
    ],
)
def test_a_line_that_is_no_item_is_named_by_key_and_number(s3: Any, stage: Stage, line: bytes) -> None:
    stage([item()])
    content = s3.get_object(Bucket="staging", Key="extract/data.json")["Body"].read() + line + b"\n"
    s3.put_object(Bucket="staging", Key="extract/data.json", Body=content)

    with pytest.raises(StagingError, match=r"extract/data\.json, line 2 is no DynamoDB item: .*Run the window again"):
        run(s3, StagedObject("extract/data.json", 2, len(content)))


def test_a_truncated_object_publishes_nothing_and_is_named(s3: Any, stage: Stage) -> None:
    staged = stage([item(1), item(2)])
    longer = StagedObject(staged.key, staged.records + 1, staged.bytes * 3 // 2)

    with pytest.raises(StagingError, match=r"s3://staging/extract/data\.json holds 2 records"):
        run(s3, longer)

    assert keys(s3) == {"extract/data.json"}


@pytest.mark.usefixtures("bucket")
def test_a_missing_object_is_named(s3: Any) -> None:
    with pytest.raises(NotFound, match="s3://staging/absent"):
        run(s3, StagedObject("absent", 1, 1))


@pytest.mark.parametrize("record", [{}, {"name": 5, "timestamp": None}, {"name": None, "timestamp": "noon"}])
def test_what_cannot_be_normalised_stays_for_the_contract_to_judge(record: dict[str, Any]) -> None:
    assert normalise(dict(record)) == record


def test_the_computed_fields_follow_from_the_timestamp() -> None:
    record = {"timestamp": "0001-12-31T09:59:59.9Z"}

    assert compute(record) == record | {"event_date": "0001-12-31", "event_hour": 9}


def test_a_record_may_lack_a_value_where_its_contract_lets_it(
    s3: Any, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = tmp_path / "events.yaml"
    loose.write_text(CONTRACT.read_text().replace("        required: true\n", ""))
    monkeypatch.setattr("etl.pipelines.etl_pipeline.transform.CONTRACT", loose)
    without = {name: value for name, value in item(1).items() if name != "value"}

    result = run(s3, stage([without, item(5)]))

    assert (result.records, result.rejected) == (2, 0)
    assert (result.aggregates["count"], result.aggregates["sum"]) == (1, "5")


@pytest.mark.parametrize("objects", [[], [StagedObject("one", 1, 1), StagedObject("other", 1, 1)]])
def test_a_replay_of_more_or_less_than_one_object_is_refused(s3: Any, objects: list[StagedObject]) -> None:
    request = TransformRequest("a-run", WINDOW, objects, replay=True)

    with pytest.raises(InputError, match=f"a replay is one object, not {len(objects)}"):
        transform(request, TransformSettings("staging", "etl-runs"), s3=s3, ledger=LEDGER)


def test_the_scorecard_counts_good_and_rejected_records(s3: Any, stage: Stage) -> None:
    run(s3, stage([bad()] + [item(number) for number in range(19)]))

    card = read_scorecard(s3.get_object(Bucket="staging", Key=SCORECARD)["Body"].read())

    assert (card.rows, card.rejected, card.verdict) == (20, 1, Verdict.WARNED)
    assert {rule.rule: (rule.checked, rule.failed) for rule in card.rules}["value.type"] == (20, 1)


def test_a_run_that_fails_for_its_rejects_leaves_its_scorecard(s3: Any, stage: Stage) -> None:
    with pytest.raises(ToleranceExceeded):
        run(s3, stage([bad()]))

    assert read_scorecard(s3.get_object(Bucket="staging", Key=SCORECARD)["Body"].read()).verdict is Verdict.FAILED


def claimed(s3: Any, ledger: Ledger, owner: str, *objects: StagedObject) -> TransformResult:
    request = TransformRequest(owner, WINDOW, list(objects))
    return transform(request, TransformSettings("staging", "etl-runs"), s3=s3, ledger=ledger)


def test_the_window_stays_the_runs_until_it_is_loaded(s3: Any, stage: Stage, ledger: Ledger) -> None:
    staged = stage([item(1)])
    claimed(s3, ledger, "a-run", staged)
    (known,) = ledger.chunks("etl_pipeline", "events").values()
    assert (known.status, known.owner, known.lease_until is None) == ("running", "a-run", False)
    with pytest.raises(WindowTaken, match="is taken by run a-run"):
        claimed(s3, ledger, "another", staged)


def test_the_window_of_a_run_that_fails_is_free_at_once(s3: Any, stage: Stage, ledger: Ledger) -> None:
    with pytest.raises(ToleranceExceeded):
        claimed(s3, ledger, "a-run", stage([bad()]))
    (known,) = ledger.chunks("etl_pipeline", "events").values()
    assert (known.status, known.owner, known.lease_until) == ("failed", "a-run", None)
    assert claimed(s3, ledger, "another", stage([item(1)])).records == 1


def test_a_window_that_another_run_owns_is_left_as_it_is(s3: Any, stage: Stage, ledger: Ledger) -> None:
    ledger.claim(chunk_of(Window.from_dict(WINDOW)), owner="another", now=time.time(), lease_seconds=960)
    with pytest.raises(WindowTaken):
        claimed(s3, ledger, "a-run", stage([item(1)]))
    assert keys(s3) == {"extract/data.json"}
