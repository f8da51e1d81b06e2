"""Bad records are kept with their reasons; too many of them, and nothing is loaded."""

from tests.e2e.etl_pipeline.deployed import DeployedPipeline, Item, event

DAY = {"date": "2018-02-01"}
NOON = "2018-02-01T12:00:00Z"
REJECTS = "rejects/events/20180201T000000Z-20180202T000000Z/rejects.jsonl"
TRANSFORMED = "transform/20180201T000000Z-20180202T000000Z/data.json"


def good(count: int) -> list[Item]:
    return [event(f"good-{number}", NOON) for number in range(count)]


def without_value(id_: str) -> Item:
    item = event(id_, NOON)
    del item["value"]
    return item


def test_a_bad_record_is_kept_as_it_came_with_its_reason(pipeline: DeployedPipeline) -> None:
    bad = without_value("bad")
    pipeline.put([*good(19), bad])
    execution = pipeline.run(DAY)
    assert (execution.output["loaded"], execution.output["rejected"]) == (19, 1)
    assert execution.output["reasons"] == {"required": 1}
    (reject,) = pipeline.lines(execution.output["keys"]["rejects"])
    assert reject["record"] == bad
    assert [reason["field"] for reason in reject["reasons"]] == ["value"]
    assert "bad" not in pipeline.loaded()


def test_a_record_without_a_timestamp_is_rejected_not_lost(pipeline: DeployedPipeline) -> None:
    untimed = event("untimed", NOON)
    del untimed["timestamp"]
    pipeline.put([*good(19), untimed])
    pipeline.run(DAY)
    assert [reject["record"]["id"]["S"] for reject in pipeline.lines(REJECTS)] == ["untimed"]


def test_a_repaired_record_leaves_the_rejects(pipeline: DeployedPipeline) -> None:
    pipeline.put([*good(19), without_value("bad")])
    pipeline.run(DAY)
    pipeline.put([event("bad", NOON, "7")])
    pipeline.run(DAY)
    assert pipeline.lines(REJECTS) == []
    assert pipeline.loaded()["bad"]["value"] == {"N": "7"}


def test_above_the_tolerance_nothing_is_loaded_and_the_cause_says_what_to_do(pipeline: DeployedPipeline) -> None:
    pipeline.put([*good(18), without_value("bad"), without_value("worse")])
    execution = pipeline.run(DAY)
    assert (execution.status, execution.error) == ("FAILED", "TerminalError")
    assert execution.cause is not None
    assert execution.cause.startswith("Transform: ToleranceExceeded: 2 of 20 records broke contract")
    assert f"Repair the records listed in {REJECTS}" in execution.cause
    assert pipeline.loaded() == {}
    assert TRANSFORMED not in pipeline.objects()
    assert len(pipeline.lines(REJECTS)) == 2


def test_a_failure_above_the_tolerance_leaves_what_was_loaded_before(pipeline: DeployedPipeline) -> None:
    pipeline.put(good(3))
    pipeline.run(DAY)
    before, transformed = pipeline.loaded(), pipeline.objects()[TRANSFORMED]
    pipeline.put([without_value("bad"), event("good-0", NOON, "2")])
    assert pipeline.run(DAY).status == "FAILED"
    assert pipeline.loaded() == before
    assert pipeline.objects()[TRANSFORMED] == transformed
