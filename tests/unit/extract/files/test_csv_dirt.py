"""Each kind of dirt in a CSV file ends as a reject with its reason, or as an error about the file."""

import gzip

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


def test_the_last_line_needs_no_end() -> None:
    assert read(b"id,name\n1,Ann\n2,Bo", PAIR).rows == GOOD


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert read(b"\xef\xbb\xbfid,name\n1,Ann\n2,Bo\n", PAIR).rows == GOOD


def test_columns_are_found_by_name() -> None:
    assert read(b"name,id\nAnn,1\nBo,2\n", PAIR).rows == GOOD


def test_blank_lines_are_no_records_but_are_counted() -> None:
    found = read(b"id,name\n1,Ann\n\n\r\n2,Bo\n\n", PAIR)
    assert (found.rows, found.summary.blank_lines, found.summary.read) == (GOOD, 3, 2)


def test_a_column_that_is_not_declared_is_left_out_and_said() -> None:
    found = read(b"id,colour,name\n1,red,Ann\n2,,Bo\n", PAIR)
    assert (found.rows, found.summary.left_out) == (GOOD, ("colour",))


@pytest.mark.parametrize("line", [b"1", b"1,Ann,", b"1,Ann,more"])
def test_a_ragged_line_is_rejected_whole(line: bytes) -> None:
    found = read(b"id,name\n1,Ann\n" + line + b"\n2,Bo\n", PAIR)
    assert (found.rows, found.reasons, found.records) == (GOOD, [(3, [("columns", "")])], [line.decode()])


@pytest.mark.parametrize("line", [b'3,"Ann', b'3,"An"n', b'3,A"nn', b'"3"x,Ann'])
def test_a_broken_quote_costs_its_line_alone(line: bytes) -> None:
    found = read(b"id,name\n1,Ann\n" + line + b"\n2,Bo\n", PAIR)
    assert (found.rows, found.reasons, found.records) == (GOOD, [(3, [("quotes", "")])], [line.decode()])


def test_a_quoted_field_may_hold_delimiters_quotes_and_lines() -> None:
    found = read(b'id,name\n1,"A, ""n""\r\nn"\n2,Bo\n3\n', PAIR)
    assert found.rows == [{"id": 1, "name": 'A, "n"\r\nn'}, GOOD[1]]
    assert found.reasons == [(5, [("columns", "")])]


def test_an_unquoted_nothing_is_null_and_a_quoted_one_the_empty_text() -> None:
    assert read(b'id,name\n1,\n2,""\n', PAIR).rows == [{"id": 1, "name": None}, {"id": 2, "name": ""}]


def test_a_quoted_nothing_is_null_where_no_text_is_asked_for() -> None:
    assert codes(b'id,name\n"",Ann\n', PAIR) == [(2, ["required"])]


def test_bytes_that_are_no_utf8_are_kept_as_they_are() -> None:
    found = read(b"id,name\n1,Ann\n3,Jos\xe9\n2,Bo\n", PAIR)
    assert (found.rows, found.reasons) == (GOOD, [(3, [("encoding", "")])])
    assert found.records == [{"$binary": "MyxKb3Pp"}]


def test_a_nul_is_rejected() -> None:
    assert codes(b"id,name\n1,A\0nn\n2,Bo\n", PAIR) == [(2, ["nul"])]


def test_a_gigantic_line_is_rejected_and_the_next_is_read() -> None:
    data = b"id,name\n1,Ann\n3," + b"x" * 5000 + b"\n2,Bo\n"
    for chunk in (100, 1 << 20):
        found = read(data, PAIR, chunk=chunk, record=1000)
        assert (found.rows, found.reasons) == (GOOD, [(3, [("too_long", "")])])


def test_a_quote_that_stays_open_for_too_long_costs_its_line_alone() -> None:
    data = b'id,name\n3,"Ann\n' + b"1,Ann\n" * 500
    assert codes(data, PAIR, record=1000) == [(2, ["quotes"])]


def test_a_file_in_utf16_says_which_option_it_needs() -> None:
    with pytest.raises(InputError, match="encoding='utf-16'"):
        read("id,name\n1,Ann\n".encode("utf-16"), PAIR)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-32", "utf-8-sig"])
def test_a_file_in_a_named_encoding_is_transcoded(encoding: str) -> None:
    data = "id,name\n1,José\n".encode(encoding)
    assert read(data, PAIR, csv=CsvOptions(encoding=encoding), chunk=3).rows == [{"id": 1, "name": "José"}]


def test_a_file_in_another_encoding_than_named_is_an_error() -> None:
    with pytest.raises(InputError, match="is not in cp1252"):
        read(b"id,name\n1,Jos\x81\n", PAIR, csv=CsvOptions(encoding="cp1252"))


def test_an_unknown_encoding_is_an_error() -> None:
    with pytest.raises(InputError, match="encoding 'klingon' is unknown"):
        read(b"id,name\n", PAIR, csv=CsvOptions(encoding="klingon"))


def test_gzip_is_unpacked() -> None:
    assert read(gzip.compress(b"id,name\n1,Ann\n2,Bo\n"), PAIR).rows == GOOD


def test_gzip_that_ends_early_is_an_error() -> None:
    with pytest.raises(InputError, match="in the middle of its gzip data"):
        read(gzip.compress(b"id,name\n1,Ann\n2,Bo\n" * 100)[:-9], PAIR)


def test_an_empty_file_is_an_error() -> None:
    with pytest.raises(InputError, match="is empty"):
        read(b"", PAIR)


def test_a_header_alone_is_no_rows() -> None:
    assert read(b"id,name\n", PAIR).summary.read == 0


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(InputError, match="no column 'name'"):
        read(b"id,title\n1,Ann\n", PAIR)


def test_a_column_named_twice_is_an_error() -> None:
    with pytest.raises(InputError, match="two columns named 'id'"):
        read(b"id,name,id\n1,Ann,2\n", PAIR)


def test_without_a_header_the_columns_are_the_contracts() -> None:
    assert read(b"1,Ann\n2,Bo\n", PAIR, csv=CsvOptions(header=False)).rows == GOOD


def test_another_delimiter_is_taken() -> None:
    assert read(b"id;name\n1;Ann\n2;Bo\n", PAIR, csv=CsvOptions(delimiter=";")).rows == GOOD
