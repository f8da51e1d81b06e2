"""The fast path takes what is ordinary, and nothing that it may only think it understands."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.contracts.model import Contract, Field
from etl.contracts.types import Decimal, Integer
from etl.extract.files import CsvOptions
from etl.extract.files.csv_fast import FastCsv
from etl.extract.files.csv_records import CsvScanner, LineIndex
from etl.extract.files.work import Engine
from etl.quality.row_rules import RowRules
from tests.unit.extract.files.contracts import PAIR, contract, of_types
from tests.unit.extract.files.reading import decide_csv, read

NO_HEADER = CsvOptions(header=False)


def _doubtful(contract: Contract, *lines: str) -> list[int]:
    """Return the places of the lines that the fast path leaves to the deciding one."""
    fast = FastCsv(contract, [field.name for field in contract.fields], RowRules(contract), ",")
    engine = Engine()
    try:
        typed = fast.typed(engine, "".join(f"{line}\n" for line in lines).encode(), len(lines))
    finally:
        engine.close()
    return list(typed.doubtful)


def _same_on_both_paths(asked: Contract, lines: list[str]) -> None:
    """Check what becomes of lines; each is completed by numbers, one for each column that it lacks."""
    whole = [line + ",1" * (len(asked.fields) - 1 - line.count(",")) for line in lines]
    data = "".join(f"{line}\n" for line in whole).encode()
    found = read(data, asked, csv=NO_HEADER)
    assert (found.rows, found.reasons) == decide_csv(data, asked)


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("big", ["12", "-7", "+5", "007", "5.0", " 5", "5\t"]),
        ("amount", ["12.50", "5", "5.5", "+5.50", ".5", "-0.00", " 1.00 ", "1.5000"]),
        ("ratio", ["0.1", "-5", "+5", "1e-3", "5.", ".5", " 5 "]),
        ("flag", ["true", "FALSE", "t", "No", "1", "off"]),
        ("day", ["2024-02-29", "0001-01-01", "9999-12-31"]),
        ("uuid", ["cfcd2084-95d5-65ef-66e7-dff9f98764da", "CFCD2084-95D5-65EF-66E7-DFF9F98764DA"]),
        ("at", ["2026-02-28T10:00:00Z", "2026-02-28T10:00:01Z", "2026-02-28 10:00:00.5+02:00", "2026-02-28"]),
        ("at", ["2026-02-28T10:00:00", " 2026-02-28T10:00-08:00", "0001-01-01", "9999-12-31T23:59:59.999999Z"]),
        ("at", ["2026-02-28 10:00:00+00:00", "2026-02-28T10:00:01Z"]),
        ("local", ["2026-02-28 10:00:00", "2026-02-28T10:00:00.123456", "2026-02-28T10:00"]),
        ("local", ["2026-02-28T10:00:00.5", "2026-02-28 10:00:00"]),
    ],
)
def test_ordinary_forms_need_no_second_look(type_: str, values: list[str]) -> None:
    assert _doubtful(of_types(type_, "text"), *(f"{value},x" for value in [*values, ""])) == []


@pytest.mark.parametrize(
    ("type_", "usual", "values"),
    [
        ("whole", "1", ["1.5", "1_0", "1e3", "0x10", "0b1", "99999999999", "٣"]),
        ("amount", "1.00", ["1.005", "1_0", "NaN", "12345678.00"]),
        ("ratio", "1.5", ["1_0.5", "+-5", "NaN", "inf", "-Infinity", "1e400", "0x10"]),
        ("flag", "true", ["maybe", "2", "true "]),
        (
            "day",
            "2026-02-28",
            ["2026-02-29", "2026-2-3", "epoch", "infinity", "2026-02-28 (BC)", "0000-01-01", "10000-01-01"],
        ),
        ("uuid", "cfcd2084-95d5-65ef-66e7-dff9f98764da", ["cfcd208495d565ef66e7dff9f98764da", "K" * 36]),
        (
            "at",
            "2026-02-28T10:00:00Z",
            [
                "2026-02-28T10:00:5.Z",
                "2026-02-28T 1:00:05Z",
                " 026-02-28T10:00:05Z",
                "2026-02-28T10:00:5Z ",
                "2026-02-28T10:00:5Z\t",
                "2026-02-28T24:00:00Z",
                "2026-02-30T10:00:00Z",
                "0000-02-28T10:00:00Z",
                "2026-02-28T10:00:00.1234567Z",
                "9999-12-31T23:59:59-01:00",
            ],
        ),
        ("local", "2026-02-28T10:00:00", ["2026-02-28T10:00:00Z", "2026-02-28T10:00:00+02:00", " 026-02-28T10:00:00"]),
    ],
)
def test_what_duckdb_alone_would_bend_is_left_to_the_deciding_path(type_: str, usual: str, values: list[str]) -> None:
    lines = [f"{usual},x", *(f"{value},x" for value in values)]
    assert _doubtful(of_types(type_, "text"), *lines) == list(range(1, len(lines)))


@pytest.mark.slow
@pytest.mark.parametrize("type_", ["whole", "amount", "ratio", "thin"])
def test_every_short_text_of_the_signs_of_numbers_is_the_same_on_both_paths(type_: str) -> None:
    texts = ["".join(signs) for length in (1, 2, 3, 4) for signs in product("05.+-e_ x\t\x0b\u00a0", repeat=length)]
    _same_on_both_paths(of_types(type_, "big"), texts)


_TIMES = st.text(alphabet="0129-:TZ. +", max_size=3)


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4), _TIMES), min_size=1, max_size=40),
    st.sampled_from(["2026-02-28T10:00:05Z", "2026-02-28 10:00:05", "2026-02-28T10:00:05+00:00"]),
)
def test_times_with_any_piece_replaced_are_the_same_on_both_paths(
    pieces: list[tuple[int, int, str]], usual: str
) -> None:
    texts = [usual, *(usual[:at] + new + usual[at + length :] for at, length, new in pieces)]
    _same_on_both_paths(of_types("at", "local"), [f"{text},{text}" for text in texts])


@pytest.mark.parametrize("type_", ["day", "at", "local"])
def test_every_day_that_may_be_is_the_same_on_both_paths(type_: str) -> None:
    years = ("0000", "0001", "1900", "2000", "2023", "2024", "9999")
    days = [f"{year}-{month:02}-{day:02}" for year in years for month in range(14) for day in range(33)]
    _same_on_both_paths(of_types(type_, "big"), days)


@pytest.mark.parametrize(
    "clock",
    [
        f"{first:02}:{second:02}:{third:02}"
        for first, second, third in product((0, 9, 19, 23, 24, 29), (0, 59, 60, 99), (0, 59, 60, 99))
    ],
)
def test_every_clock_that_may_be_is_the_same_on_both_paths(clock: str) -> None:
    zones = ("", "Z", "+00:00", "-23:59", "+24:00", "+00:60", "+0000", "+00")
    _same_on_both_paths(of_types("at", "local"), [f"2026-02-28T{clock}{zone},1" for zone in zones])


@pytest.mark.slow
@given(
    st.integers(15, 65),
    st.integers(-2, 2),
    st.sampled_from(["", "0", "+", " ", "000"]),
    st.sampled_from(["", ".0", "\t"]),
)
def test_integers_about_the_limits_are_the_same_on_both_paths(bits: int, off: int, before: str, behind: str) -> None:
    texts = [f"{sign}{before}{2**bits + off}{behind}" for sign in ("", "-")]
    _same_on_both_paths(of_types("small", "whole", "big", "text"), [f"{text},{text},{text},x" for text in texts])


_ANY_DIGITS = st.text(alphabet="0059", max_size=41)


@pytest.mark.slow
@given(
    st.sampled_from([(38, 0), (38, 38), (38, 2), (2, 2), (20, 19), (1, 0)]),
    st.lists(
        st.tuples(st.sampled_from(["", "-", "+"]), _ANY_DIGITS, st.sampled_from(["", "."]), _ANY_DIGITS), max_size=9
    ),
)
def test_decimals_of_any_length_are_the_same_on_both_paths(
    size: tuple[int, int], numbers: list[tuple[str, str, str, str]]
) -> None:
    decimals = contract(Field(name="number", type=Decimal(*size)), Field(name="id", type=Integer(64)))
    _same_on_both_paths(decimals, ["".join(number) for number in numbers])


def test_one_impossible_day_leaves_no_other_in_doubt() -> None:
    days = ["2026-02-28", "2026-02-30", "2024-02-29", "2023-02-29", "2026-13-01", "0000-00-00", "2026-12-31"]
    assert _doubtful(of_types("day", "text"), *(f"{day},x" for day in days)) == [1, 3, 4, 5]


def test_a_record_of_nothing_but_nulls_is_no_blank_line() -> None:
    found = read(b"1,a\n,\n\n\r\n2,b\n", of_types("big", "text"), csv=NO_HEADER)
    assert ([tuple(row.values()) for row in found.rows], found.summary.blank_lines) == (
        [(1, "a"), (None, None), (2, "b")],
        2,
    )


def test_rows_of_nothing_but_nulls_need_no_second_look_where_no_line_is_blank() -> None:
    assert _doubtful(of_types("big", "text"), "1,a", ",", ",") == []
    assert _doubtful(of_types("big", "text"), "1,a", ",", "") == [1, 2]


def test_a_byte_order_mark_inside_the_file_is_a_character() -> None:
    data = "a,1\n\ufeffb,2\n\ufeff,3\n".encode()
    found = read(data, of_types("text", "big"), csv=NO_HEADER, chunk=4)
    assert [tuple(row.values()) for row in found.rows] == [("a", 1), ("\ufeffb", 2), ("\ufeff", 3)]


def test_columns_that_no_contract_declares_may_hold_anything() -> None:
    asked = of_types("big")
    found = read(b'other,big,0\n1.5,1,\nx,2,"y, z"\n,x,\n', asked)
    assert ([row["big"] for row in found.rows], found.reasons) == ([1, 2], [(4, [("type", "big")])])


def test_cr_alone_is_a_line_end_without_a_closer_look_at_other_lines() -> None:
    scanned = CsvScanner(",", 1024).scan(b"1,a\r\n2,b\r3,c\n4,d\n", 1, final=True)
    assert ([text.fields for text in scanned.odd], scanned.plain_bytes()) == ([["2", "b"], ["3", "c"]], b"1,a\r\n4,d\n")


@pytest.mark.parametrize("odd", [b"\0", b"\xff", b"\xed\xa0\x80", b'"', b'x"y"', b'"""'])
def test_a_line_that_is_not_plain_for_every_reader_is_read_by_itself(odd: bytes) -> None:
    scanned = CsvScanner(",", 1024).scan(b"1,a\n2," + odd + b'\n3,"c, ""d"""\n', 1, final=True)
    assert ([text.line for text in scanned.odd], scanned.plain_bytes()) == ([2], b'1,a\n3,"c, ""d"""\n')


