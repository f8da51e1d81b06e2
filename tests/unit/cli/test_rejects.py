"""`etl rejects` on a bucket that moto plays: what it lists and shows, and which files it refuses to replay."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from etl.runs.rejects import Reject, identified, rejects_key
from etl.runs.replays import Outcome
from etl.staging import JsonLinesWriter
from etl.values.records import Problem
from etl.windows import Window
from serverless_app.cli import rejects
from serverless_app.pipelines import Pipeline

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
KEY = Window.from_dict(WINDOW).key
FOUND = [
    Reject("events", "a-run", WINDOW, "extract/data.json", 3, [Problem("required", "value", "a value")], {"id": "Ñ😀"}),
    Reject("events", "a-run", WINDOW, "extract/data.json", 7, [Problem("json", "", "an object")], '{"id":[1'),
]
IDS = [name for name, _ in identified(FOUND)]
Etl = Callable[..., Result]


@dataclass(frozen=True)
class Account:
    """As much of a target as the commands need that start nothing."""

    s3: Any
    bucket_of: str = "etl_pipeline"
    bucket: str = "staging"
    poll_seconds: float = 0

    def client(self, service: str) -> Any:
        return {"s3": self.s3}[service]

    def outputs(self, pipeline: Pipeline) -> dict[str, str]:
        return {"StagingBucketName": self.bucket} if pipeline.name == self.bucket_of else {}


@pytest.fixture
def etl(s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Etl:
    """The command, with one run that left two rejects, of which the second was brought through."""
    monkeypatch.setattr(rejects, "open_target", lambda _name: Account(s3))
    write(s3, bucket, rejects_key("events", Window.from_dict(WINDOW)), FOUND)
    write(s3, bucket, f"replayed/{KEY}/replay-x.jsonl", [Outcome(IDS[1], "b-run", passed=True)])
    return lambda line, given=None: CliRunner().invoke(rejects.app, shlex.split(line), given)


def write(s3: Any, bucket: str, key: str, records: list[Any]) -> None:
    with JsonLinesWriter(s3, bucket, key) as writer:
        for record in records:
            writer.write(record)


def refused(result: Result) -> str:
    """Return the only line of an expected error."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line.removeprefix("error: ")


def test_runs_are_listed_with_what_is_open_and_why(etl: Etl) -> None:
    assert json.loads(etl("list --json").stdout) == [
        {
            "run": "a-run",
            "pipeline": "etl_pipeline",
            "window": WINDOW,
            "rejected": 2,
            "open": 1,
            "reasons": {"required": 1},
        }
    ]


def test_the_list_for_people_names_what_show_needs(etl: Etl) -> None:
    shown = etl("list etl_pipeline").stdout
    assert "a-run" in shown
    assert "required 1" in " ".join(shown.split())


def test_show_tells_people_place_reasons_and_record(etl: Etl) -> None:
    shown = etl("show a-run").stdout
    for said in ("line 3", "line 7", "Ñ😀", "b-run"):
        assert said in shown


def test_show_as_json_has_every_reject_with_its_mark(etl: Etl) -> None:
    document = json.loads(etl("show a- --json").stdout)
    assert (document["pipeline"], document["run"], document["window"]) == ("etl_pipeline", "a-run", WINDOW)
    assert [(one["id"], one["line"], one["replayed"]) for one in document["rejects"]] == [
        (IDS[0], 3, None),
        (IDS[1], 7, "b-run"),
    ]


def test_records_are_those_that_are_open_a_line_each(etl: Etl) -> None:
    (line,) = etl("show a-run --records").stdout.splitlines()
    assert (json.loads(line)["id"], json.loads(line)["record"]) == (IDS[0], {"id": "Ñ😀"})


def test_records_and_json_contradict_each_other(etl: Etl) -> None:
    result = etl("show a-run --records --json")
    assert result.exit_code == 2
    assert "--records is JSON Lines already" in result.stderr


def test_a_run_without_rejects_says_where_to_look(etl: Etl) -> None:
    assert "run 'nope' left no rejects, or a later run of its window has replaced them" in refused(etl("show nope"))


