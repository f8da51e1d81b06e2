"""What is found of keys without SQL, beside what plain Python finds."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality.keys import are_canonical, look

CANONICAL = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PLAIN = "0123abcd-0123-4567-89ab-0123456789ab"
uuids = st.uuids().map(str)


@st.composite
def altered(draw: st.DrawFn) -> str:
    """A UUID with another character somewhere, mostly one beside the digits, or moved or missing."""
    text = draw(uuids)
    place = draw(st.integers(0, 35))
    other = draw(st.sampled_from("/:`g@AF-\x00\xe9\U0001f600") | st.characters(exclude_categories=["Cs"]))
    return draw(st.sampled_from([
        text[:place] + other + text[place + 1 :],
        text[:place] + text[place + 1 :] + other,
        text[:place] + text[place + 1 :],
        text.upper(),
    ]))  # fmt: skip


def hashes(*parts: Sequence[int]) -> Iterator[pa.RecordBatch]:
    return (pa.record_batch({"h": pa.array(part, pa.uint64())}) for part in parts)


def shared(*parts: Sequence[int], most_rows: int = 1000) -> list[int] | None:
    found = look(hashes(*parts), most_rows).shared
    return None if found is None else found["h"].to_pylist()


@given(st.lists(uuids | altered(), max_size=4))
def test_texts_are_canonical_when_each_matches_the_pattern(texts: list[str]) -> None:
    every = all(CANONICAL.fullmatch(text) for text in texts)
    assert are_canonical(pa.array(texts, pa.string())) == every


@given(st.lists(uuids, min_size=3, max_size=5), altered())
def test_only_the_texts_of_a_slice_count(texts: list[str], outside: str) -> None:
    column = pa.array([outside, *texts, outside], pa.string())
    assert are_canonical(column.slice(1, len(texts)))


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view()])
def test_texts_are_seen_however_arrow_lays_them_out(type_: pa.DataType) -> None:
    assert are_canonical(pa.array([PLAIN], type_))
    assert not are_canonical(pa.array([PLAIN, PLAIN.upper()], type_))


def test_lengths_that_make_up_for_each_other_are_no_uuids() -> None:
    assert not are_canonical(pa.array([PLAIN + "0", PLAIN[:-1]]))


def test_a_digit_in_the_place_of_a_hyphen_does_not_make_up_for_a_hyphen_elsewhere() -> None:
    assert not are_canonical(pa.array([PLAIN[:7] + "-0" + PLAIN[9:]]))


@given(st.lists(st.lists(st.integers(0, 8) | st.integers(2**64 - 3, 2**64 - 1), max_size=6), max_size=4))
def test_a_hash_of_several_rows_is_found_once_in_whichever_batches_they_are(parts: list[list[int]]) -> None:
    rows = Counter(one for part in parts for one in part)
    assert shared(*parts) == sorted(one for one, times in rows.items() if times > 1)


def test_more_rows_than_may_be_held_are_left_to_the_engine() -> None:
    assert shared([1, 2], [2, 3], most_rows=4) == [2]
    assert shared([1, 2], [2, 3], most_rows=3) is None


def test_no_batch_is_asked_for_once_there_are_too_many_rows() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from hashes([1], [2])
        raise AssertionError("a batch too many")

    assert look(batches(), 1).shared is None


def test_texts_are_looked_at_to_the_end_even_when_there_are_too_many_rows() -> None:
    def batch(text: str) -> pa.RecordBatch:
        return pa.record_batch({"h": pa.array([UUID(PLAIN).fields[0]], pa.uint64()), "t": [text]})

    assert look([batch(PLAIN), batch(PLAIN), batch(PLAIN)], 1).canonical
    assert not look([batch(PLAIN), batch(PLAIN), batch("x")], 1).canonical


def test_a_look_imports_no_pandas() -> None:
    script = (
        "import sys, duckdb; from etl.quality.keys import look\n"
        "batches = duckdb.sql('SELECT hash(1) AS h, uuid()::VARCHAR AS t FROM range(2)').to_arrow_reader(10)\n"
        "assert look(batches, 2).shared.num_rows == 1\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert "pandas" not in loaded
