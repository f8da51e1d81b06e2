"""A draft of a contract from a file: what it says holds for every row, and it says no more."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.contracts import Contract, Field, read_contract
from etl.contracts.located import Document
from etl.contracts.reader import parse_contract
from etl.contracts.types import (
    Array,
    Boolean,
    Date,
    Decimal,
    Float,
    Integer,
    Json,
    Number,
    Struct,
    Text,
    Timestamp,
    Type,
    Uuid,
)
from etl.errors import ContractError, InputError
from etl.extract.files import split
from etl.values.records import RecordValidator
from serverless_app.authoring.infer import infer
from serverless_app.authoring.infer.draft import scalar
from serverless_app.authoring.standard import check_standard

UUIDS = ("123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174001")


def drafted(path: Path, **said: Any) -> Contract:
    """The contract that a file's draft is, valid here and in the standard."""
    draft = path.with_suffix(".contract.yaml")
    draft.write_text(infer(path, **said), encoding="utf-8")
    check_standard(draft)
    return read_contract(draft)


def without_examples(field: Field) -> Field:
    match field.type:
        case Struct(fields):
            return replace(field, type=Struct(tuple(map(without_examples, fields))), examples=())
        case Array(item):
            return replace(field, type=Array(without_examples(item)), examples=())
    return replace(field, examples=())


def of_csv(tmp_path: Path, text: str, **said: Any) -> Contract:
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    return drafted(path, **said)


def of_column(tmp_path: Path, values: Sequence[str]) -> Field:
    """The field of a column beside one that keeps lines from being empty."""
    return of_csv(tmp_path, "a,rest\n" + "".join(f"{value},x\n" for value in values)).field("a")


def of_json(tmp_path: Path, *values: object) -> Field:
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps({"a": value}) + "\n" for value in values), encoding="utf-8")
    return drafted(path).field("a")


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1", "-2", "30"], Integer(64)),
        (["1.0", "2.", " 3 "], Integer(64)),
        (["9223372036854775807", "-9223372036854775808"], Integer(64)),
        (["9223372036854775808"], Decimal(19, 0)),
        (["1" * 30, "0.12345678901234567"], Number()),
        (["12.50", "7", "-0.5"], Decimal(18, 2)),
        (["0.5"], Decimal(18, 2)),
        (["0.1234"], Decimal(18, 4)),
        (["1234567890123456789.25"], Decimal(21, 2)),
        (["-118.6671667", "2"], Float(64)),
        (["0.12345678901234567890"], Decimal(19, 19)),
        (["0" + "1" * 5, "2"], Text()),
        (["+491234", "+49567"], Text()),
        (["-01"], Text()),
        (["0", "0.5"], Decimal(18, 2)),
        (["1", "x"], Text()),
        (["1e5", "2"], Text()),
        (["NaN", "1.5"], Text()),
        (["true", "FALSE"], Boolean()),
        (["1", "0"], Integer(64)),
        (["Y", "N"], Text()),
        (["2018-02-01", "2018-12-31"], Date()),
        (["2018-02-30", "2018-02-01"], Text()),
        (["2018-02-01 10:00:00", "2018-02-01"], Timestamp(zoned=False)),
        (["2018-02-01T10:00:00Z", "2018-02-01T10:00:00+02:00"], Timestamp(zoned=True)),
        (["2018-02-01T10:00:00.1234567Z"], Text()),
        (UUIDS, Uuid()),
        (["", ""], Text()),
        (['""', "1"], Text()),
    ],
)
def test_a_column_gets_the_narrowest_type_that_holds_every_value(
    tmp_path: Path, values: Sequence[str], type_: Type
) -> None:
    assert of_column(tmp_path, values).type == type_


def test_one_value_in_the_last_row_counts_as_much_as_all_before(tmp_path: Path) -> None:
    assert of_column(tmp_path, [*map(str, range(30_000)), "x"]).type == Text()


def test_a_column_is_required_when_it_never_is_null(tmp_path: Path) -> None:
    contract = of_csv(tmp_path, 'a,b,c\n1,,""\n2,x,""\n')

    assert [field.required for field in contract.fields] == [True, False, True]