def test_an_ambiguous_name_asks_for_more(etl: Etl, s3: Any, bucket: str) -> None:
    later = {"start": "2018-02-02T00:00:00Z", "end": "2018-02-03T00:00:00Z"}
    other = Reject("events", "a-second-run", later, "extract/data.json", 1, [], {})
    write(s3, bucket, rejects_key("events", Window.from_dict(later)), [other])
    assert refused(etl("show a-")) == "2 runs with rejects start with 'a-'; give more of the name"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "standard input holds no rejects. Start from what `etl rejects show RUN --records` prints"),
        ("\n \n", "standard input holds no rejects"),
        ("no JSON\n", "standard input, line 1 is no reject: "),
        ('{"id":"x"}\n', "standard input, line 1 is no reject: Object missing required field `record`"),
        (f'{{"id":"{IDS[0]}","record":{{}},"recrod":{{}}}}\n', "unknown field `recrod`"),
        (
            '{"id":"x","record":{}}\n',
            "standard input, line 1: 'x' is no reject of run a-run. New records belong in the pipeline's",
        ),
        (f'{{"id":"{IDS[0]}","record":1}}\n\n' * 2, f"standard input, line 3: reject '{IDS[0]}' stands there twice"),
    ],
)
def test_a_file_that_is_no_repair_of_the_rejects_is_refused(etl: Etl, s3: Any, lines: str, said: str) -> None:
    assert said in refused(etl("replay a-run --file -", lines))
    assert not any(one["Key"].startswith("extract/") for one in s3.list_objects_v2(Bucket="staging")["Contents"])


def test_a_file_that_is_not_there_is_named(etl: Etl, tmp_path: Path) -> None:
    assert str(tmp_path / "none.jsonl") in refused(etl(f"replay a-run --file {tmp_path / 'none.jsonl'}"))


def test_nothing_is_replayed_when_all_have_passed(etl: Etl, s3: Any, bucket: str) -> None:
    write(s3, bucket, f"replayed/{KEY}/replay-y.jsonl", [Outcome(IDS[0], "c-run", passed=True)])
    assert refused(etl("replay a-run")) == "no reject of run a-run is open: all 2 have passed in a replay"


LATER = {"start": "2018-02-02T00:00:00Z", "end": "2018-02-03T00:00:00Z"}


@pytest.fixture
def lake(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Etl:
    """The command, with a run of `lake_export` that left rejects of two tables on two days."""
    s3.create_bucket(Bucket="lake-staging")
    account = Account(s3, bucket_of="lake_export", bucket="lake-staging")
    monkeypatch.setattr(rejects, "open_target", lambda _name: account)
    for dataset, window, line in (("workflows", WINDOW, 5), ("user_sessions", LATER, 8)):
        key = rejects_key(dataset, Window.from_dict(window))
        problems = [Problem("type", "x", "a finite number")]
        reject = Reject(dataset, "l-run", window, f"table {dataset}", line, problems, {"x": "NaN"})
        write(s3, "lake-staging", key, [reject])
    return lambda line, given=None: CliRunner().invoke(rejects.app, shlex.split(line), given)


def test_a_run_that_left_rejects_by_table_and_day_is_one_run(lake: Etl) -> None:
    (one,) = json.loads(lake("list --json").stdout)
    assert (one["run"], one["pipeline"], one["rejected"], one["reasons"]) == ("l-run", "lake_export", 2, {"type": 2})
    assert one["window"] == {"start": WINDOW["start"], "end": LATER["end"]}


def test_its_rejects_are_shown_with_table_and_day(lake: Etl) -> None:
    document = json.loads(lake("show l-run --json").stdout)
    assert [(one["dataset"], one["window"], one["line"]) for one in document["rejects"]] == [
        ("workflows", WINDOW, 5),
        ("user_sessions", LATER, 8),
    ]
    shown = lake("show l-run").stdout
    assert "table workflows, line 5" in " ".join(shown.split())


def test_rejects_of_a_database_are_mended_there_and_not_replayed(lake: Etl) -> None:
    assert refused(lake("replay l-run")) == (
        "lake_export has no replay: repair the rejected rows of l-run at their source, and the next run takes them up"
    )
