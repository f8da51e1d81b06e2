"""Files of text with every kind of dirt: exactly these rows are good, exactly those records are rejected, and why."""

import base64
import gzip
import json
from typing import Any

import pytest

from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Date, Integer, Struct, Text
from etl.errors import ContractError, InputError
from etl.extract.files import CsvOptions, JsonOptions
from tests.data_quality.dirt.reading import Rejected, outcome

PEOPLE = Contract(
    id="people",
    version="1.0.0",
    dataset="people",
    fields=(
        Field(name="id", type=Integer(64), required=True, minimum=1),
        Field(name="name", type=Text(), min_length=2, max_length=5, pattern="^[A-Z]"),
        Field(name="born", type=Date()),
    ),
)
FAMILIES = Contract(
    id="families",
    version="1.0.0",
    dataset="families",
    fields=(
        Field(name="id", type=Integer(64), required=True),
        Field(
            name="home",
            type=Struct((Field(name="city", type=Text(), required=True, allowed=("Rome", "Oslo")),)),
        ),
        Field(name="ages", type=Array(Field(name="element", type=Integer(16), required=True))),
    ),
)

NAMES = Contract(
    id="names",
    version="1.0.0",
    dataset="names",
    fields=(Field(name="id", type=Integer(64)), Field(name="name", type=Text())),
)

CSV_LINES: list[tuple[bytes, Any]] = [
    (b"1,Ann,2001-02-03\n", {"id": 1, "name": "Ann"}),
    (b"2,Ann\n", [("columns", "")]),
    (b"3,Ann,2001-02-03,\n", [("columns", "")]),
    (b"4,Ann,2001-02-03\r\n", {"id": 4, "name": "Ann"}),
    (b'5,"Ann,2001-02-03\n', [("quotes", "")]),
    (b'6,An"n,2001-02-03\n', [("quotes", "")]),
    (b'7,"Ann"x,2001-02-03\n', [("quotes", "")]),
    (b"8,A\0nn,2001-02-03\n", [("nul", "")]),
    (b"9,J\xe9,2001-02-03\n", [("encoding", "")]),
    (b"10,\xed\xa0\x80,2001-02-03\n", [("encoding", "")]),
    (b"\n", None),
    (b"x,ann,2001-02-30\n", [("type", "id"), ("type", "born"), ("pattern", "name")]),
    (b",A,2001-02-03\n", [("required", "id"), ("length", "name")]),
    (b"0,Annabel,2001-02-03\n", [("range", "id"), ("length", "name")]),
    (b"9223372036854775808,Ann,\n", [("type", "id")]),
    (b'16,"A""\n""n",2001-02-03\r\n', {"id": 16, "name": 'A"\n"n'}),
    ("17,Å\U0001f642n,\n".encode(), [("pattern", "name")]),
    ("18,A\u0301\U0001f642\U0001f642n,\n".encode(), {"id": 18, "name": "A\u0301\U0001f642\U0001f642n"}),
    (b"19," + b"A" * 5000 + b",2001-02-03\n", [("too_long", "")]),
    (b'20,"",\n', [("length", "name"), ("pattern", "name")]),
    (b"  \n", [("columns", "")]),
    (b"21;Ann;2001-02-03\n", [("columns", "")]),
    (b"1\n", [("columns", "")]),
    (b"1,Ann,,more\n", [("columns", "")]),
    (b'1,A"nn\n', [("quotes", "")]),
    (b'"3"x,Ann,\n', [("quotes", "")]),
    (b'"",Ann,\n', [("required", "id")]),
    (b'21,"A,\r\nn",\n', {"id": 21, "name": "A,\r\nn"}),
    (b'22,"Ann",2001-02-03', {"id": 22, "name": "Ann"}),
]


def _expected(lines: list[tuple[bytes, Any]], first: int) -> tuple[list[int], list[Rejected]]:
    rejects = []
    for raw, what in lines:
        if isinstance(what, list):
            rejects.append(Rejected(first, what, _kept(raw)))
        first += raw.count(b"\n") or 1
    return [what["id"] for _, what in lines if isinstance(what, dict)], rejects


