"""Rejects go through the pipeline again, as they are or repaired, and what passes is loaded and marked."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from serverless_app.cli import rejects
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, Item, event

DAY = {"date": "2018-02-01"}
WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
KEY = "20180201T000000Z-20180202T000000Z"
NOON = "2018-02-01T12:00:00Z"

Etl = Callable[..., Result]


@pytest.fixture
def etl(pipeline: DeployedPipeline, monkeypatch: pytest.MonkeyPatch) -> Etl:
    """`etl rejects`, with the deployment's cloud as if it were an AWS account."""
    for name, value in pipeline.cloud.environment().items():
        monkeypatch.setenv(name, value)
    return lambda line, given=None: CliRunner().invoke(rejects.app, [*shlex.split(line), "--target", "aws"], given)


@pytest.fixture
def run(pipeline: DeployedPipeline) -> str:
    """A run that rejected two records of forty: one without a value, one with text for a value."""
    without = event("without", NOON)
    del without["value"]
    text: Item = {**event("text", NOON), "value": {"S": "much"}}
    pipeline.put([*(event(f"good-{number}", NOON) for number in range(38)), without, text])
    return pipeline.run(DAY).run


def shown(etl: Etl, run: str) -> dict[str, dict[str, Any]]:
    """Return the rejects of a run by the id of their item."""
    found = json.loads(etl(f"show {run} --json").stdout)["rejects"]
    return {reject["record"]["id"]["S"]: reject for reject in found}


