"""Every kind of value, clean and dirty, in CSV and in JSON: what docs/contracts.md says under "Values"."""

import struct
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from decimal import localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.contracts.model import Contract, Field
from etl.contracts.types import Array, Boolean, Date, Decimal, Float, Integer, Json, Struct, Text, Timestamp, Type, Uuid
from tests.data_quality.dirt.reading import outcome

BAD = object()
"""The value is rejected as of the wrong type."""
UUID = "cfcd2084-95d5-65ef-66e7-dff9f98764da"
NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
LOCAL_NOON = NOON.replace(tzinfo=None)

CSV: list[tuple[Type, dict[str, Any]]] = [
    (
        Integer(16),
        {"32767": 32767, "-32768": -32768, "32768": BAD, "-32769": BAD, "+7": 7, "007": 7, "7.": 7, "7.000": 7}
        | {"7.5": BAD, "7e0": BAD, "0x7": BAD, "7_0": BAD, "\u0663": BAD, "--7": BAD, "": None, "  ": None, '""': None}
        | {
            " 7\t": 7,
            "\x0b7": BAD,
            "\xa07": BAD,
            '"7"': 7,
            '" 7 "': 7,
            "7 0": BAD,
            "'7'": BAD,
            "true": BAD,
            "NaN": BAD,
        },
    ),
    (
        Integer(64),
        {"9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63), "9223372036854775808": BAD}
        | {"-9223372036854775809": BAD, "9" * 400: BAD, "-0": 0, "9223372036854775807.0": 2**63 - 1},
    ),
    (
        Decimal(6, 2),
        {
            "12.5": Exact("12.50"),
            "12.500": Exact("12.50"),
            "12.505": BAD,
            "9999.99": Exact("9999.99"),
            "10000": BAD,
            "1e3": Exact("1000.00"),
        }
        | {
            "1E-2": Exact("0.01"),
            "1e-3": BAD,
            ".5": Exact("0.50"),
            "5.": Exact("5.00"),
            "-.5": Exact("-0.50"),
            "-0.00": Exact("0.00"),
        }
        | {
            "0e999999": Exact("0.00"),
            "1e999999999": BAD,
            "1e-999999999": BAD,
            "0" * 300 + "1": Exact("1.00"),
            "1." + "0" * 300: Exact("1.00"),
        }
        | {
            "NaN": BAD,
            "Infinity": BAD,
            '"1,5"': BAD,
            "1e": BAD,
            "1_0": BAD,
            "12.50 EUR": BAD,
            "$1": BAD,
            "\uff11": BAD,
        },
    ),
    (
        Decimal(38, 10),
        {"1234567890123456789012345678.0123456789": Exact("1234567890123456789012345678.0123456789")}
        | {
            "12345678901234567890123456789": BAD,
            "0.00000000001": BAD,
            "9" * 28 + "." + "9" * 10: Exact("9" * 28 + "." + "9" * 10),
        },
    ),
    (
        Float(64),
        {"0.1": 0.1, "1e3": 1000.0, "1e308": 1e308, "1e309": BAD, "-1e400": BAD, "1e-400": 0.0, "1": 1.0, ".5e1": 5.0}
        | {
            "nan": BAD,
            "NaN": BAD,
            "inf": BAD,
            "-Infinity": BAD,
            "+inf": BAD,
            "1e99999999999999999999": BAD,
            "0x1p3": BAD,
        }
        | {"1_0.5": BAD, "1.5f": BAD, " 1.5 ": 1.5, "": None, "2.2250738585072014e-308": 2.2250738585072014e-308},
    ),
    (Float(32), {"0.5": 0.5, "16777217": 16777216.0, "3.4028235e38": 3.4028234663852886e38, "3.5e38": BAD, "nan": BAD}),
    (
        Boolean(),
        {
            "true": True,
            "T": True,
            "Yes": True,
            "y": True,
            "oN": True,
            "1": True,
            "false": False,
            "F": False,
            "nO": False,
        }
        | {
            "N": False,
            "off": False,
            "0": False,
            "2": BAD,
            "tru": BAD,
            "1.0": BAD,
            "wahr": BAD,
            " true ": True,
            '""': None,
        },
    ),
    (
        Date(),
        {
            "2024-02-29": date(2024, 2, 29),
            "2026-02-29": BAD,
            "0001-01-01": date(1, 1, 1),
            "9999-12-31": date(9999, 12, 31),
        }
        | {
            "0000-12-31": BAD,
            "10000-01-01": BAD,
            "2026-2-3": BAD,
            "20260203": BAD,
            "03.02.2026": BAD,
            "2026/02/03": BAD,
        }
        | {"2026-02-03T00:00:00": BAD, "2026-W06-1": BAD, "epoch": BAD, "infinity": BAD, "-2026-02-03": BAD}
        | {"2026-02-03 (BC)": BAD, " 2026-02-03\t": date(2026, 2, 3), "2026-13-01": BAD, "2026-00-10": BAD},
    ),
    (
        Timestamp(),
        {"2026-02-28T12:00:00Z": NOON, "2026-02-28 12:00": NOON, "2026-02-28T14:00:00+02:00": NOON}
        | {
            "2026-02-28": NOON.replace(hour=0),
            "2026-02-28T12:00:00.000000000Z": NOON,
            "2026-02-28T12:00:00.0000001Z": BAD,
        }
        | {"2026-02-28T12:00:00.123456Z": NOON.replace(microsecond=123456), "2026-02-30T12:00:00Z": BAD}
        | {"2026-02-28T24:00:00Z": BAD, "2026-02-28T23:59:60Z": BAD, "2026-02-28T12:00:00 UTC": BAD, "1771000000": BAD}
        | {"0001-01-01T00:00:00+01:00": BAD, "9999-12-31T23:59:59-01:00": BAD, "now": BAD, "2026-02-28T12": BAD}
        | {
            "2026-02-28T12:00:00+0200": BAD,
            "2026-02-28T12:00:00+02": BAD,
            "20260228T120000Z": BAD,
            "2026-02-28t12:00:00z": BAD,
        },
    ),
    (
        Timestamp(zoned=False),
        {
            "2026-02-28T12:00:00": LOCAL_NOON,
            "2026-02-28T12:00:00Z": BAD,
            "2026-02-28 12:00+00:00": BAD,
            "2026-02-28 12:00": LOCAL_NOON,
        },
    ),
    (
        Uuid(),
        {
            UUID: UUID,
            UUID.upper(): UUID,
            f" {UUID} ": UUID,
            UUID.replace("-", ""): BAD,
            f"{{{UUID}}}": BAD,
            UUID[:-1]: BAD,
        }
        | {f"urn:uuid:{UUID}": BAD, UUID[:-1] + "g": BAD, '""': None},
    ),
    (
        Text(),
        {
            "": None,
            '""': "",
            " ": " ",
            " a ": " a ",
            "NULL": "NULL",
            "NaN": "NaN",
            "\u2028": "\u2028",
            "\U0001f642": "\U0001f642",
        }
        | {
            '"a,b"': "a,b",
            '"a""b"': 'a"b',
            '"a\r\nb"': "a\r\nb",
            "\x1c": "\x1c",
            "\x85": "\x85",
            "\ufeff": "\ufeff",
            "'a'": "'a'",
        },
    ),
    (
        Json(),
        {
            '"{""a"": [1.10, null]}"': '{"a": [1.10, null]}',
            "[1]": "[1]",
            "true": "true",
            "NaN": BAD,
            "{a}": BAD,
            '""': None,
        }
        | {'"{""a"":1} x"': BAD, '"[1,]"': BAD, '"{""a"":Infinity}"': BAD},
    ),
    (Json(only_objects=True), {'"{""a"":1}"': '{"a":1}', "[1]": BAD, "1": BAD}),
    (
        Array(Field(name="element", type=Integer(16))),
        {"[]": [], '"[1,null]"': [1, None], "1": BAD, '"[1"': BAD, "{}": BAD},
    ),
    (
        Struct((Field(name="x", type=Date()),)),
        {'"{""x"":""2026-02-03""}"': {"x": date(2026, 2, 3)}, "{}": {"x": None}, "[]": BAD},
    ),
]

JSON: list[tuple[Type, dict[str, Any]]] = [
    (
        Integer(64),
        {
            "1": 1,
            "1.0": 1,
            "1e2": 100,
            "-0": 0,
            "9223372036854775808": BAD,
            "1.5": BAD,
            "1e-1": BAD,
            '"1"': BAD,
            "true": BAD,
        }
        | {"null": None, "[1]": BAD, "{}": BAD, "1e999999999": BAD, "9223372036854775807.0": 2**63 - 1},
    ),
    (
        Decimal(6, 2),
        {
            "1.50": Exact("1.50"),
            "1.505": BAD,
            "1e2": Exact("100.00"),
            '"1.5"': BAD,
            "false": BAD,
            "1.5000000": Exact("1.50"),
            "-0.0": Exact("0.00"),
        },
    ),
    (Float(64), {"0.1": 0.1, "1": 1.0, "1e309": BAD, '"NaN"': BAD, "true": BAD, "-0.0": -0.0}),
    (Boolean(), {"true": True, "false": False, "1": BAD, '"true"': BAD, "0": BAD}),
    (
        Date(),
        {'"2024-02-29"': date(2024, 2, 29), '"2026-02-29"': BAD, '" 2026-02-03"': BAD, "20260203": BAD, '""': BAD},
    ),
    (Timestamp(), {'"2026-02-28T12:00:00Z"': NOON, '"2026-02-28T13:00:00+01:00"': NOON, "1771000000": BAD, '""': BAD}),
    (Timestamp(zoned=False), {'"2026-02-28T12:00:00"': LOCAL_NOON, '"2026-02-28T12:00:00Z"': BAD}),
    (Uuid(), {f'"{UUID.upper()}"': UUID, f'" {UUID}"': BAD, "1": BAD, '""': BAD}),
    (
        Text(),
        {
            '""': "",
            '"a"': "a",
            '"\\ud83d\\ude42"': "\U0001f642",
            "1": BAD,
            "true": BAD,
            "{}": BAD,
            '"\\u0041"': "A",
            '"\\/"': "/",
        },
    ),
    (Json(), {"[1.10]": "[1.10]", '"x"': '"x"', "null": None, "12345678901234567890.5": "12345678901234567890.5"}),
    (Json(only_objects=True), {'{"a":1}': '{"a":1}', "[]": BAD, '"x"': BAD}),
    (Array(Field(name="element", type=Text())), {'["a",null]': ["a", None], '"a"': BAD, "{}": BAD, "[]": []}),
]


def _of(type_: Type) -> Contract:
    fields = (Field(name="key", type=Integer(64), required=True), Field(name="value", type=type_))
    return Contract(id="values", version="1.0.0", dataset="values", fields=fields)


def _expected(cases: list[Any]) -> tuple[list[dict[str, Any]], list[tuple[int, list[tuple[str, str]]]]]:
    good = [{"key": key, "value": value} for key, value in enumerate(cases, 2) if value is not BAD]
    return good, [(key, [("type", "value")]) for key, value in enumerate(cases, 2) if value is BAD]


@pytest.mark.parametrize(("type_", "cases"), CSV, ids=lambda one: str(one) if not isinstance(one, dict) else "")
def test_a_csv_field_is_the_value_that_its_text_writes_or_none_of_its_type(type_: Type, cases: dict[str, Any]) -> None:
    # No case spans lines but the texts, so the key is the line, too.
    texts = {text: value for text, value in cases.items() if "\n" not in text}
    data = "key,value\n" + "".join(f"{key},{text}\n" for key, text in enumerate(texts, 2))
    found = outcome(data.encode(), _of(type_), "csv")
    good, refused = _expected(list(texts.values()))

    assert _exactly(found.rows) == _exactly(good)
    assert [(one.line, one.why) for one in found.rejects] == refused
    assert [one.record for one in found.rejects] == [data.split("\n")[line - 1] for line, _ in refused]


@pytest.mark.parametrize(("type_", "cases"), JSON, ids=lambda one: str(one) if not isinstance(one, dict) else "")
def test_a_json_value_has_to_be_of_its_type(type_: Type, cases: dict[str, Any]) -> None:
    lines = ['{"key":1}', *(f'{{"key":{key},"value":{text}}}' for key, text in enumerate(cases, 2))]
    found = outcome("\n".join(lines).encode(), _of(type_), "jsonl")
    good, refused = _expected(list(cases.values()))

    assert _exactly(found.rows) == _exactly([{"key": 1, "value": None}, *good])
    assert [(one.line, one.why) for one in found.rejects] == refused
    document = outcome(("[" + ",\n".join(lines) + "]").encode(), _of(type_), "json")
    assert (document.rows, [one[:2] for one in document.rejects]) == (found.rows, [one[:2] for one in found.rejects])


def _exactly(rows: list[dict[str, Any]]) -> list[tuple[Any, str]]:
    """Return values with what tells True from 1 and -0.0 from 0.0."""
    return [
        (
            row["key"],
            repr(row["value"]).replace("datetime.timezone.utc", "UTC").replace("zoneinfo.ZoneInfo(key='UTC')", "UTC"),
        )
        for row in rows
    ]


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_float_of_32_bits_is_the_nearest_one(format: str) -> None:  # noqa: A002
    # Just above the middle between 1 and the next float of 32 bits: the nearest is the latter.
    text = "1.00000005960464477539062500001"
    data = f"key,value\n2,{text}\n" if format == "csv" else f'{{"key":2,"value":{text}}}'
    (row,) = outcome(data.encode(), _of(Float(32)), format).rows

    assert struct.pack(">f", row["value"]).hex() == "3f800001"


MIDDLES = st.tuples(
    st.integers(0, 0x7F7FFFFE), st.sampled_from([-1, 0, 1]), st.integers(10, 60), st.sampled_from(["", "-"])
)


@settings(max_examples=15, deadline=None)
@given(st.lists(MIDDLES, min_size=1, max_size=50))
def test_floats_of_32_bits_are_on_their_side_of_the_middle(drawn: list[tuple[int, int, int, str]]) -> None:
    texts, nearest = [], []
    for bits, side, digits, sign in drawn:
        below, above = (Exact(struct.unpack("<f", struct.pack("<I", one))[0]) for one in (bits, bits + 1))
        with localcontext(prec=250):
            middle = (below + above) / 2
            texts.append(f"{sign}{middle + side * Exact(1).scaleb(middle.adjusted() - digits)}")
        # In the middle it is the even one.
        nearest.append(float(f"{sign}{above if side > 0 or (side == 0 and bits & 1) else below}"))
    csv = "key,value\n" + "".join(f"1,{text}\n" for text in texts)
    lines = "".join(f'{{"key":1,"value":{text}}}\n' for text in texts)

    for format, data in (("csv", csv), ("jsonl", lines)):  # noqa: A001
        rows = outcome(data.encode(), _of(Float(32)), format).rows
        assert [repr(row["value"]) for row in rows] == [repr(one) for one in nearest]


def test_a_json_number_beyond_every_range_is_of_the_wrong_type() -> None:
    found = outcome(b'{"key":1,"value":1e99999999999999999999}', _of(Float(64)), "jsonl")

    assert [one.why for one in found.rejects] == [[("type", "value")]]


def test_a_json_number_beyond_every_range_is_json_all_the_same() -> None:
    found = outcome(b'{"key":1,"value":[-1e99999999999999999999]}', _of(Json()), "jsonl")

    assert found.rows == [{"key": 1, "value": "[-1e99999999999999999999]"}]