def _kept(raw: bytes) -> Any:
    raw = raw.rstrip(b"\r\n")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"$binary": base64.b64encode(raw).decode()}


@pytest.mark.parametrize("chunk", [1, 50, 333, 1 << 20])
@pytest.mark.parametrize("packed", [False, True])
def test_every_kind_of_dirt_in_one_csv_file(chunk: int, *, packed: bool) -> None:
    data = b"id,name,born\n" + b"".join(raw for raw, _ in CSV_LINES)
    found = outcome(gzip.compress(data) if packed else data, PEOPLE, "csv", chunk=chunk, record=4096)
    good, refused = _expected(CSV_LINES, 2)

    assert [row["id"] for row in found.rows] == good
    assert [{key: row[key] for key in ("id", "name")} for row in found.rows] == [
        what for _, what in CSV_LINES if isinstance(what, dict)
    ]
    # What is too long is cut; how much of it is kept is no promise.
    assert [one[:2] for one in found.rejects] == [one[:2] for one in refused]
    whole = [(one.record, other.record) for one, other in zip(found.rejects, refused, strict=True)]
    assert all(one == other or other.startswith(one) for one, other in whole)
    assert found.summary.blank_lines == 1


JSON_LINES: list[tuple[bytes, Any]] = [
    (b'{"id":1,"home":{"city":"Rome"},"ages":[3,40]}\n', {"id": 1}),
    (b'{"id":2,"home":{"city":"Rome"},}\n', [("json", "")]),
    (b'{"id":3,"home":{"city":"Rome"}} {}\n', [("json", "")]),
    (b'{"id":4,"home":{"city":"Rome"\n', [("json", "")]),
    (b"{'id':5}\n", [("json", "")]),
    (b'{"id":NaN}\n', [("json", "")]),
    (b'{"id":-Infinity}\n', [("json", "")]),
    (b'{"id":01}\n', [("json", "")]),
    (b'{"id":+1}\n', [("json", "")]),
    (b'{"id":.5}\n', [("json", "")]),
    (b'{"id":1,"x":"a\tb"}\n', [("json", "")]),
    (b'{"id":1,"x":"\\x41"}\n', [("json", "")]),
    (b'{"id":1,"x":"\\udc00\\ud800"}\n', [("json", "")]),
    (b'{"id":1} // one\n', [("json", "")]),
    (b'{"id":1} x\n', [("json", "")]),
    (b'{"id":1,"x":"\\ud800"}\n', [("json", "")]),
    (b"[1]\n", [("json", "")]),
    (b'{"id":9223372036854775808}\n', [("type", "id")]),
    (b'{"id":1.5}\n', [("type", "id")]),
    (b'{"id":true}\n', [("type", "id")]),
    (b'{"id":1,"home":{"city":1}}\n', [("type", "home.city")]),
    (b'[{"id":1}]\n', [("json", "")]),
    (b'"id"\n', [("json", "")]),
    (b"null\n", [("json", "")]),
    (b"  \n", [("json", "")]),
    (b'\xef\xbb\xbf{"id":1}\n', [("json", "")]),
    (b"\n", None),
    (b'{"id":1,"id":1}\n', [("duplicate_key", "id")]),
    (b'{"id":1,"\\u0069d":2}\n', [("duplicate_key", "id")]),
    (b'{"id":1,"home":{"city":"Rome","city":"Oslo"}}\n', [("duplicate_key", "city")]),
    (b'{"id":1,"x":[{"y":{"z":1,"z":1}}]}\n', [("duplicate_key", "z")]),
    (b'{"id":1,"x":"\xff"}\n', [("encoding", "")]),
    (b'{"id":1,"x":"\0"}\n', [("nul", "")]),
    (b'{"id":1,"home":{"city":"\\u0000"}}\n', [("nul", "home.city")]),
    (b'{"ID":1}\n', [("required", "id")]),
    (b'{"id":null,"home":{}}\n', [("required", "id"), ("required", "home.city")]),
    (b'{"id":2,"home":{"city":"Bonn"}}\r\n', [("allowed", "home.city")]),
    (b'{"id":2,"home":"Rome"}\n', [("type", "home")]),
    (b'{"id":2,"home":{"city":["Rome"]}}\n', [("type", "home.city")]),
    (b'{"id":2,"ages":[1,"2",null,40000]}\n', [("type", "ages[2]"), ("required", "ages[3]"), ("type", "ages[4]")]),
    (b'{"id":2,"ages":{"0":1}}\n', [("type", "ages")]),
    (b'{"id":"2","ages":7}\n', [("type", "id"), ("type", "ages")]),
    (b'{"id":2,"x":' + b"[" * 3000 + b"]" * 3000 + b"}\n", [("too_long", "")]),
    (b'{"id":2,"x":' + b"[" * 500 + b"]" * 500 + b"}\n", [("json", "")]),
    (b'{"id":36,"home":null,"ages":[],"x":{"y":1e999}}\n', {"id": 36}),
    (b'\t{ "ages" : [ 1.0 ] , "id" : 1e1 } \n', {"id": 10}),
    (b'{"id":37}', {"id": 37}),
]


