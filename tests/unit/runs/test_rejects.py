"""Rejects: written as the judge is told of them, read back exactly, and named by what they hold."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import StagingError
from etl.runs.records import Origin
from etl.runs.rejects import Reject, identified, judge_extracted, parse_reject
from etl.staging import JsonLinesWriter
from etl.values.records import Problem

WINDOW = {"start": "2018-02-01T00:00:00Z", "end": "2018-02-02T00:00:00Z"}
PROBLEM = Problem("range", "value", ">= 0")


def reject(record: Any, *, dataset: str = "things", run: str = "a-run", source: str = "file", line: int = 1) -> Reject:
    return Reject(dataset, run, WINDOW, source, line, [PROBLEM], record)


def names(*rejects: Reject) -> list[str]:
    return [name for name, _ in identified(rejects)]


def test_a_record_with_problems_is_written_with_all_that_is_known_of_it(s3: Any, bucket: str) -> None:
    with JsonLinesWriter(s3, bucket, "rejects") as writer:
        judge = judge_extracted(writer, dataset="things", run="a-run", window=WINDOW)
        judge(Origin("file", 1, {"value": 1}), [])
        judge(Origin("file", 2, {"value": Decimal("-1.50")}), [PROBLEM])
    (line,) = s3.get_object(Bucket=bucket, Key="rejects")["Body"].read().splitlines()
    assert b'"value":-1.50' in line
    assert parse_reject(line, "rejects", 1) == reject({"value": Decimal("-1.50")}, line=2)


@pytest.mark.parametrize("line", [b"", b"{}", b"[1]", b'{"dataset":"\xff"}', b'{"dataset":"things","window":1}'])
def test_a_line_that_is_no_reject_is_named_by_key_and_number(line: bytes) -> None:
    with pytest.raises(StagingError, match=r"rejects/x, line 7 is no reject: .*Run the window again"):
        parse_reject(line, "rejects/x", 7)


def test_a_name_says_nothing_about_the_run_or_the_place() -> None:
    assert names(reject("a,b")) == names(reject("a,b", run="another", source="elsewhere", line=9))


def test_a_name_does_not_depend_on_the_order_of_fields() -> None:
    assert names(reject({"a": 1, "b": 2})) == names(reject({"b": 2, "a": 1}))


@pytest.mark.parametrize("other", [reject({"a": 2}), reject({"a": "1"}), reject({"a": 1}, dataset="others")])
def test_another_content_is_another_name(other: Reject) -> None:
    assert names(reject({"a": 1})) != names(other)


def test_equal_records_are_told_apart_by_their_order() -> None:
    first, other, second, third = names(reject("a"), reject("b"), reject("a"), reject("a"))
    assert [second, third] == [f"{first}-2", f"{first}-3"]
    assert other != first


RECORDS = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(RECORDS, max_size=5))
def test_rejects_keep_their_names_when_they_are_written_and_read_back(records: list[Any]) -> None:
    encode = msgspec.json.Encoder(decimal_format="number").encode
    written = [reject(record) for record in records]
    read = [parse_reject(encode(one), "rejects", line) for line, one in enumerate(written, start=1)]
    assert names(*read) == names(*written)
    assert len(set(names(*read))) == len(records)
