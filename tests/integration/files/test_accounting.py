"""Nothing is lost: the records of good and rejected rows, in order, are the file, whatever bytes it has."""

import base64
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.contracts.model import Contract, Field
from etl.contracts.types import Date, Integer, Struct, Text
from etl.extract.files import CsvOptions, Limits, Summary, split

PEOPLE = Contract(
    id="people",
    version="1.0.0",
    dataset="people",
    fields=(
        Field(name="id", type=Integer(64), required=True),
        Field(name="name", type=Text(), max_length=8),
        Field(name="born", type=Date()),
        Field(name="at", type=Struct((Field(name="city", type=Text()),))),
    ),
)
FLAT = Contract(id="people", version="1.0.0", dataset="people", fields=PEOPLE.fields[:3])
NO_HEADER = CsvOptions(header=False)

GOOD_CSV = b'1,Ann,2001-02-03\n2,"Bo, jr.",2002-03-04\r\n3,"Ci\n""two""",\n4,,2004-02-29\n5,\xc3\x89va,2005-06-07\n'
GOOD_JSON = (
    b'{"id":1,"name":"Ann","born":"2001-02-03","at":{"city":"Rome"}}\n'
    b'{"id":2,"name":null,"born":"2004-02-29","at":null}\r\n'
    b'{ "name": "\\u00c9va", "id": 3 }\n'
    b'{"id":4,"at":{"city":"\xc3\x89vora"},"more":[1,{"a":"b"}]}\n'
)


def _apart(
    data: bytes,
    contract: Contract,
    kind: str,
    chunk: int,
    record: int = 256,
) -> tuple[list[dict[str, Any]], list[tuple[int, bytes]], Summary]:
    limits = Limits(chunk_bytes=chunk, record_bytes=record, threads=2)
    parts = split(io.BytesIO(data), contract, format=kind, csv=NO_HEADER, limits=limits)
    rows, rejects = [], []
    for part in parts:
        rows += part.good.to_pylist()
        for one in part.rejects:
            raw = one.record.encode() if isinstance(one.record, str) else base64.b64decode(one.record["$binary"])
            rejects.append((one.line, raw))
    summary = parts.summary
    assert (summary.read, summary.good, summary.rejected) == (len(rows) + len(rejects), len(rows), len(rejects))
    return rows, rejects, summary


def _lines(data: bytes) -> list[bytes]:
    """Return the lines without their ends; bytes have no other ends than LF, CR LF and CR."""
    return data.splitlines()


def _assert_accounted(data: bytes, contract: Contract, kind: str, chunk: int) -> None:
    """Take every reject out of the file where it says it stood: the rest is good, alone, in order and in full."""
    rows, rejects, summary = _apart(data, contract, kind, chunk)
    lines: list[bytes | None] = list(_lines(data))
    blank = summary.blank_lines
    for line, raw in rejects:
        length = len(_lines(raw)) or 1
        there = lines[line - 1 : line - 1 + length]
        assert [one for one in there if one is not None] == (_lines(raw) or [b""])
        lines[line - 1 : line - 1 + length] = [None] * length
    rest = [one for one in lines if one is not None]

    if kind == "jsonl":
        assert len([one for one in rest if one]) == len(rows)
        assert len([one for one in rest if not one]) == blank
    again, refused, _ = _apart(b"\n".join(rest), contract, kind, 1 << 20)
    # A field of several lines comes out of the rest with LF between them, as it is joined.
    assert (_with_lf(again), refused) == (_with_lf(rows), [])


def _with_lf(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: "\n".join(value.splitlines()) if isinstance(value, str) else value for key, value in row.items()}
        for row in rows
    ]


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    """Draw a good file of which a few bytes are flipped, cut out, put in or doubled."""
    data = bytearray(good * draw(st.integers(1, 3)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        end = at + draw(st.integers(1, 12))
        match draw(st.sampled_from(["flip", "cut", "insert", "double"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at:end]
            case "insert":
                data[at:at] = draw(
                    st.sampled_from([b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"{", b"]", b"\\"])
                )
            case "double":
                data[at:at] = data[at:end]
    return bytes(data)


BYTES = st.binary(max_size=200) | st.text('0123,"\n\r\0aé\u2028\x0b\x0c\x1c\x85', max_size=80).map(str.encode)
CHUNKS = st.sampled_from([1, 16, 61, 1 << 20])


@settings(max_examples=25, deadline=None)
@given(BYTES | mutated(GOOD_CSV), CHUNKS)
def test_every_byte_of_a_csv_file_is_good_or_rejected(data: bytes, chunk: int) -> None:
    if not data.startswith((b"\x1f\x8b", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        _assert_accounted(data, FLAT, "csv", chunk)


@settings(max_examples=25, deadline=None)
@given(BYTES | mutated(GOOD_JSON), CHUNKS)
def test_every_byte_of_json_lines_is_good_or_rejected(data: bytes, chunk: int) -> None:
    if not data.startswith((b"\x1f\x8b", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        _assert_accounted(data, PEOPLE, "jsonl", chunk)


@settings(max_examples=15, deadline=None)
@given(mutated(GOOD_CSV), st.sampled_from([1, 7, 64]))
def test_the_size_of_chunks_changes_nothing(data: bytes, chunk: int) -> None:
    if not data.startswith((b"\x1f\x8b", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        assert _apart(data, FLAT, "csv", chunk) == _apart(data, FLAT, "csv", 1 << 20)


@pytest.mark.parametrize("chunk", [1, 40, 1 << 20])
def test_the_good_files_are_good(chunk: int) -> None:
    rows, rejects, _ = _apart(GOOD_CSV, FLAT, "csv", chunk)
    assert ([row["id"] for row in rows], rejects) == ([1, 2, 3, 4, 5], [])
    rows, rejects, _ = _apart(GOOD_JSON, PEOPLE, "jsonl", chunk)
    assert ([row["id"] for row in rows], rejects) == ([1, 2, 3, 4], [])


def test_lines_behind_a_gigantic_one_keep_their_numbers() -> None:
    data = b"1,Ann,\n3," + b"x" * 30 + b"\r\n2,Bo,\nx,Ci,\n"
    for chunk in range(36, 42):
        rows, rejects, summary = _apart(data, FLAT, "csv", chunk, record=10)
        assert [row["id"] for row in rows] == [1, 2]
        assert ([line for line, _ in rejects], summary.blank_lines) == ([2, 4], 0)
