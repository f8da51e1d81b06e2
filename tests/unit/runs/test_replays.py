"""A replay: its records under a key that follows from them, what became of each, and the marks."""

from decimal import Decimal
from typing import Any

import pytest

from etl.errors import InputError, StagingError
from etl.runs.kept_rejects import RunRejects, read_rejects
from etl.runs.records import Origin
from etl.runs.rejects import Reject, identified, rejects_key
from etl.runs.replays import Replayed, judge_replayed, mark_replayed, read_replay, replay_keys, stage_replay
from etl.staging import JsonLinesWriter, StagedObject
from etl.values.records import Problem
from etl.windows import Window

WINDOW = Window.from_dict({"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"})
NEXT = Window.from_dict({"start": "2018-02-02T00:00:00Z", "end": "2018-02-03T00:00:00Z"})
PROBLEM, WORSE = Problem("range", "value", ">= 0"), Problem("type", "value", "number")
RECORDS = [Replayed("a", {"value": Decimal("1.50")}), Replayed("b", "text, raw")]


def put_rejects(s3: Any, *records: Any, run: str = "a-run", window: Window = WINDOW) -> list[str]:
    """Write the rejects of a window's run and return their names."""
    found = [
        Reject("things", run, window.to_dict(), "file", line, [PROBLEM], one) for line, one in enumerate(records, 1)
    ]
    with JsonLinesWriter(s3, "staging", rejects_key("things", window)) as writer:
        for reject in found:
            writer.write(reject)
    return [name for name, _ in identified(found)]


def replay(s3: Any, run: str, outcomes: dict[str, list[Problem]], window: Window = WINDOW) -> None:
    """Let a replay find problems, or none, with a record for each name, and mark them."""
    staged = stage_replay(s3, "staging", window, [Replayed(name, f"by {run}") for name in outcomes])
    with JsonLinesWriter(s3, "staging", replay_keys(window, staged.key).outcomes) as writer:
        judge = judge_replayed(writer, run)
        for origin in read_replay(s3, "staging", staged):
            judge(origin, outcomes[origin.reject])
    mark_replayed(s3, "staging", writer.staged)


def only(s3: Any) -> RunRejects:
    (found,) = read_rejects(s3, "staging")
    return found


@pytest.mark.usefixtures("bucket")
def test_records_are_read_back_exactly_with_the_rejects_that_they_are(s3: Any) -> None:
    staged = stage_replay(s3, "staging", WINDOW, RECORDS)
    assert list(read_replay(s3, "staging", staged)) == [
        Origin(staged.key, 1, {"value": Decimal("1.50")}, "a"),
        Origin(staged.key, 2, "text, raw", "b"),
    ]


@pytest.mark.usefixtures("bucket")
def test_the_key_of_a_replay_follows_from_its_window_and_its_records(s3: Any) -> None:
    staged = stage_replay(s3, "staging", WINDOW, RECORDS)
    assert stage_replay(s3, "staging", WINDOW, RECORDS) == staged
    assert stage_replay(s3, "staging", WINDOW, RECORDS[:1]).key != staged.key
    assert staged.key.startswith(f"extract/{WINDOW.key}/replay-")


@pytest.mark.usefixtures("bucket")
def test_a_replay_writes_beside_what_its_window_has(s3: Any) -> None:
    keys = replay_keys(WINDOW, stage_replay(s3, "staging", WINDOW, RECORDS).key)
    assert len({keys.good, keys.outcomes, f"transform/{WINDOW.key}/data.json"}) == 3
    assert keys.good.startswith(f"transform/{WINDOW.key}/replay-")


@pytest.mark.parametrize(
    "key",
    [
        f"extract/{WINDOW.key}/data.json",
        f"extract/{NEXT.key}/replay-0123456789abcdef.json",
        f"extract/{WINDOW.key}/replay-../data.json",
        f"extract/{WINDOW.key}/replay-0123456789abcdef.json\n",
        f"rejects/{WINDOW.key}/rejects.jsonl",
    ],
)
def test_a_key_that_is_no_replay_over_the_window_is_refused(key: str) -> None:
    with pytest.raises(InputError, match="is no replay over the window 20180201T000000Z-20180202T000000Z"):
        replay_keys(WINDOW, key)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("line", [b"{}", b"[", b'{"id":1,"record":{}}', b'{"id":"a"}', b'{"id":"\xff","record":1}'])
def test_a_line_that_is_no_record_of_a_replay_is_named(s3: Any, line: bytes) -> None:
    s3.put_object(Bucket="staging", Key="key", Body=line + b"\n")
    with pytest.raises(StagingError, match="key, line 1 is no record of a replay"):
        list(read_replay(s3, "staging", StagedObject("key", 1, len(line) + 1)))


@pytest.mark.usefixtures("bucket")
def test_rejects_are_open_until_a_replay_brings_them_through(s3: Any) -> None:
    first, second = put_rejects(s3, "one", "two")
    assert [reject.id for reject in only(s3).open] == [first, second]
    replay(s3, "later", {first: []})
    assert [(reject.id, reject.replayed) for reject in only(s3).rejects] == [(first, "later"), (second, None)]
    assert [reject.id for reject in only(s3).open] == [second]


@pytest.mark.usefixtures("bucket")
def test_a_reject_that_failed_again_stands_with_its_new_reasons_and_record(s3: Any) -> None:
    (name,) = put_rejects(s3, "one")
    replay(s3, "later", {name: [WORSE]})
    (still,) = only(s3).open
    assert (still.reasons, still.record, still.run, still.line) == ([WORSE], "by later", "a-run", 1)


@pytest.mark.usefixtures("bucket")
def test_what_passed_once_stays_marked_when_a_later_replay_fails(s3: Any) -> None:
    (name,) = put_rejects(s3, "one")
    replay(s3, "good", {name: []})
    replay(s3, "bad", {name: [WORSE], "other": []})
    (reject,) = only(s3).rejects
    assert (reject.replayed, reject.reasons) == ("good", [PROBLEM])


@pytest.mark.usefixtures("bucket")
def test_a_mark_outlives_a_rerun_that_finds_the_same_record_bad(s3: Any) -> None:
    (name,) = put_rejects(s3, "one")
    replay(s3, "later", {name: []})
    put_rejects(s3, "new", "one", run="again")
    assert [(reject.run, reject.record, reject.replayed) for reject in only(s3).rejects] == [
        ("again", "new", None),
        ("again", "one", "later"),
    ]


@pytest.mark.usefixtures("bucket")
def test_a_mark_counts_in_its_own_window_alone(s3: Any) -> None:
    (name,) = put_rejects(s3, "one")
    put_rejects(s3, "one", window=NEXT)
    replay(s3, "later", {name: []})
    found = {rejects.window["start"]: rejects.rejects[0].replayed for rejects in read_rejects(s3, "staging")}
    assert found == {"2018-02-01T00:00:00Z": "later", "2018-02-02T00:00:00Z": None}


@pytest.mark.usefixtures("bucket")
def test_a_run_without_rejects_is_not_among_those_that_have_some(s3: Any) -> None:
    put_rejects(s3)
    assert list(read_rejects(s3, "staging")) == []


@pytest.mark.usefixtures("bucket")
def test_outcomes_that_are_none_are_named(s3: Any) -> None:
    put_rejects(s3, "one")
    s3.put_object(Bucket="staging", Key=f"replayed/{WINDOW.key}/replay-x.jsonl", Body=b"{}\n")
    with pytest.raises(StagingError, match=r"replay-x\.jsonl, line 1 is no outcome of a replay"):
        list(read_rejects(s3, "staging"))
