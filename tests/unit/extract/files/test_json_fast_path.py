"""What the quick reader of JSON takes is what the deciding path says; what it may not take, it leaves."""

import io
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Integer, Struct, Text
from etl.contracts.types import Decimal as DecimalType
from etl.errors import InputError
from etl.extract.files import Limits, split
from etl.extract.files.json_fast import FastJson
from etl.extract.files.work import Engine
from etl.quality.row_rules import RowRules
from tests.unit.extract.files.contracts import NESTED, PAIR, contract, of_types
from tests.unit.extract.files.reading import RECORD_BYTES, decide_json, read

FLOATS = of_types("ratio", "thin")
INNER = Struct((Field(name="id", type=Integer(64), required=True), Field(name="note", type=Text())))
WHOLE = contract(Field(name="user", type=INNER))
ITEMS = contract(Field(name="items", type=Array(Field(name="element", type=INNER))))


def _taken(asked: Contract, *records: bytes) -> list[int]:
    """Return the places of the records that the quick reader takes, after it has learned from the first."""
    fast, engine = FastJson(asked, RowRules(asked), RECORD_BYTES), Engine()
    try:
        fast.typed(engine, pa.array(records[:1], pa.binary()))
        doubtful = fast.typed(engine, pa.array(records, pa.binary())).doubtful
    finally:
        engine.close()
    return [place for place in range(len(records)) if place not in doubtful]


def _agrees(asked: Contract, *lines: bytes) -> tuple[list[dict[str, Any]], list[Any]]:
    """Read lines on both paths and return what both say."""
    raw = [line + b"\n" for line in lines]
    found = read(b"".join(raw), asked, "jsonl")
    assert (found.rows, found.reasons) == decide_json(raw, asked)
    return found.rows, found.reasons


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":2,"name":"Bo"}',
        b' { "id" : 2 ,\t"name" : null } ',
        b'{"id":-2,"name":"\xc3\xa9 \\u00e9 \\ud83d\\ude00 \\" \\n"}',
        b'{\n  "id": 2,\n  "name": "pretty"\n}',
        b'{"id":2,"nope":"another key that begins like no known one"}',
    ],
)
def test_records_like_the_first_are_read_quickly(line: bytes) -> None:
    assert _taken(PAIR, b'{"id":1,"name":"Ann"}', line) == [0, 1]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":2,"id":3}',
        b'{"id":2,"name":"Bo",}',
        b'{"id":2,"name":5}',
        b'{"id":"2","name":"Bo"}',
        b'{"id":2.5,"name":"Bo"}',
        b'{"id":12345678901234567890,"name":"Bo"}',
        b'{"id":NaN,"name":"Bo"}',
        b'{"id":2,"name":"a\tb"}',
        b'{"id":2,"name":"\\u0000"}',
        b'{"id":2,"name":"\\ud800"}',
        b'{"id":2,"name":"\xff"}',
        b'{"id":2,"name":"\xed\xa0\x80"}',
        b'{"id":2,"name":"\xc0\xaf"}',
        b'{"id":2,"n\xed\xa0\x80":"x"}',
        b'{"id":2,"n\\u0061me":"Bo"}',
        b'{"id":2,"name":"Bo"} x',
        b'{"id":2,"name":"Bo"',
        b'{"id":2,"name":"' + b"x" * RECORD_BYTES + b'"}',
        b"",
    ],
)
def test_whatever_may_be_wrong_is_left_to_the_deciding_path(line: bytes) -> None:
    assert _taken(PAIR, b'{"id":1,"name":"Ann"}', line) == [0]


def test_a_declared_key_that_the_first_record_lacks_is_no_unknown_one() -> None:
    assert _agrees(PAIR, b'{"id":1}', b'{"name":5}', b'{"id":2,"name":5}')[1] == [
        (2, [("type", "name"), ("required", "id")]),
        (3, [("type", "name")]),
    ]


def test_an_undeclared_key_may_have_any_value_where_it_stands() -> None:
    rows, reasons = _agrees(PAIR, b'{"id":1,"x":[1]}', b'{"id":2,"xyz":[2]}', b'{"id":3,"x":{}}', b'{"id":4,"x":[NaN]}')
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert reasons == [(4, [("json", "")])]