@pytest.mark.slow
@given(
    st.lists(st.sampled_from([b"1,a\n", b'2,"b ""x"" c"\n', b"\n", b"\r\n", b"3,c\r\n", b"x,d\n", b"4\n"]), max_size=30)
)
def test_blank_lines_are_found_where_there_are_some(lines: list[bytes]) -> None:
    data = b"".join(lines)
    found = read(data, PAIR, csv=NO_HEADER)
    assert (found.rows, found.reasons) == decide_csv(data, PAIR)
    assert found.summary.blank_lines == sum(not line.strip() for line in lines)


@pytest.mark.parametrize("data", [b"1\n\n2\n", b"\n1\n", b"1\r\n\r\n2\r\n"])
def test_a_blank_line_is_no_record_of_one_column_either(data: bytes) -> None:
    found = read(data, of_types("big"), csv=NO_HEADER)
    assert (found.rows, found.summary.blank_lines) == (decide_csv(data, of_types("big"))[0], 1)


@pytest.mark.parametrize("data", [b"\n\n", b'"\n', b"1,2,3,4,5\n", b"1,2,3,4,5\n" * 3 + b"\n"])
def test_a_stretch_without_a_row_is_read(data: bytes) -> None:
    found = read(data, PAIR, csv=NO_HEADER)
    assert (found.rows, found.reasons) == decide_csv(data, PAIR)


@given(st.lists(st.binary(max_size=30_000).map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=8))
def test_a_line_is_found_by_its_number(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    index = LineIndex(data)
    assert [index.line(place) for place in range(len(lines))] == [line + b"\n" for line in lines]
    assert [index.ended(place) for place in range(0, len(data) + 1, 997)] == [
        data.count(b"\n", 0, place) for place in range(0, len(data) + 1, 997)
    ]


def test_a_stretch_longer_than_duckdb_reads_at_once_is_taken_whole() -> None:
    lines = [f"{number},{'x' * 500}" for number in range(5000)]
    assert _doubtful(PAIR, *lines) == []