@pytest.mark.parametrize("chunk", [1, 70, 1 << 20])
def test_every_kind_of_dirt_in_one_file_of_json_lines(chunk: int) -> None:
    data = b"".join(raw for raw, _ in JSON_LINES)
    found = outcome(data, FAMILIES, "jsonl", chunk=chunk, record=4096)
    good, refused = _expected(JSON_LINES, 1)

    assert [row["id"] for row in found.rows] == good
    assert [one[:2] for one in found.rejects] == [one[:2] for one in refused]
    whole = [(one.record, other.record) for one, other in zip(found.rejects, refused, strict=True)]
    assert all(one == other or other.startswith(one) for one, other in whole)
    assert found.summary.blank_lines == 1


# Without what makes a document unreadable as a whole, or is no value of its own there.
_IN_DOCUMENT = [
    (raw, what)
    for raw, what in JSON_LINES
    if what is not None
    and raw.count(b"{") == raw.count(b"}")
    and b"too_long" not in str(what).encode()
    and b"//" not in raw
    and b"} x" not in raw
    and b"}} {}" not in raw
    and raw.strip()
]


@pytest.mark.parametrize("chunk", [70, 1 << 20])
def test_every_kind_of_dirt_in_one_json_document(chunk: int) -> None:
    elements = [raw.rstrip(b"\r\n").strip() for raw, _ in _IN_DOCUMENT]
    data = b'{"type": "All", "of": {"them": [\n' + b",\n".join(elements) + b'\n]}, "n": 1}\n'
    found = outcome(data, FAMILIES, "json", json=JsonOptions(path="of.them"), chunk=chunk, record=4096)
    good, refused = _expected(_IN_DOCUMENT, 2)

    assert [row["id"] for row in found.rows] == good
    assert [one[:2] for one in found.rejects] == [one[:2] for one in refused]


