"""Whole columns converted at once: the same as one value at a time, and every wrong value in doubt."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as Exact
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts.model import Contract, Field
from etl.contracts.types import Date, Decimal, Float, Integer, Text, Timestamp
from etl.extract.postgres import values
from etl.extract.postgres.extracted import shown
from etl.extract.postgres.fast_rules import FastRules
from etl.quality.row_rules import RowRules, source_schema
from etl.values.converters import from_text

INT64_MAX, INT32_MAX = 2**63 - 1, 2**31 - 1
# Between PostgreSQL's beginning of time and Arrow's.
SHIFT = date(2000, 1, 1) - date(1970, 1, 1)


def doubted(found: values.Converted) -> list[bool]:
    return [False] * len(found.values) if found.doubtful is None else found.doubtful.to_pylist()


@given(st.lists(st.none() | st.uuids()), st.integers(0, 5), st.integers(0, 5))
def test_uuids_are_written_as_python_writes_them(rows: list[UUID | None], start: int, length: int) -> None:
    storage = pa.array([None if one is None else one.bytes for one in rows], pa.binary(16))
    column = pa.ExtensionArray.from_storage(pa.uuid(), storage).slice(start, length)

    found = values.uuids(column).values

    found.validate(full=True)
    assert found.to_pylist() == [None if one is None else str(one) for one in rows][start : start + length]


_NUMBERS = st.decimals(-(10**7), 10**7, places=4, allow_nan=False).map(lambda one: f"{one:f}")


@given(st.lists(st.none() | _NUMBERS | st.sampled_from(["NaN", "Infinity", "-Infinity", "0", "9999.99", "10000.00"])))
def test_a_decimal_fits_or_is_in_doubt(rows: list[str | None]) -> None:
    convert = from_text(Field(name="value", type=Decimal(6, 2)))

    found = values.decimals(6, 2)(pa.array(rows, pa.string()))

    assert found.values.type == pa.decimal128(6, 2)
    for text, value, doubt in zip(rows, found.values.to_pylist(), doubted(found), strict=True):
        if not doubt:
            assert value == (None if text is None else convert("value", text, []))


@pytest.mark.parametrize(("precision", "scale", "text"), [(2, 2, "0.12"), (3, 0, "-999"), (38, 38, "0." + "9" * 38)])
def test_a_decimal_beside_nan_is_not_in_doubt(precision: int, scale: int, text: str) -> None:
    found = values.decimals(precision, scale)(pa.array([text, "NaN"]))

    assert doubted(found) == [False, True]
    assert found.values[0].as_py() == Exact(text)


@given(st.lists(st.none() | st.floats()))
def test_floats_that_are_no_numbers_are_in_doubt(rows: list[float | None]) -> None:
    found = values.finite(64)(pa.array(rows, pa.float64()))

    assert doubted(found) == [one is not None and not math.isfinite(one) for one in rows]


@given(st.lists(st.none() | st.integers(-(2**63), INT64_MAX)))
def test_times_outside_of_the_years_are_in_doubt(rows: list[int | None]) -> None:
    first = (datetime(1, 1, 1) - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001 -- only their distance
    last = (datetime(9999, 12, 31) - datetime(1970, 1, 1)) // timedelta(microseconds=1) + 86_400_000_000 - 1  # noqa: DTZ001 -- as above

    found = values.times(pa.array([*rows, first, last, first - 1, last + 1], pa.timestamp("us", "UTC")))

    expected = [one is not None and not first <= one <= last for one in rows]
    assert doubted(found) == [*expected, False, False, True, True]


@given(st.lists(st.lists(st.none() | st.floats(), max_size=4) | st.none()), st.integers(0, 3))
def test_a_list_is_in_doubt_with_any_of_its_items(rows: list[list[float | None] | None], start: int) -> None:
    field = Field(name="element", type=Float(64))

    found = values.of_items(field, values.finite(64))(pa.array(rows, pa.list_(pa.float64())).slice(start))

    expected = [any(one is not None and not math.isfinite(one) for one in row or ()) for row in rows[start:]]
    assert doubted(found) == expected
    sure = [place for place, doubt in enumerate(expected) if not doubt]
    assert [found.values[place].as_py() for place in sure] == [rows[start:][place] for place in sure]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_document_that_is_nested_too_deeply_is_in_doubt(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    texts = [f"{opening * depth}1{closing * depth}" for depth in (1, 500, 501)]

    found = values.json_documents(pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts)))

    assert doubted(found) == [False, False, True]


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (INT32_MAX, "infinity"),
        (-INT32_MAX - 1, "-infinity"),
        (0, "2000-01-01"),
        (-730_120, "0001-12-31 BC"),
        (-730_119, "0001-01-01"),
        (2_921_939, "9999-12-31"),
        (2_921_940, "10000-01-01"),
    ],
)
def test_a_day_is_shown_as_postgresql_writes_it(days: int, text: str) -> None:
    # As the driver does it: it adds in 32 bits.
    carried = (days + SHIFT.days + 2**31) % 2**32 - 2**31

    assert shown(pa.scalar(carried, pa.int32()).cast(pa.date32())) == text


@given(st.datetimes())
def test_a_time_is_shown_as_postgresql_writes_it(moment: datetime) -> None:
    assert shown(pa.scalar(moment, pa.timestamp("us"))) == str(moment)
    assert shown(pa.scalar(moment.replace(tzinfo=UTC), pa.timestamp("us", "UTC"))) == f"{moment}+00"


_RULED = Contract(
    id="things",
    version="1.0.0",
    dataset="things",
    fields=(
        Field(name="name", type=Text(), required=True, min_length=2, max_length=3),
        Field(name="kind", type=Text(), allowed=("a", "ß")),
        Field(name="code", type=Text(), pattern="^[A-Z]{2}\\z"),
        Field(name="number", type=Integer(32), minimum=-1, exclusive_maximum=3, allowed=(-1, 0, 2, 2**40)),
        Field(name="ratio", type=Float(64), minimum=Exact("0.1"), exclusive_maximum=Exact("0.3")),
        Field(name="amount", type=Decimal(4, 2), exclusive_minimum=Exact("0.5"), maximum=Exact("1.5")),
        Field(name="day", type=Date(), minimum=date(2024, 1, 1)),
        Field(name="at", type=Timestamp(), maximum=datetime(2024, 1, 1, tzinfo=UTC)),
    ),
)
_ROWS = st.tuples(
    st.none() | st.text("aß🙂", max_size=4),
    st.none() | st.sampled_from(["a", "ß", "b"]),
    st.none() | st.sampled_from(["DE", "de", "DE\n", "DEU"]),
    st.none() | st.integers(-2, 4),
    st.none() | st.sampled_from([0.1, 0.2, 0.3, math.nextafter(0.1, 0), math.nextafter(0.3, 0)]),
    st.none() | st.sampled_from([Exact("0.50"), Exact("0.51"), Exact("1.50"), Exact("1.51")]),
    st.none() | st.sampled_from([date(2023, 12, 31), date(2024, 1, 1)]),
    st.none() | st.sampled_from([datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)]),
)


def _batch(rows: list[tuple[object, ...]]) -> pa.RecordBatch:
    schema = source_schema(_RULED)
    return pa.RecordBatch.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


@pytest.mark.slow
@given(st.lists(_ROWS, max_size=4))
def test_what_is_sure_breaks_no_rule(rows: list[tuple[object, ...]]) -> None:
    duckdb = pytest.importorskip("duckdb")
    batch, rules = _batch(rows), RowRules(_RULED)

    doubtful = FastRules(_RULED, rules.conditions).open(batch)

    with duckdb.connect() as engine:
        engine.register("judged_rows", pa.Table.from_batches([batch]))
        for condition in set(rules.conditions) - set(doubtful):
            assert engine.sql(f"SELECT * FROM judged_rows WHERE {condition}").fetchall() == []  # noqa: S608 -- rendered


def test_what_is_right_is_sure() -> None:
    right = ("ab", "a", "DE", 2, 0.2, Exact("1.50"), date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC))

    doubtful = FastRules(_RULED, RowRules(_RULED).conditions).open(_batch([right]))

    # The bound of a float that excludes is the one rule without a test.
    assert all("ratio" in condition for condition in doubtful)
