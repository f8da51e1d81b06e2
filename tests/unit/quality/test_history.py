from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from etl.contracts import Contract, Field
from etl.contracts.types import Text
from etl.errors import NotFound, StagingError
from etl.quality.history import read_history, rows_before, scorecard_key, write_scorecard
from etl.quality.scorecard import Scorecard, score
from etl.windows import Window

CONTRACT = Contract(id="urn:test", version="1.0.0", dataset="things", fields=(Field(name="x", type=Text()),))


def card(day: int, rows: int) -> Scorecard:
    return score(CONTRACT, [], rows=rows, window=Window.of_day(date(2018, 2, day)))


def test_a_key_follows_from_the_window() -> None:
    window = Window(datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 2, 2, tzinfo=UTC))
    assert scorecard_key("things", window) == "quality/things/20180201T000000Z-20180202T000000Z/scorecard.json"


def test_a_second_attempt_replaces_the_scorecard_of_the_first(s3: Any, bucket: str) -> None:
    for rows in (1, 2):
        write_scorecard(s3, bucket, card(1, rows))
    assert [one.rows for one in read_history(s3, bucket, "things")] == [2]


def test_the_history_is_in_the_order_of_the_windows(s3: Any, bucket: str) -> None:
    written = [card(day, rows=day) for day in (3, 1, 2)]
    for one in written:
        write_scorecard(s3, bucket, one)
    assert read_history(s3, bucket, "things") == [written[1], written[2], written[0]]
    assert read_history(s3, bucket, "things", last=1) == [written[0]]


def test_a_run_is_compared_with_the_windows_before_its_own(s3: Any, bucket: str) -> None:
    for day in (1, 2, 3, 4):
        write_scorecard(s3, bucket, card(day, rows=day * 10))
    assert rows_before(s3, bucket, "things", Window.of_day(date(2018, 2, 4)), 2) == [20, 30]


def test_datasets_with_like_names_have_histories_of_their_own(s3: Any, bucket: str) -> None:
    write_scorecard(s3, bucket, msgspec.structs.replace(card(1, rows=1), dataset="things_2"))
    assert read_history(s3, bucket, "things") == []


def test_an_object_that_is_no_scorecard_is_named(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="quality/things/x/scorecard.json", Body=b"{}")
    with pytest.raises(StagingError, match=r"s3://staging/quality/things/x/scorecard\.json is no scorecard"):
        read_history(s3, bucket, "things")


def test_a_bucket_that_is_not_there_is_named(s3: Any) -> None:
    with pytest.raises(NotFound, match="s3://nowhere/quality/things/"):
        read_history(s3, "nowhere", "things")


def test_a_scorecard_without_a_window_has_no_place(s3: Any, bucket: str) -> None:
    with pytest.raises(ValueError, match="has no window"):
        write_scorecard(s3, bucket, score(CONTRACT, [], rows=1))