def test_rows_after_the_bound_are_not_looked_at_and_the_draft_says_so(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,1\n2,2\nx,x\n")

    assert infer(path, rows=2).startswith("# Drafted from data.csv: 2 rows, the first 2; there are more.\n")
    assert drafted(path, rows=2).field("a").type == Integer(64)
    assert infer(path, rows=3).startswith("# Drafted from data.csv: 3 rows, all of them.\n")


@pytest.mark.parametrize(
    ("header", "rows", "key"),
    [
        ("n,order_id", ["1,7", "2,8"], ("order_id",)),
        ("customer_id,order_id", ["1,7", "1,8"], ("order_id",)),
        ("orderId,x", ["7,1", "8,1"], ("orderId",)),
        ("ID,x", ["7,1", "8,1"], ("ID",)),
        ("paid,x", ["7,1", "8,2"], ()),
        ("id,x", ["7,1", "7,2"], ()),
        ("id,x", [",1", "7,2"], ()),
        ("id,x", ["1.5,1", "7,2"], ()),
    ],
)
def test_the_key_is_the_first_column_that_is_named_so_complete_and_unique(
    tmp_path: Path, header: str, rows: list[str], key: tuple[str, ...]
) -> None:
    assert of_csv(tmp_path, "\n".join([header, *rows]) + "\n").primary_key == key


@pytest.mark.parametrize("name", ["order-id", "größe", "a b", "true", "a: b", "#x", "{x}", "null", "1", "-", "x'y"])
def test_names_are_kept_verbatim(tmp_path: Path, name: str) -> None:
    assert [field.name for field in of_csv(tmp_path, f"{name},other\n1,2\n").fields] == [name, "other"]


def test_another_separator_is_found_and_said(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a;b\n1;x,y\n2;z\n")

    assert "# The fields are separated by ';'.\n" in infer(path)
    assert drafted(path).field("b").type == Text()


def test_empty_fields_at_the_ends_of_lines_are_nulls(tmp_path: Path) -> None:
    contract = of_csv(tmp_path, "\ufeffa,b\n1,\n2,0.5\n3,\n")

    assert [(field.name, field.required) for field in contract.fields] == [("a", True), ("b", False)]


def test_lines_that_are_no_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n3,4,5\n6,7\n")

    text = infer(path)

    assert "2 rows, all of them" in text
    assert "# 1 lines are no rows of it, and were left out; the first is line 3.\n" in text
    assert drafted(path).field("a").type == Integer(64)


def test_few_values_are_suggested_and_no_rule(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("kind,n\n" + "open,1\nshut,2\n" * 3)

    assert "#     arguments: {validValues: [open, shut]}\n" in infer(path)
    assert drafted(path).field("kind").allowed is None


def test_the_suggestion_is_right_when_it_is_uncommented(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("kind,n\n" + "x,1\n'y: #,2\n" * 3)
    lines = infer(path).splitlines()
    start = next(index for index, line in enumerate(lines) if "# quality:" in line)
    lines[start : start + 4] = [line.replace("# ", "", 1) for line in lines[start : start + 4]]
    path.with_suffix(".yaml").write_text("\n".join(lines))

    assert read_contract(path.with_suffix(".yaml")).field("kind").allowed == ("x", "'y: #")


def test_examples_are_written_as_the_type_has_them(tmp_path: Path) -> None:
    contract = of_csv(tmp_path, "n,d,b,t\n1.0,2.50,TRUE,0012\n")

    examples = [field.examples for field in contract.fields]
    assert examples == [(1,), (Exact("2.50"),), (True,), ("0012",)]
    assert [str(example) for (example,) in examples] == ["1", "2.50", "True", "0012"]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, 2], Integer(64)),
        ([1, 2.5], Decimal(18, 2)),
        ([-118.6671667], Float(64)),
        ([10**30], Decimal(31, 0)),
        ([10**40], Number()),
        ([2**63 - 1, -(2**63)], Integer(64)),
        ([2**63], Decimal(19, 0)),
        (["1", "2"], Text()),
        (["2018-02-01"], Date()),
        ([True, False], Boolean()),
        ([True, 1], Json()),
        ([1, "x"], Json()),
        ([{}, {}], Json(only_objects=True)),
        ([{"x": 1}, [1]], Json()),
        ([{"x": 1, "X": 2}], Json(only_objects=True)),
        ([None], Text()),
        ([[1], []], Array(Field(name="element", type=Integer(64), required=True))),
        ([[1, None]], Array(Field(name="element", type=Integer(64)))),
        ([[]], Array(Field(name="element", type=Text()))),
    ],
)
def test_a_json_value_keeps_its_kind(tmp_path: Path, values: list[object], type_: Type) -> None:
    assert of_json(tmp_path, *values).type == type_


def test_objects_become_structs_with_the_keys_of_all_of_them(tmp_path: Path) -> None:
    field = of_json(tmp_path, {"x": 1}, None, {"x": 2, "y": {"z": "2018-02-01"}})

    assert not field.required
    assert isinstance(field.type, Struct)
    assert [(inner.name, inner.required) for inner in field.type.fields] == [("x", True), ("y", False)]
    nested = field.type.fields[1].type
    assert isinstance(nested, Struct)
    assert [(inner.name, inner.type, inner.required) for inner in nested.fields] == [("z", Date(), True)]


