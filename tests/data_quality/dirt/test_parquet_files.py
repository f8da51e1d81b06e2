"""Parquet of other types than the contract's: converted without a loss, or rejected row by row."""

import io
import json
import math
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal as Exact
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Integer, Json, Struct, Text, Timestamp, Type, Uuid
from etl.errors import InputError
from etl.quality.duckdb_engine import check
from etl.quality.scorecard import Scorecard
from tests.data_quality.dirt.reading import Outcome, outcome

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
LOCAL = NOON.replace(tzinfo=None)
MICROS = int(NOON.timestamp()) * 1_000_000
NAN, INF = math.nan, math.inf
BAD = object()
NUMBERS = Array(Field(name="element", type=Float(64)))
PERSON = Struct((Field(name="name", type=Text(), required=True), Field(name="born", type=Date())))

Case = tuple[Type, pa.Array, list[Any]]

COLUMNS: dict[str, Case] = {
    "unsigned": (Integer(64), pa.array([2**63, 5], pa.uint64()), [BAD, 5]),
    "wider": (Integer(16), pa.array([32767, 32768, None]), [32767, BAD, None]),
    "floats for integers": (Integer(64), pa.array([1.0, 1.5, 1e300, NAN, -0.0]), [1, BAD, BAD, BAD, 0]),
    "flags for integers": (Integer(64), pa.array([True]), [BAD]),
    "integers for flags": (Boolean(), pa.array([1]), [BAD]),
    "texts for integers": (Integer(64), pa.array(["1", " 2 ", "", "x"]), [1, 2, None, BAD]),
    "no type": (Integer(64), pa.nulls(2), [None, None]),
    "scale": (Decimal(6, 2), pa.array([Exact("1.5000"), Exact("1.5050")], pa.decimal128(20, 4)), [Exact("1.50"), BAD]),
    "256 bits": (
        Decimal(6, 2),
        pa.array([Exact("1.50"), Exact("10000.00")], pa.decimal256(50, 2)),
        [Exact("1.50"), BAD],
    ),
    "floats for decimals": (
        Decimal(6, 2),
        pa.array([0.1, 0.105, 1e300, NAN, INF]),
        [Exact("0.10"), BAD, BAD, BAD, BAD],
    ),
    "floats": (Float(64), pa.array([0.5, NAN, INF, -INF, None]), [0.5, BAD, BAD, BAD, None]),
    "halves": (Float(32), pa.array([0.5], pa.float16()), [0.5]),
    "too large": (Float(32), pa.array([0.5, 1e39]), [0.5, BAD]),
    "seconds": (Timestamp(), pa.array([MICROS // 1_000_000], pa.timestamp("s", "UTC")), [NOON]),
    "milliseconds": (Timestamp(), pa.array([MICROS // 1000], pa.timestamp("ms", "UTC")), [NOON]),
    "nanoseconds": (Timestamp(), pa.array([MICROS * 1000, MICROS * 1000 + 1], pa.timestamp("ns", "UTC")), [NOON, BAD]),
    "another zone": (Timestamp(), pa.array([MICROS], pa.timestamp("us", "+02:00")), [NOON]),
    "no zone": (Timestamp(), pa.array([MICROS], pa.timestamp("us")), [NOON]),
    "a zone too many": (Timestamp(zoned=False), pa.array([MICROS], pa.timestamp("us", "UTC")), [BAD]),
    "beyond 9999": (Timestamp(zoned=False), pa.array([2**62, MICROS, -(2**62)], pa.timestamp("us")), [BAD, LOCAL, BAD]),
    "days beyond 9999": (Date(), pa.array([10**8, 0, -(10**8)], pa.date32()), [BAD, date(1970, 1, 1), BAD]),
    "days as milliseconds": (Date(), pa.array([date(2026, 2, 28)], pa.date64()), [date(2026, 2, 28)]),
    "days for times": (Timestamp(zoned=False), pa.array([date(2026, 2, 28)]), [LOCAL.replace(hour=0)]),
    "times for days": (Date(), pa.array([LOCAL]), [BAD]),
    "times of day": (Text(), pa.array([time(12)]), [BAD]),
    "durations": (Integer(64), pa.array([timedelta(1)]), [BAD]),
    "large texts": (Text(), pa.array(["a", "\0", None], pa.large_string()), ["a", BAD, None]),
    "views": (Text(), pa.array(["a", "b\0"], pa.string_view()), ["a", BAD]),
    "dictionary": (Text(), pa.array(["a", "é", "a", None]).dictionary_encode(), ["a", "é", "a", None]),
    "bytes": (Text(), pa.array([b"a"]), [BAD]),
    "uuids as texts": (Uuid(), pa.array([str(uuid.UUID(int=5)).upper(), "5"]), [str(uuid.UUID(int=5)), BAD]),
    "json": (Json(), pa.array(['{"a":1.10}', "NaN", '{"a":1,"a":2}', "x"]), ['{"a":1.10}', BAD, BAD, BAD]),
    "objects for json": (Json(), pa.array([{"a": [1, None]}]), ['{"a":[1,null]}']),
    "lists": (NUMBERS, pa.array([[1.0, None], [NAN], None, []]), [[1.0, None], BAD, None, []]),
    "large lists": (NUMBERS, pa.array([[1.0]], pa.large_list(pa.float64())), [[1.0]]),
    "objects": (
        PERSON,
        pa.array([{"name": "A", "born": date(2000, 1, 1), "x": 1}, {"name": None, "born": None, "x": 1}, None]),
        [{"name": "A", "born": date(2000, 1, 1)}, BAD, None],
    ),
    "objects that lack a field": (PERSON, pa.array([{"born": date(2000, 1, 1)}]), [BAD]),
    "objects with a NUL": (PERSON, pa.array([{"name": "A\0"}]), [BAD]),
}


def _contract(type_: Type, **rules: Any) -> Contract:
    fields = (Field(name="value", type=type_, **rules),)
    return Contract(id="values", version="1.0.0", dataset="values", fields=fields)


def _bytes(array: pa.Array, **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"value": array}), file, **options)
    return file.getvalue()


def _split(type_: Type, array: pa.Array, **options: Any) -> Outcome:
    return outcome(_bytes(array, **options), _contract(type_), "parquet")


def _check(path: Path, array: pa.Array, contract: Contract, **options: Any) -> Scorecard:
    path.write_bytes(_bytes(array, **options))
    return check([path], contract)


@pytest.mark.parametrize(("type_", "array", "values"), COLUMNS.values(), ids=COLUMNS)
def test_values_are_exactly_these_or_rejected(type_: Type, array: pa.Array, values: list[Any]) -> None:
    found = _split(type_, array)

    assert [repr(row["value"]) for row in found.rows] == [repr(_in_zone(one)) for one in values if one is not BAD]
    assert [one.line for one in found.rejects] == [row for row, one in enumerate(values, 1) if one is BAD]
    assert all(list(one.record) == ["value"] for one in found.rejects)


def _in_zone(value: Any) -> Any:
    """Return an instant as Arrow gives it back."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return pa.array([value], pa.timestamp("us", "UTC"))[0].as_py()
    return value


def test_negative_zero_stays_negative() -> None:
    (row,) = _split(Float(64), pa.array([-0.0])).rows

    assert math.copysign(1, row["value"]) == -1


def test_row_groups_that_are_not_there_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.ParquetWriter(path, pa.schema([("value", pa.int64())])).close()

    assert outcome(path.read_bytes(), _contract(Integer(64)), "parquet").summary.read == 0
    assert check([path], _contract(Integer(64), required=True)).rows == 0


@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"VALUE": [1]}),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["value", "value"]),
    ],
)
def test_a_file_without_exactly_that_column_is_refused(table: pa.Table) -> None:
    file = io.BytesIO()
    pq.write_table(table, file)
    with pytest.raises(InputError, match="no single column 'value'"):
        outcome(file.getvalue(), _contract(Integer(64)), "parquet")


def test_a_page_that_is_broken_is_an_error() -> None:
    data = bytearray(_bytes(pa.array(range(3000)), compression="none"))
    data[8:60] = b"\xff" * 52
    with pytest.raises(InputError, match="breaks off behind row 0"):
        outcome(bytes(data), _contract(Integer(64)), "parquet")


def test_a_name_with_a_dot_is_one_column() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": [{"b": 2}], "a.b": [1]}), file)
    contract = Contract(id="a", version="1.0.0", dataset="a", fields=(Field(name="a.b", type=Integer(64)),))

    assert outcome(file.getvalue(), contract, "parquet").rows == [{"a.b": 1}]


# What is of the wrong type by no rule of SQL.


def test_quality_counts_nan_once_and_measures_it_nowhere(tmp_path: Path) -> None:
    values = pa.array([1.0, NAN, INF, -0.0, 0.0, None, 11.0])
    contract = _contract(Float(64), minimum=Exact(0), maximum=Exact(10), unique=True, required=True)
    found = {one.rule: (one.checked, one.failed) for one in _check(tmp_path / "a.parquet", values, contract).rules}

    assert found == {
        "value.required": (7, 1),
        "value.type": (6, 2),
        "value.range": (4, 1),
        # -0.0 is 0.0 as a key, too.
        "value.unique": (4, 1),
    }


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("rows_per_group", [1, 2, 1000])
def test_quality_and_split_agree_on_nan_however_the_file_is_laid_out(
    tmp_path: Path, rows_per_group: int, *, dictionary: bool
) -> None:
    values = pa.array([5.0, NAN, 5.0, 20.0, NAN, None])
    contract = _contract(Float(64), maximum=Exact(10))
    layout = {"row_group_size": rows_per_group, "use_dictionary": dictionary}
    card = _check(tmp_path / "a.parquet", values, contract, **layout)
    found = outcome(_bytes(values, **layout), contract, "parquet")

    assert {one.rule: one.failed for one in card.rules} == {"value.type": 2, "value.range": 1}
    assert [one.why for one in found.rejects] == [[("type", "value")], [("range", "value")], [("type", "value")]]


@pytest.mark.parametrize(
    ("type_", "array"),
    [
        (Timestamp(), pa.array([0], pa.timestamp("ns", "UTC"))),
        (Timestamp(), pa.array([0], pa.timestamp("us"))),
        (Timestamp(zoned=False), pa.array([0], pa.timestamp("us", "UTC"))),
        (Integer(64), pa.array([0], pa.uint64())),
        (Integer(16), pa.array([0], pa.int32())),
        (Decimal(6, 2), pa.array([Exact("1.500")], pa.decimal128(6, 3))),
        (Float(32), pa.array([1.0])),
        (Text(), pa.array([b"a"])),
        (Date(), pa.array([LOCAL])),
    ],
)
def test_quality_refuses_a_column_of_a_type_that_may_hold_more(tmp_path: Path, type_: Type, array: pa.Array) -> None:
    with pytest.raises(InputError, match=r"column value is .*, and the contract says"):
        _check(tmp_path / "a.parquet", array, _contract(type_, required=True))


@pytest.mark.parametrize("table", [pa.table({"id": [1]}), pa.table({"id": [1], "name": [b"\xff"]})])
def test_quality_refuses_a_file_of_another_schema(tmp_path: Path, table: pa.Table) -> None:
    pq.write_table(table, tmp_path / "a.parquet")
    fields = (Field(name="id", type=Integer(64), required=True), Field(name="name", type=Text()))
    with pytest.raises(InputError, match="name"):
        check([tmp_path / "a.parquet"], Contract(id="a", version="1.0.0", dataset="a", fields=fields))


@pytest.mark.parametrize("type_", [Text(), Json()])
def test_bytes_in_a_text_column_that_are_no_utf8_are_rejected(type_: Type) -> None:
    found = _split(type_, _as_text([b'"ok"', b"\xff\xfe"]))

    assert [row["value"] for row in found.rows] == ['"ok"']
    assert found.rejects == [(2, [("encoding", "value")], {"value": {"$binary": "//4="}})]


def test_bytes_deep_in_a_value_that_are_no_utf8_are_rejected_and_shown() -> None:
    texts = pa.StructArray.from_arrays([pa.array([1, 2]), _as_text([b"ok", b"\xff"])], names=["n", "name"])
    found = _split(Struct((Field(name="name", type=Text()),)), texts)

    assert [row["value"] for row in found.rows] == [{"name": "ok"}]
    assert found.rejects == [(2, [("encoding", "value")], {"value": {"n": 2, "name": {"$binary": "/w=="}}})]


def _as_text(values: list[bytes]) -> pa.Array:
    return pa.Array.from_buffers(pa.string(), len(values), pa.array(values).buffers())


def test_times_of_96_bits_reach_from_year_1_to_9999() -> None:
    times = [datetime(1, 1, 1), datetime(9999, 12, 31), LOCAL]  # noqa: DTZ001
    found = _split(Timestamp(zoned=False), pa.array(times), use_deprecated_int96_timestamps=True)

    assert [row["value"] for row in found.rows] == times


@pytest.mark.parametrize("rows", [3, 70_000])
def test_times_of_96_bits_that_are_finer_than_microseconds_are_of_the_wrong_type(rows: int) -> None:
    nanoseconds = pa.array([MICROS * 1000] * (rows - 2) + [-1, 1000], pa.timestamp("ns"))
    flat = _split(Timestamp(zoned=False), nanoseconds, use_deprecated_int96_timestamps=True)
    assert [(one.line, one.why) for one in flat.rejects] == [(rows - 1, [("type", "value")])]
    assert flat.rows[-1] == {"value": datetime(1970, 1, 1, microsecond=1)}  # noqa: DTZ001

    lists = pa.ListArray.from_arrays(pa.array(range(rows + 1), pa.int32()), nanoseconds)
    type_ = Array(Field(name="element", type=Timestamp(zoned=False)))
    deep = _split(type_, lists, use_deprecated_int96_timestamps=True)
    assert [(one.line, one.why) for one in deep.rejects] == [(rows - 1, [("type", "value")])]


def test_uuids_of_parquet_are_uuids(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.execute(f"COPY (SELECT '{uuid.UUID(int=5)}'::UUID AS value) TO '{path}'")

    assert outcome(path.read_bytes(), _contract(Uuid()), "parquet").rows == [{"value": str(uuid.UUID(int=5))}]


@pytest.mark.parametrize("inside", [NAN, INF, b"\xff", timedelta(1), time(12)])
@pytest.mark.parametrize("deep", [False, True])
def test_json_takes_nothing_that_json_has_no_value_for(inside: object, *, deep: bool) -> None:
    found = _split(Json(), pa.array([{"a": inside}] if deep else [[inside]]))

    assert [one.why for one in found.rejects] == [[("type", "value")]]


def test_a_map_is_an_object() -> None:
    (row,) = _split(Json(), pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))).rows

    assert json.loads(row["value"]) == {"a": 1}


@pytest.mark.parametrize(
    ("pairs", "key", "outcomes"),
    [
        ([("a", 1), ("a", 2)], pa.string(), "duplicate_key"),
        ([(1, 1)], pa.int64(), {"1": 1}),
        ([(b"a", 1)], pa.binary(), "type"),
        ([], pa.string(), {}),
    ],
)
def test_a_map_has_texts_or_integers_as_keys_and_each_once(pairs: list[Any], key: pa.DataType, outcomes: Any) -> None:
    found = _split(Json(only_objects=True), pa.array([pairs], pa.map_(key, pa.int64())))
    values = [json.loads(row["value"]) for row in found.rows] + [one.why[0][0] for one in found.rejects]

    assert values == [outcomes]


def test_a_map_has_the_fields_of_an_object() -> None:
    type_ = Struct((Field(name="a", type=Integer(64)),))
    found = _split(type_, pa.array([[("a", 1), ("b", 2)], [("b", 2)]], pa.map_(pa.string(), pa.int64())))

    assert found.rows == [{"value": {"a": 1}}, {"value": {"a": None}}]


def test_days_and_times_deep_in_a_value_are_no_texts() -> None:
    fields = [Field(name="at", type=Text()), Field(name="on", type=Date())]
    (one,) = _split(Struct(tuple(fields)), pa.array([{"at": LOCAL, "on": LOCAL}])).rejects

    assert one.why == [("type", "value.at"), ("type", "value.on")]


@pytest.mark.parametrize("nested", [pa.list_, pa.large_list, lambda type_: pa.list_(type_, 1)])
def test_an_instant_is_one_whatever_its_zone_is_called(nested: Any) -> None:
    zoned = pa.timestamp("us", "Mars/Phobos")
    flat = _split(Timestamp(), pa.array([MICROS], zoned))
    assert [row["value"].timestamp() for row in flat.rows] == [NOON.timestamp()]

    type_ = pa.struct([("m", pa.map_(pa.string(), zoned)), ("l", nested(zoned))])
    (deep,) = _split(Json(), pa.array([{"m": [("a", MICROS)], "l": [MICROS]}], type_)).rows
    assert json.loads(deep["value"]) == {"m": {"a": NOON.isoformat()}, "l": [NOON.isoformat()]}