# Of no time: it would be in the names of the tests, which have to be the same in every worker.
PACKED = gzip.compress(b"id,name,born\n1,Ann,\n", mtime=0)
FILES: list[tuple[str, bytes, dict[str, Any], str]] = [
    ("csv", b"", {}, "the file is empty: not even a header"),
    ("csv", b"\xef\xbb\xbf", {}, "the file is empty: not even a header"),
    ("csv", gzip.compress(b"", mtime=0), {}, "the file is empty: not even a header"),
    ("csv", b"id;name;born\n1;Ann;\n", {}, "no column 'id'.*names id;name;born.*delimiter"),
    ("csv", b"id,name\n1,Ann\n", {}, "no column 'born'"),
    ("csv", b"id,name,born,name\n", {}, "two columns named 'name'"),
    ("csv", b"id,name,bo\0rn\n", {}, "line 1 is not a header: nul"),
    ("csv", b"id,name,b\xf6rn\n", {}, "line 1 is not a header: encoding"),
    ("csv", b'id,na"me,born\n', {}, "line 1 is not a header: quotes"),
    ("csv", "id,name,born\n".encode("utf-16"), {}, "utf-16, by its byte order mark: give the option encoding='utf-16'"),
    ("csv", "id,name,born\n".encode("utf-32"), {}, "utf-32, by its byte order mark: give the option encoding='utf-32'"),
    ("csv", PACKED[:-4], {}, "ends in the middle of its gzip data: fetch it again"),
    ("csv", PACKED + b"more", {}, "broken gzip data.*fetch it again"),
    ("csv", PACKED[:-8] + bytes(8), {}, "broken gzip data.*fetch it again"),
    ("csv", b"id,name,born\n1,J\x81,\n", {"csv": CsvOptions(encoding="cp1252")}, "is not in cp1252"),
    ("jsonl", '{"id":1}\n'.encode("utf-16"), {}, "utf-16, by its byte order mark"),
    ("json", b"", {}, "not an array of records"),
    ("json", b'{"rows":[]}', {}, "not an array of records: give the keys"),
    ("json", b'{"rows":{}}', {"json": JsonOptions(path="rows")}, "rows is not an array of records"),
    ("json", b'{"rows":[]}', {"json": JsonOptions(path="data")}, "data is not there"),
    ("json", b'[{"id":1},', {}, "before the document does: fetch it again"),
    ("json", b'[{"id":1}', {}, "before the document does: fetch it again"),
    ("json", b'[{"id":1', {}, "before the document does: fetch it again"),
    ("json", b'[{"id":1} {"id":2}]', {}, "line 1: .* stands where the array goes on"),
    ("json", '[{"id":1}]'.encode("utf-16"), {}, "utf-16, by its byte order mark"),
    ("parquet", b"", {}, "the file is not a readable Parquet file"),
    ("parquet", b"PAR1" + bytes(100) + b"PAR1", {}, "the file is not a readable Parquet file"),
]


@pytest.mark.parametrize(("format", "data", "options", "message"), FILES)
def test_a_file_that_cannot_be_read_says_what_to_do(format: str, data: bytes, options: Any, message: str) -> None:  # noqa: A002
    with pytest.raises(InputError, match=message):
        outcome(data, FAMILIES if format == "json" else PEOPLE, format, **options)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'[{"id":1}] trailing garbage', None),
        (b'[{"id":1}][{"id":2}]', None),
        (b'{"rows":[{"id":1}]', "rows"),
        (b'{"rows":[{"id":1}],"rows":[{"id":2}]}', "rows"),
        (b'{"n":NaN,"rows":[{"id":1}]}', "rows"),
        (b'{"rows":[{"id":1}],"n":[1,{"a":1,"a":2}]}', "rows"),
        (b'{"rows":[{"id":1}],}', "rows"),
        (b'{"rows":[{"id":1}]"n":1}', "rows"),
        (b'{"n" 1,"rows":[{"id":1}]}', "rows"),
        (b'{"rows":[{"id":1}],n:1}', "rows"),
        (b'{"n":"\xff","rows":[{"id":1}]}', "rows"),
        (b'{"n":[[]],"r\\u006fws":[{"id":1}],"rows":[{"id":2}]}', "rows"),
        (b'{"a":{"rows":[{"id":1}]}', "a.rows"),
        (b'{"a":{"rows":[{"id":1}]},"a":{"rows":[{"id":2}]}}', "a.rows"),
    ],
)
def test_what_stands_around_the_array_of_a_document_is_not_passed_over(data: bytes, path: str | None) -> None:
    with pytest.raises(InputError, match=r"^the file.*(repair the document|fetch it again)"):
        outcome(data, FAMILIES, "json", json=JsonOptions(path=path))


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_what_stands_around_the_array_may_be_any_json(chunk: int) -> None:
    around = b'"n" : 1.5e3, "m":[ ], "o":{"rows":[{"id":9}]}, "s":"]}\\"", "l":[1,[2],{"a":null}]'
    data = b'\n{%b, "a":{"b":{},"r\\u00f6ws": [{"id":1,"home":{"city":"Rome"}}\n]\n,"z":true}}\n' % around
    found = outcome(data, FAMILIES, "json", json=JsonOptions(path="a.röws"), chunk=chunk)

    assert [row["id"] for row in found.rows] == [1]


@pytest.mark.parametrize("data", [b"\nid,name,born\n1,Ann,\n", b"id,name,born" + b" " * 5000 + b"\n1,Ann,\n"])
def test_a_header_that_is_blank_or_too_long_is_called_so(data: bytes) -> None:
    with pytest.raises(InputError, match=r"blank|too_long"):
        outcome(data, PEOPLE, "csv", chunk=100, record=1000)


