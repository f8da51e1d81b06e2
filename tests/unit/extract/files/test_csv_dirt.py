"""The dialects of CSV. Each kind of dirt is in tests/data_quality/dirt/test_text_files.py."""

import pytest

from etl.errors import InputError
from etl.extract.files import CsvOptions
from tests.unit.extract.files.contracts import PAIR
from tests.unit.extract.files.reading import codes, read

GOOD = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bo"}]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_ends_a_record(end: bytes) -> None:
    assert read(end.join([b"id,name", b"1,Ann", b"2,Bo", b""]), PAIR).rows == GOOD


def test_line_ends_may_be_mixed() -> None:
    assert read(b"id,name\r\n1,Ann\r2,Bo\n", PAIR).rows == GOOD


def test_columns_are_found_by_name() -> None:
    assert read(b"name,id\nAnn,1\nBo,2\n", PAIR).rows == GOOD


def test_blank_lines_are_no_records_but_are_counted() -> None:
    found = read(b"id,name\n1,Ann\n\n\r\n2,Bo\n\n", PAIR)
    assert (found.rows, found.summary.blank_lines, found.summary.read) == (GOOD, 3, 2)


def test_an_unquoted_nothing_is_null_and_a_quoted_one_the_empty_text() -> None:
    assert read(b'id,name\n1,\n2,""\n', PAIR).rows == [{"id": 1, "name": None}, {"id": 2, "name": ""}]


def test_a_quote_that_stays_open_for_too_long_costs_its_line_alone() -> None:
    data = b'id,name\n3,"Ann\n' + b"1,Ann\n" * 500
    assert codes(data, PAIR, record=1000) == [(2, ["quotes"])]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-32", "utf-8-sig"])
def test_a_file_in_a_named_encoding_is_transcoded(encoding: str) -> None:
    data = "id,name\n1,José\n".encode(encoding)
    assert read(data, PAIR, csv=CsvOptions(encoding=encoding), chunk=3).rows == [{"id": 1, "name": "José"}]


def test_an_unknown_encoding_is_an_error() -> None:
    with pytest.raises(InputError, match="encoding 'klingon' is unknown"):
        read(b"id,name\n", PAIR, csv=CsvOptions(encoding="klingon"))


def test_a_header_alone_is_no_rows() -> None:
    assert read(b"id,name\n", PAIR).summary.read == 0


def test_without_a_header_the_columns_are_the_contracts() -> None:
    assert read(b"1,Ann\n2,Bo\n", PAIR, csv=CsvOptions(header=False)).rows == GOOD


def test_another_delimiter_is_taken() -> None:
    assert read(b"id;name\n1;Ann\n2;Bo\n", PAIR, csv=CsvOptions(delimiter=";")).rows == GOOD
