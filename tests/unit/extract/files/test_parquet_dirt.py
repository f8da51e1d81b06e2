"""Parquet with bytes that somebody changed: an error that names the file, or every record accounted for."""

import contextlib
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.errors import InputError
from tests.unit.extract.files.contracts import PAIR
from tests.unit.extract.files.reading import read


def _file() -> bytes:
    out = io.BytesIO()
    names = [None if number % 7 == 0 else f"name {number % 5}" for number in range(200)]
    pq.write_table(pa.table({"id": range(200), "name": names}), out, row_group_size=64)
    return out.getvalue()


_WHOLE = _file()


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_are_an_error_or_all_records_are_accounted_for(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_WHOLE)
    for place, byte in changes:
        data[place] = byte
    with contextlib.suppress(InputError):
        found = read(bytes(data), PAIR, "parquet")
        assert len(found.rows) + len(found.reasons) == found.summary.read


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(_WHOLE) - 1))
def test_a_file_that_breaks_off_is_an_error(end: int) -> None:
    with pytest.raises(InputError, match="fetch it again"):
        read(_WHOLE[:end], PAIR, "parquet")