def test_keys_differ_by_case() -> None:
    rows, _ = _agrees(PAIR, b'{"ID":5,"id":1}', b'{"ID":"5","id":2}', b'{"id":3,"ID":6}')
    assert [row["id"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("number", [b"1" + b"0" * 400, b"3e99", b"1e400", b"-1e39", b"1" * 39 + b"0.5"])
def test_a_number_beyond_the_float_is_of_the_wrong_type(number: bytes) -> None:
    _, reasons = _agrees(FLOATS, b'{"ratio":1.5,"thin":2.5}', b'{"ratio":1,"thin":%b}' % number)
    assert reasons == [(2, [("type", "thin")])]


@pytest.mark.parametrize("number", [b"-0", b"-0.0", b"1e-99", b"3.4e37", b"16777217", b"0.1", b"1e+9", b"1E19"])
def test_a_float_has_the_same_bits_on_both_paths(number: bytes) -> None:
    rows, _ = _agrees(FLOATS, b'{"ratio":1.5,"thin":2.5}', b'{"ratio":%b,"thin":%b}' % (number, number))
    slow, _ = decide_json([b'{"ratio":%b,"thin":%b}\n' % (number, number)], FLOATS)
    assert repr(rows[1]) == repr(slow[0])


@pytest.mark.parametrize("text", [b"1234567890123.45", b"0.123456", b"99999999999999999999", b"1.10", b"-0.00"])
def test_a_decimal_is_exact_or_refused_whatever_its_digits(text: bytes) -> None:
    amounts = contract(Field(name="amount", type=DecimalType(20, 4)))
    rows, reasons = _agrees(amounts, b'{"amount":1.5}', b'{"amount":%b}' % text)
    fits = abs(Decimal(text.decode())) < 10**16 and Decimal(text.decode()) % Decimal("0.0001") == 0
    assert [row["amount"] for row in rows[1:]] == ([Decimal(text.decode())] if fits else [])
    assert reasons == ([] if fits else [(2, [("type", "amount")])])


def test_a_required_field_of_an_object_is_missed_though_another_key_stands_there() -> None:
    learned, other = b'{"user":{"id":1,"note":"a"}}', b'{"user":{"ix":1,"note":"a"}}'
    assert _agrees(WHOLE, learned, other)[1] == [(2, [("required", "user.id")])]


def test_a_required_field_of_an_object_is_null_only_where_rules_are_not_asked() -> None:
    data = b'{"user":{"id":1,"note":"a"}}\n{"user":{"ix":1,"note":"a"}}\n'
    parts = list(split(io.BytesIO(data), WHOLE, format="jsonl", rules=False, limits=Limits(threads=1)))
    assert [row["user"]["id"] for part in parts for row in part.good.to_pylist()] == [1, None]


def test_a_required_field_of_an_item_is_missed_though_another_key_stands_there() -> None:
    learned, other = b'{"items":[{"id":1,"note":"a"}]}', b'{"items":[{"id":1},{"ix":1,"note":"a"}]}'
    assert _agrees(ITEMS, learned, other)[1] == [(2, [("required", "items[2].id")])]


_KEYS = st.sampled_from(["i", "id", "idx", "n", "na", "name", "names", "ID", "", "x"])
_VALUES = st.sampled_from(
    ["1", "-0", "2.0", "1e1", '"a"', '"1"', "null", "true", "NaN", "[1,]", "{}", '{"a":1,"a":2}', "[null]", '"\\u0000"']
)
_OBJECTS = st.lists(st.tuples(_KEYS, _VALUES), max_size=4).map(
    lambda members: "{" + ",".join(f'"{key}":{value}' for key, value in members) + "}"
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(_OBJECTS, min_size=2, max_size=10))
def test_any_keys_are_read_alike_on_both_paths(lines: list[str]) -> None:
    _agrees(PAIR, *(line.encode() for line in lines))


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(_OBJECTS, min_size=2, max_size=8))
def test_any_keys_inside_are_read_alike_on_both_paths(inside: list[str]) -> None:
    _agrees(WHOLE, *(b'{"user":%b}' % one.encode() for one in inside))
    pairs = pairwise(inside)
    _agrees(ITEMS, *(b'{"items":[%b,%b]}' % (one.encode(), two.encode()) for one, two in pairs))


_PIECES = st.sampled_from(
    [
        b'{"id":1}',
        b'{"id":2,"name":"a"}',
        b"\n",
        b"\r",
        b"\r\n",
        b" ",
        b"{",
        b'"',
        b"\xff",
        b"\0",
        b"x" * 60,
        b"[1]",
        b"\\",
    ]
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(_PIECES, max_size=30).map(b"".join), st.sampled_from([7, 30, 1 << 20]))
def test_any_bytes_are_read_alike_as_lines_in_any_chunks(data: bytes, chunk: int) -> None:
    found = read(data, PAIR, "jsonl", chunk=chunk, record=1 << 20)
    raw = data.splitlines(keepends=True)
    rows, reasons = decide_json([line if line.strip(b"\r\n") else b'{"id":0}' for line in raw], PAIR)
    blank = sum(not line.strip(b"\r\n") for line in raw)
    assert (found.reasons, found.summary.blank_lines) == (reasons, blank)
    assert found.rows == [row for row in rows if row["id"] != 0]
    assert found.summary.read == len(raw) - blank


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("chunk", [5, 1 << 20])
def test_a_line_is_too_long_by_its_bytes_with_its_end(end: bytes, chunk: int) -> None:
    fits, longer = (
        b'{"id":%d}' % number + b" " * pad + end for number, pad in ((1, 12 - len(end)), (2, 13 - len(end)))
    )
    found = read(fits + longer + b'{"id":3}', PAIR, "jsonl", chunk=chunk, record=20)
    assert [row["id"] for row in found.rows] == [1, 3]
    assert found.reasons == [(2, [("too_long", "")])]


def test_good_records_that_were_in_doubt_keep_their_places() -> None:
    lines = [
        b'{"id":1,"name":"a"}',
        b'{"name":"b","id":2.0}',
        b"x",
        b'{"id":3e0}',
        b'{"id":4,"name":"d"}',
        b'{"id":5.0}',
    ]
    assert [row["id"] for row in _agrees(PAIR, *lines)[0]] == [1, 2, 3, 4, 5]


_DOCUMENT = st.lists(
    st.sampled_from(
        [
            b'{"id":1}',
            b'{"id":2,"name":"]"}',
            b",",
            b"[",
            b"]",
            b"{",
            b"}",
            b'"',
            b"\\",
            b":",
            b"\n",
            b"5",
            b"\xff",
            b"\0",
        ]
    ),
    max_size=25,
).map(b"".join)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(_DOCUMENT, st.sampled_from([b"]", b""]))
def test_any_document_is_an_error_or_read_alike_in_any_chunks(inside: bytes, end: bytes) -> None:
    data = b'[{"id":1},' + inside + end
    outcomes = []
    for chunk in (1, 9, 1 << 20):
        try:
            found = read(data, PAIR, "json", chunk=chunk)
        except InputError as error:
            outcomes.append(str(error))
        else:
            assert len(found.rows) + len(found.reasons) == found.summary.read
            outcomes.append(repr(found[:3]))
    assert len(set(outcomes)) == 1


def test_records_of_a_document_are_found_however_deeply_they_are_nested() -> None:
    deep = b'{"id":2,"x":' + b"[" * 40 + b'"]"' + b"]" * 40 + b"}"
    found = read(b'[{"id":1},\n' + deep + b',{"id":"3"},\n{"id":4}]', PAIR, "json", chunk=16)
    assert [row["id"] for row in found.rows] == [1, 2, 4]
    assert found.reasons == [(2, [("type", "id")])]


def test_records_of_a_document_may_take_several_lines() -> None:
    record = b'{\n  "id": %d,\n  "user": {\n    "name": "A]",\n    "born": "2000-02-29"\n  }\n}'
    found = read(b"[\n" + b",\n".join(record % number for number in range(5)) + b",\n5]", NESTED, "json")
    assert [row["id"] for row in found.rows] == [0, 1, 2, 3, 4]
    assert found.reasons == [(37, [("json", "")])]


def test_no_key_is_taken_for_a_declared_one_that_the_first_record_lacks() -> None:
    assert _agrees(of_types("big", "text"), b'{"big":1}', b'{"text":5}')[1] == [(2, [("type", "text")])]


def test_a_key_twice_is_seen_though_both_values_would_fit() -> None:
    learned, twice = b'{"big":1,"small":2}', b'{"big":1,"big":2}'
    assert _agrees(of_types("big", "small"), learned, twice)[1] == [(2, [("duplicate_key", "big")])]


def test_an_item_with_another_key_in_the_place_of_a_required_one_is_rejected() -> None:
    learned, other = b'{"items":[{"id":1,"note":"a"}]}', b'{"items":[{"ix":1,"note":"a"}]}'
    assert _agrees(ITEMS, learned, other)[1] == [(2, [("required", "items[1].id")])]


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_an_escaped_quote_in_a_document_may_be_cut_in_two(chunk: int) -> None:
    found = read(rb'[{"id":1,"name":"\"]"},{"id":2}]', PAIR, "json", chunk=chunk)
    assert [row["id"] for row in found.rows] == [1, 2]