def repaired(etl: Etl, run: str, **values: str) -> str:
    """Return the open rejects of a run, those with a new value repaired."""
    lines = [json.loads(line) for line in etl(f"show {run} --records").stdout.splitlines()]
    for line in lines:
        if (id_ := line["record"]["id"]["S"]) in values:
            line["record"]["value"] = {"N": values[id_]}
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def replay(etl: Etl, run: str, lines: str | None = None) -> Any:
    result = etl(f"replay {run} --json{'' if lines is None else ' --file -'}", lines)
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_what_was_repaired_is_loaded_and_marked(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    ran = replay(etl, run, repaired(etl, run, without="7", text="8.50"))
    assert (ran["output"]["loaded"], ran["output"]["rejected"]) == (2, 0)
    assert {id_: reject["replayed"] for id_, reject in shown(etl, run).items()} == {
        "without": ran["run"],
        "text": ran["run"],
    }
    assert pipeline.loaded()["without"] == {
        **event("without", NOON, "7"),
        "event_date": {"S": "2018-02-01"},
        "event_hour": {"N": "12"},
    }
    assert len(pipeline.loaded()) == 40


def test_what_fails_again_stays_with_its_new_reasons(etl: Etl, run: str) -> None:
    ran = replay(etl, run, repaired(etl, run, without="9999999999999", text="8"))
    assert (ran["status"], ran["output"]["loaded"], ran["output"]["reasons"]) == ("SUCCEEDED", 1, {"range": 1})
    still = shown(etl, run)["without"]
    assert still["replayed"] is None
    assert [reason["code"] for reason in still["reasons"]] == ["range"]
    assert still["record"]["value"] == {"N": "9999999999999"}


def test_a_repair_can_go_on_where_the_one_before_ended(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    replay(etl, run, repaired(etl, run, without="9999999999999", text="8"))
    (line,) = repaired(etl, run, without="9").splitlines()
    replay(etl, run, f"{line}\n")
    assert all(reject["replayed"] for reject in shown(etl, run).values())
    assert {pipeline.loaded()[id_]["value"]["N"] for id_ in ("without", "text")} == {"9", "8"}


def test_rejects_as_they_are_may_all_fail_again(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    before = pipeline.loaded(), shown(etl, run)
    assert replay(etl, run)["output"]["rejected"] == 2
    assert (pipeline.loaded(), shown(etl, run)) == before


def test_a_replay_leaves_the_objects_of_the_run_as_they_are(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    before = pipeline.objects()
    replay(etl, run, repaired(etl, run, without="7"))
    assert before.items() <= pipeline.objects().items()


def test_a_second_replay_of_a_file_changes_nothing(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    lines = repaired(etl, run, without="7", text="8")
    replay(etl, run, lines)
    keys, loaded = pipeline.objects().keys(), pipeline.loaded()
    replay(etl, run, lines)
    assert (pipeline.objects().keys(), pipeline.loaded()) == (keys, loaded)


def test_a_rerun_of_the_source_keeps_the_repair_and_the_mark(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    ran = replay(etl, run, repaired(etl, run, without="7", text="8"))
    loaded = pipeline.loaded()
    again = pipeline.run(DAY).run
    assert pipeline.loaded() == loaded
    assert {reject["replayed"] for reject in shown(etl, again).values()} == {ran["run"]}


def test_a_source_that_broke_a_record_anew_opens_its_reject_again(
    pipeline: DeployedPipeline, etl: Etl, run: str
) -> None:
    replay(etl, run, repaired(etl, run, without="7", text="8"))
    pipeline.put([{**event("text", NOON), "value": {"S": "little"}}])
    again = pipeline.run(DAY).run
    assert shown(etl, again)["text"]["replayed"] is None
    assert shown(etl, again)["without"]["replayed"] is not None


def test_a_source_that_was_repaired_wins_over_the_replay(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    replay(etl, run, repaired(etl, run, without="7", text="8"))
    pipeline.put([event("without", NOON, "70"), event("text", NOON, "80")])
    pipeline.run(DAY)
    assert {pipeline.loaded()[id_]["value"]["N"] for id_ in ("without", "text")} == {"70", "80"}
    assert json.loads(etl("list --json").stdout) == []


def test_rejects_of_a_run_that_failed_for_them_can_be_replayed(pipeline: DeployedPipeline, etl: Etl) -> None:
    broken = event("broken", NOON)
    del broken["value"]
    pipeline.put([broken])
    failed = pipeline.run(DAY)
    assert failed.status == "FAILED"
    replay(etl, failed.run, repaired(etl, failed.run, broken="1"))
    assert pipeline.loaded().keys() == {"broken"}


def test_a_repair_that_is_no_item_is_named_and_nothing_is_loaded(
    pipeline: DeployedPipeline, etl: Etl, run: str
) -> None:
    lines = repaired(etl, run, without="7", text="eight")
    loaded = pipeline.loaded()
    failed = replay(etl, run, lines)
    reject = shown(etl, run)["text"]["id"]
    assert failed["status"] == "FAILED"
    assert failed["cause"].startswith(f"Transform: InputError: reject {reject} (line ")
    assert "is no DynamoDB item" in failed["cause"]
    assert pipeline.loaded() == loaded
    assert {one["replayed"] for one in shown(etl, run).values()} == {None}


def test_what_could_not_be_loaded_is_not_marked_until_it_is(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    lines = repaired(etl, run, without="7", text="8")
    with pipeline.without_table(pipeline.destination):
        failed = replay(etl, run, lines)
    assert failed["cause"].startswith("Load: NotFound: table etl-destination-data")
    assert {one["replayed"] for one in shown(etl, run).values()} == {None}
    replay(etl, run, lines)
    assert pipeline.loaded().keys() == {"without", "text"}
    assert None not in {one["replayed"] for one in shown(etl, run).values()}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"replay": None}, "InputError: event is no TransformRequest"),
        ({"window": WINDOW, "replay": "all"}, "InputError: event is no TransformRequest"),
        (
            {"replay": {"key": f"extract/{KEY}/replay-0123456789abcdef.json", "records": 1, "bytes": 1}},
            "InputError: window is {}: it needs start and end",
        ),
        (
            {"window": WINDOW, "replay": {"key": f"extract/{KEY}/data.json", "records": 1, "bytes": 1}},
            f"InputError: extract/{KEY}/data.json is no replay over the window {KEY}",
        ),
        (
            {
                "window": WINDOW,
                "replay": {"key": f"extract/{KEY}/replay-0123456789abcdef.json", "records": 1, "bytes": 1},
            },
            "NotFound: s3://etl-staging-",
        ),
    ],
)
def test_an_input_that_is_no_replay_is_named(pipeline: DeployedPipeline, request_: dict[str, Any], said: str) -> None:
    failed = pipeline.run(request_)
    assert (failed.status, failed.error) == ("FAILED", "TerminalError")
    assert failed.cause is not None
    assert failed.cause.startswith(f"Transform: {said}")


def test_the_list_counts_what_is_open_and_why(pipeline: DeployedPipeline, etl: Etl, run: str) -> None:
    replay(etl, run, repaired(etl, run, text="8"))
    assert pipeline.outputs
    assert json.loads(etl("list etl_pipeline --json").stdout) == [
        {
            "run": run,
            "pipeline": "etl_pipeline",
            "window": WINDOW,
            "rejected": 2,
            "open": 1,
            "reasons": {"required": 1},
        }
    ]