@pytest.mark.parametrize(
    "text", ['[{"a": 1}, {"a": 2}]', '{"meta": {}, "rows": [{"a": 1},\n {"a": 2}]}', '{"a": 1}\n\n{"a": 2}']
)
def test_records_stand_in_lines_in_an_array_or_in_an_object(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(text)

    assert "2 rows, all of them" in infer(path)
    assert [field.name for field in drafted(path).fields] == ["a"]


def test_parquet_has_its_types_and_its_nulls_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    line = pa.struct([("price", pa.decimal128(9, 2)), ("note", pa.string())])
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "small": pa.array([1, None], pa.int8()),
            "big": pa.array([2**64 - 1, 1], pa.uint64()),
            "f": pa.array([1.5, 2], pa.float32()),
            "d": [date(2018, 2, 1)] * 2,
            "at": pa.array([datetime(2018, 2, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")),
            "local": pa.array([datetime(2018, 2, 1)] * 2, pa.timestamp("ms")),  # noqa: DTZ001 -- without a zone
            "lines": pa.array([[{"price": Exact("1.50"), "note": None}], []], pa.list_(line)),
            "word": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)

    contract = drafted(path)

    price = Field(name="price", type=Decimal(9, 2), required=True)
    element = Field(name="element", type=Struct((price, Field(name="note", type=Text()))), required=True)
    assert contract.primary_key == ("id",)
    assert [(field.name, without_examples(field).type, field.required) for field in contract.fields] == [
        ("id", Integer(32), True),
        ("small", Integer(16), False),
        ("big", Decimal(20, 0), True),
        ("f", Float(32), True),
        ("d", Date(), True),
        ("at", Timestamp(), True),
        ("local", Timestamp(zoned=False), True),
        ("lines", Array(element), True),
        ("word", Text(), True),
    ]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([b"x"]), "column a is of type binary, which no contract has"),
        (pa.array([1], pa.timestamp("ns")), "column a has times in nanoseconds"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), "column a is of type map"),
    ],
)
def test_a_parquet_type_that_no_contract_has_is_refused_by_name(tmp_path: Path, column: pa.Array, said: str) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"a": column}), path)

    with pytest.raises(InputError, match=said):
        infer(path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("data.csv", "a,b\n", "it has no rows"),
        ("data.csv", "", "it has no rows"),
        ("data.csv", "\n\n", "it needs a line with the names of the columns"),
        ("data.csv", 'a,"b\n1,2\n', "it needs quotes around whole fields"),
        ("data.csv", "a,a\n1,2\n", "the name 'a' twice"),
        ("data.csv", "a,\n1,2\n", "or an empty one"),
        ("data.jsonl", "", "it has no rows"),
        ("data.json", "", "no JSON"),
        ("data.jsonl", "{}\n", "it has no fields"),
        ("data.jsonl", '{"a": 1}\n{"a": \n', "data.jsonl:2: no JSON"),
        ("data.jsonl", '{"a": 1}\n[1]\n', "data.jsonl:2: the line holds no JSON object"),
        ("data.json", "[1, 2]", "neither a JSON object a line nor one array of objects"),
        ("data.parquet", "PAR1", "cannot be read as Parquet"),
        ("data.xlsx", "x", "files like .xlsx are not read here"),
    ],
)
def test_a_file_without_records_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(InputError, match=said):
        infer(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        infer(tmp_path / "nothing.csv")


def test_columns_that_differ_by_case_alone_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {"a": 1, "A": 2})

    with pytest.raises(ContractError, match="is there twice"):
        infer(path)


def written(folder: Path, *records: object) -> Path:
    path = folder / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@given(st.text() | st.integers() | st.booleans() | st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_yaml_reads_a_scalar_as_it_was_written(value: object) -> None:
    read = Document(f"- {scalar(value)}\n".encode()).value[0]

    assert read == value
    assert type(read) is type(value)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*UUIDS, "2018-02-01", "2018-02-01T10:00Z", "2018-02-01 10:00", "007", ""]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
RECORDS = st.lists(
    st.dictionaries(NAMES, VALUES, max_size=4).filter(
        lambda record: len({name.lower() for name in record}) == len(record)
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(RECORDS)
def test_a_file_keeps_the_contract_that_was_drafted_from_it(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    names = {name for record in records for name in record}
    if not names or len({name.lower() for name in names}) < len(names):
        return
    path = written(tmp_path, *records)
    validator = RecordValidator(parse_contract(infer(path).encode(), path))

    for line in path.read_text().splitlines():
        assert validator.problems(json.loads(line, parse_float=Exact)) == []


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda number: f"{number:f}"),
    st.floats(-1e6, 1e6).map(str),
    st.sampled_from([*UUIDS, "2018-02-01", "2018-02-01T10:00Z", "2018-02-01 10:00", "007", "", " 1 ", "true", "1."]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)


def cell(value: str | None) -> str:
    """Write a cell: nothing for null, quotes where they are needed, also around the empty text."""
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if not value or set(value) & set('",\r\n') else value


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.data())
def test_the_split_takes_every_row_of_a_file_by_its_draft(tmp_path: Path, data: st.DataObject) -> None:
    columns = [data.draw(st.lists(kind, min_size=3, max_size=3)) for kind in (CELLS, CELLS.filter(bool), st.just("x"))]
    path = tmp_path / "data.csv"
    lines = [",".join(map(cell, row)) for row in [("a", "b", "c"), *zip(*columns, strict=True)]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")

    parts = list(split(path, parse_contract(infer(path).encode(), path)))

    assert [reject.reasons for part in parts for reject in part.rejects] == []
    assert sum(part.good.num_rows for part in parts) == 3
