"""JSON, documents and Parquet through the split, rules with them, and everything counted."""

import gzip
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.contracts.model import Check, Contract, Field, Metric, Severity
from etl.contracts.types import Array, Float, Integer, Text, Timestamp
from etl.contracts.types import Decimal as DecimalType
from etl.errors import ContractError, InputError, NotFound
from etl.extract.files import JsonOptions, Limits, split, split_to_parquet
from etl.runs.rejects import Reject
from tests.unit.extract.files.contracts import DOCUMENT, NESTED, PAIR, contract, of_types
from tests.unit.extract.files.reading import codes, read


def test_an_item_without_its_required_field_is_named_by_its_place() -> None:
    data = b'{"id":1,"items":[{"sku":"a"},{"price":1}]}\n'
    assert read(data, NESTED, "jsonl").reasons == [(1, [("required", "items[2].sku")])]


def test_json_kept_as_text_keeps_its_digits() -> None:
    data = b'{"id":1,"extra":{"a":1.10,"b":[12345678901234567890123]}}\n'
    assert read(data, DOCUMENT, "jsonl").rows == [{"id": 1, "extra": '{"a":1.10,"b":[12345678901234567890123]}'}]


def test_json_in_a_csv_field_is_kept_as_it_is_and_strict() -> None:
    data = b'id,extra\n1,"{ ""a"": 1.10 }"\n2,{a}\n3,"{""a"":1,""a"":2}"\n'
    found = read(data, DOCUMENT)
    assert found.rows == [{"id": 1, "extra": '{ "a": 1.10 }'}]
    assert [why for _, why in found.reasons] == [[("type", "extra")], [("duplicate_key", "extra")]]


@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
def test_records_are_found_in_a_document(chunk: int) -> None:
    data = b'{"type":"x","crs":{"a":["]"]},"data":{"rows":[\n{"id":1,"name":"a]"},\n{"id":"x"}, 5 ,{"id":2}\n]}}'
    found = read(data, PAIR, "json", json=JsonOptions(path="data.rows"), chunk=chunk)
    assert [row["id"] for row in found.rows] == [1, 2]
    assert found.reasons == [(3, [("type", "id")]), (3, [("json", "")])]


def test_a_document_may_be_the_array_itself_or_empty() -> None:
    assert read(b' [ {"id":1} ] ', PAIR, "json").summary.good == 1
    assert read(b"[]", PAIR, "json").summary.read == 0