def test_a_string_may_be_cut_anywhere() -> None:
    data = b'[{"id":1,"name":"Ab\\n]}c"},{"id":2,"name":"Ab"}]'
    for chunk in range(1, len(data) + 1):
        assert [row["id"] for row in outcome(data, NAMES, "json", chunk=chunk).rows] == [1, 2]


def test_an_absent_object_is_not_asked_for_its_fields() -> None:
    lines = b'{"id":1,"home":{"city":"Rome"}}\n{"id":2}\n{"id":3,"home":null}\n'
    found = outcome(lines, FAMILIES, "jsonl")

    assert [row["home"] for row in found.rows] == [{"city": "Rome"}, None, None]


def test_records_of_a_document_keep_their_text() -> None:
    elements = [{"id": number, "home": {"city": "Bonn"}, "é": [None, 1.5, "]}"]} for number in range(3)]
    found = outcome(json.dumps(elements, indent=1, ensure_ascii=False).encode(), FAMILIES, "json", chunk=7)

    assert [json.loads(one.record) for one in found.rejects] == elements
    assert [one.line for one in found.rejects] == [2, 13, 24]


def test_names_in_a_header_may_be_quoted_spaced_and_behind_a_byte_order_mark() -> None:
    found = outcome(b'\xef\xbb\xbf"id", name ,"more"\n1,Ann,\n', NAMES, "csv")

    assert (found.rows, found.summary.left_out) == ([{"id": 1, "name": "Ann"}], ("more",))


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize(
    "names",
    [
        ("0 text", "1 field"),
        ("_0 text", "__1 parsed"),
        ("the record", "the text"),
        ("judged_rows", "line"),
        ('a"b', "a'b"),
        ("a.b", "a"),
        ("select", "$1"),
        ("é", "É"),
    ],
)
def test_columns_may_have_any_name(names: tuple[str, str], format: str) -> None:  # noqa: A002
    contract = Contract(
        id="names",
        version="1.0.0",
        dataset="names",
        fields=tuple(Field(name=name, type=Integer(64), maximum=20) for name in names),
    )
    records = [dict(zip(names, row, strict=True)) for row in ((1, 11), (2, 12), (3, 21))]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    lines = [header, *(",".join(map(str, record.values())) for record in records)]
    data = "\n".join(map(json.dumps, records) if format == "jsonl" else lines)
    found = outcome(data.encode(), contract, format)

    assert found.rows == records[:2]
    assert [one.why for one in found.rejects] == [[("range", names[1])]]


def test_a_column_may_be_called_what_a_query_could_call_its_verdict() -> None:
    contract = Contract(id="names", version="1.0.0", dataset="names", fields=(Field(name="is good", type=Integer(64)),))
    assert outcome(b"is good,b\n1,2\n", contract, "csv").rows == [{"is good": 1}]


@pytest.mark.parametrize("format", ["csv", "jsonl", "json", "parquet"])
@pytest.mark.parametrize("nested", [False, True])
def test_fields_that_only_case_tells_apart_are_refused(format: str, *, nested: bool) -> None:  # noqa: A002
    fields: tuple[Field, ...] = (Field(name="a", type=Integer(64)), Field(name="A", type=Integer(64)))
    if nested:
        fields = (Field(name="all", type=Array(Field(name="element", type=Struct(fields)))),)
    contract = Contract(id="names", version="1.0.0", dataset="names", fields=fields)
    with pytest.raises(ContractError, match="fields 'a' and 'A' apart"):
        outcome(b"", contract, format)


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_column_of_another_case_is_another_column(format: str) -> None:  # noqa: A002
    data = b"A,a\n1,2\n" if format == "csv" else b'{"A":1,"a":2}\n{"A":3}\n'
    contract = Contract(id="names", version="1.0.0", dataset="names", fields=(Field(name="a", type=Integer(64)),))
    rows = outcome(data, contract, format).rows

    assert rows == ([{"a": 2}] if format == "csv" else [{"a": 2}, {"a": None}])
