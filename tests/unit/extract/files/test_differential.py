"""Both paths say the same, whatever stands in the file and however it is cut."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.extract.files import CsvOptions
from tests.unit.extract.files.contracts import NESTED, PAIR, TYPES, of_types
from tests.unit.extract.files.reading import decide_csv, decide_json, read

_NO_HEADER = CsvOptions(header=False)
_TRICKY = [
    "",
    " ",
    '""',
    "0",
    "-0",
    "+5",
    "007",
    "1.",
    "1.0",
    "1.5",
    ".5",
    "1_0",
    "1e3",
    "1E-2",
    "0x10",
    " 5",
    "5\t",
    "5\x0b",
    "٣",
    "32767",
    "32768",
    "-32768",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "9999.99",
    "9999.999",
    "12.50",
    "12.505",
    "10000",
    "NaN",
    "inf",
    "-Infinity",
    "1e400",
    "1e-400",
    "3.5e38",
    "0.1",
    "16777217",
    "true",
    "T",
    "Yes",
    "oFF",
    "1",
    "maybe",
    "2026-02-28",
    "2026-02-29",
    "2024-02-29",
    "0001-01-01",
    "0000-01-01",
    "9999-12-31",
    "10000-01-01",
    "epoch",
    "infinity",
    "2026-2-3",
    "2026-02-28 (BC)",
    "2026-02-28T10:00",
    "2026-02-28 10:00:00Z",
    "2026-02-28T10:00:00.123456+02:00",
    "2026-02-28T10:00:00.1234567",
    "2026-02-28T10:00:00.1234560",
    "2026-02-28T24:00:00",
    "2026-02-28T23:59:60Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "2026-02-28T10:00:00 UTC",
    "CFCD2084-95D5-65EF-66E7-DFF9F98764DA",
    "cfcd2084-95d5-65ef-66e7-dff9f98764da",
    "{cfcd2084-95d5-65ef-66e7-dff9f98764da}",
    "cfcd208495d565ef66e7dff9f98764da",
    "é",
    "🙂",
    "a\0b",
    '"quoted"',
    '"a,b"',
    '"a""b"',
    'a"b',
    "x\ny",
    "null",
    "NULL",
]
_CELLS = st.sampled_from(_TRICKY) | st.text(alphabet="0123456789.-+eE :TZ_", max_size=12)
_ROWS = st.lists(st.lists(_CELLS, min_size=len(TYPES), max_size=len(TYPES)), min_size=1, max_size=6)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(_ROWS)
def test_every_value_of_every_type_is_the_same_on_both_paths(rows: list[list[str]]) -> None:
    everything = of_types(*TYPES)
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    found = read(data, everything, csv=_NO_HEADER)
    assert (found.rows, found.reasons) == decide_csv(data, everything)


def test_every_tricky_value_is_the_same_on_both_paths() -> None:
    for name in TYPES:
        two = of_types(name, "big" if name == "text" else "text")
        data = "".join(f"{value},1\n" for value in _TRICKY).encode()
        found = read(data, two, csv=_NO_HEADER)
        assert (found.rows, found.reasons) == decide_csv(data, two)


_PIECES = st.sampled_from(
    [b"1", b",", b'"', b"\n", b"\r", b"\r\n", b"a", b"\xff", b"\0", b"\xc3\xa9", b"22,b\n", b'3,"c\n']
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(_PIECES, max_size=40).map(b"".join), st.sampled_from([7, 30, 1 << 20]))
def test_any_bytes_are_read_alike_in_any_chunks(data: bytes, chunk: int) -> None:
    found = read(data, PAIR, csv=_NO_HEADER, chunk=chunk)
    assert (found.rows, found.reasons) == decide_csv(data, PAIR)


_JSON = st.sampled_from(
    [
        '{"id":1}',
        '{"id":1.0,"at":null}',
        '{"id":"1"}',
        '{"id":true}',
        '{"id":1,"id":2}',
        '{"id":12345678901234567890}',
        '{"id":1,"at":"2026-02-28T10:00:00Z","user":{"name":"Ann","born":"2000-02-29"},"items":[{"sku":"a","price":1.5}]}',
        '{"id":2,"at":"2026-02-30T10:00:00Z","user":{"name":"Ann","born":"2000-01-01"},"items":[{"sku":"a","price":1.50}]}',
        '{"id":3,"at":"2026-02-28T10:00:00+02:00","user":null,"items":[]}',
        '{"id":4,"at":"2026-02-28","user":{"name":"\\ud83d\\ude00","born":null},"items":[{"sku":"b","price":1.005}]}',
        '{"id":5,"user":{"name":"\\ud800"},"items":null}',
        '{"id":6,"items":[{"price":1}]}',
        '{"id":7,"items":[null]}',
        '{"id":8,"user":{"name":"a","name":"b"}}',
        '{"id":NaN}',
        '{"id":1,}',
        '{"id":1} x',
        "[1]",
        '{"id":1',
        "{}",
        ' { "id" : 9 , "extra" : {"a":[1,{}]} } ',
        '{"id":9,"extra":{"a":1,"a":2}}',
        '{"id":1e2}',
        '{"id":-0}',
        '{"id":10,"user":{"name":"a\\u0000b"}}',
        '{"id":11,"user":[]}',
        '{"id":12,"user":{"name":5}}',
        '{"ID":13,"id":14}',
    ]
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(_JSON, min_size=1, max_size=12), st.sampled_from([60, 1 << 20]))
def test_any_json_lines_are_read_alike_in_any_chunks(lines: list[str], chunk: int) -> None:
    raw = [line.encode() + b"\n" for line in lines]
    found = read(b"".join(raw), NESTED, "jsonl", chunk=chunk)
    assert (found.rows, found.reasons) == decide_json(raw, NESTED)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-(10**6), 10**6), max_size=8), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
def test_records_of_python_are_read_exactly(prices: list[int], name: str) -> None:
    record = {
        "id": 1,
        "user": {"name": name.replace("\0", ""), "born": "2001-02-03"},
        "items": [{"sku": "a", "price": price / 100} for price in prices],
    }
    raw = [json.dumps(record, ensure_ascii=ascii_).encode() + b"\n" for ascii_ in (True, False)]
    found = read(b"".join(raw), NESTED, "jsonl")
    assert (found.rows, found.reasons) == decide_json(raw, NESTED)