def _parquet(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_of_the_right_types_passes_as_it_is(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "a.parquet", name=pa.array(["Ann", None]), id=pa.array([1, 2]), x=pa.array([1, 1]))
    parts = split(path, PAIR)
    assert [row for part in parts for row in part.good.to_pylist()] == [
        {"id": 1, "name": "Ann"},
        {"id": 2, "name": None},
    ]
    assert parts.summary.left_out == ("x",)


def test_parquet_of_other_types_is_converted_where_nothing_is_lost(tmp_path: Path) -> None:
    path = _parquet(
        tmp_path / "a.parquet",
        small=pa.array([1, 40000, 3]),
        amount=pa.array(["1.50", "1.505", "2"]),
        at=pa.array([0, 1_500, 1_500_000_000_000_000_001], pa.timestamp("ns")),
        ratio=pa.array([1.5, float("nan"), None]),
    )
    parts = list(split(path, of_types("small", "amount", "at", "ratio")))
    assert parts[0].good.to_pylist() == [
        {"small": 1, "amount": Decimal("1.50"), "at": datetime(1970, 1, 1, tzinfo=UTC), "ratio": 1.5}
    ]
    reasons = [[(why.code, why.field) for why in one.reasons] for one in parts[0].rejects]
    assert reasons == [
        [("type", "small"), ("type", "amount"), ("type", "at"), ("type", "ratio")],
        [("type", "at")],
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.csv"):
        list(split(tmp_path / "gone.csv", PAIR))


def test_a_name_without_a_format_asks_for_one() -> None:
    with pytest.raises(InputError, match="give csv, jsonl, json or parquet"):
        split("data.bin", PAIR)


RULED = Contract(
    id="ruled",
    version="1.0.0",
    dataset="ruled",
    fields=(
        Field(name="low", type=Integer(32), required=True, minimum=0),
        Field(name="high", type=Integer(32)),
        Field(name="state", type=Text(), min_length=2, pattern="^[a-z]+\\z", allowed=("on", "off")),
    ),
    checks=(
        Check(
            metric=Metric.SQL,
            name="in order",
            query="SELECT COUNT(*) FROM ${object} WHERE low > high",
            at_least=Decimal(0),
            at_most=Decimal(0),
        ),
    ),
)


def test_a_row_has_every_reason_that_applies() -> None:
    data = b"low,high,state\n-1,-2,X\n1,2,on\n,x,off\n3,2,on\n1,2\n"
    assert read(data, RULED).reasons == [
        (2, [("range", "low"), ("length", "state"), ("pattern", "state"), ("allowed", "state"), ("sql", "in order")]),
        (4, [("type", "high"), ("required", "low")]),
        (5, [("sql", "in order")]),
        (6, [("columns", "")]),
    ]


def test_rules_can_be_left_to_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"low,high,state\n-1,-2,X\n")
    assert sum(part.good.num_rows for part in split(path, RULED, rules=False)) == 1


def test_a_rule_on_several_rows_that_rejects_is_refused() -> None:
    check = Check(metric=Metric.DUPLICATES, columns=("id",), severity=Severity.REJECT, at_most=Decimal(0))
    with pytest.raises(ContractError, match="give it severity error"):
        split("a.csv", Contract(id="a", version="1", dataset="a", fields=PAIR.fields, checks=(check,)))


def test_a_computed_field_is_not_asked_of_the_source() -> None:
    computed = contract(*PAIR.fields, Field(name="sum", type=Float(64), computed="id + 1", required=True))
    assert read(b"id,name\n1,Ann\n", computed).rows == [{"id": 1, "name": "Ann"}]


def test_an_array_of_times_keeps_its_zone() -> None:
    times = contract(Field(name="at", type=Array(Field(name="element", type=Timestamp()))))
    found = read(
        b'{"at":["2026-01-01T00:00:00Z","2026-01-01T02:00:00+02:00"]}\n{"at":["2026-01-01"]}\n', times, "jsonl"
    )
    assert found.rows == [{"at": [datetime(2026, 1, 1, tzinfo=UTC)] * 2}, {"at": [datetime(2026, 1, 1, tzinfo=UTC)]}]


def test_decimals_of_38_digits_are_exact() -> None:
    wide = contract(Field(name="amount", type=DecimalType(38, 10)))
    digits = "1234567890123456789012345678.0123456789"
    assert read(f"amount\n{digits}\n".encode(), wide).rows == [{"amount": Decimal(digits)}]
    assert read(f'{{"amount":{digits}}}\n'.encode(), wide, "jsonl").rows == [{"amount": Decimal(digits)}]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_file_becomes_parquet_and_rejects_in_its_order(tmp_path: Path, threads: int) -> None:
    path = tmp_path / "days.csv.gz"
    lines = ["big,day\n", *(f"{n},2026-01-{1 + n % 33:02}\n" for n in range(5000))]
    path.write_bytes(gzip.compress("".join(lines).encode()))
    out, rejects = tmp_path / "good.parquet", tmp_path / "rejects.jsonl"
    limits = Limits(chunk_bytes=4096, record_bytes=1024, threads=threads)
    summary = split_to_parquet(path, of_types("big", "day"), out, rejects, run="r1", limits=limits)
    good = pq.read_table(out)
    refused = [msgspec.json.decode(line, type=Reject) for line in rejects.read_bytes().splitlines()]
    assert good["big"].to_pylist() == [n for n in range(5000) if n % 33 < 31]
    assert good["day"][30].as_py() == date(2026, 1, 31)
    assert [one.line for one in refused] == [n + 2 for n in range(5000) if n % 33 >= 31]
    assert (summary.read, summary.good + summary.rejected) == (5000, 5000)
    assert (refused[0].run, refused[0].record, refused[0].reasons[0].code) == ("r1", "31,2026-01-32", "type")


def test_every_record_is_accounted_for_with_its_codes() -> None:
    data = b"id,name\n1,Ann\nx,Bo\n3\n4,Di\n"
    summary = read(data, PAIR).summary
    assert (summary.read, summary.good, summary.rejected) == (4, 2, 2)
    assert summary.reasons == {"type": 1, "columns": 1}
    assert codes(data, PAIR) == [(3, ["type"]), (4, ["columns"])]


def test_options_values_and_row_rules_are_imported_without_an_engine() -> None:
    modules = "etl.extract.files, etl.quality.row_rules, etl.values.converters, etl.values.parquet, etl.values.records"
    loaded = f"import sys, {modules}; print(*sorted({{'duckdb', 'sqlglot', 'pyarrow.parquet'}} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True)

    assert run.stdout.split() == []
