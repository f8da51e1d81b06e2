"""How DuckDB is to read the text of a CSV field, and when its answer is beyond doubt."""

import re
from typing import NamedTuple

from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Text, Timestamp, Type, Uuid

_INTEGERS = {16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
_FLOATS = {32: "FLOAT", 64: "DOUBLE"}
# A number that is rounded to the largest one of 32 bits is the deciding path's.
_FINITE = {32: "{} BETWEEN -3.4e38 AND 3.4e38", 64: "isfinite({})"}
_WORDS = (("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("on", "off"), ("1", "0"))
_BLANKS = "[ \t]*"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_USUAL_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(Z|\+00:00|)", re.ASCII)


class Cast(NamedTuple):
    """SQL for a column, a level upon the other, so that nothing is evaluated twice."""

    parsed: str
    """Over the text, which is empty for null, and is null where a line ends too early."""
    value: str
    """Over the text and what was parsed."""
    sure: str
    """Whether the value is beyond doubt, over all three; null is no, and nothing is yes for every text."""


class Names(NamedTuple):
    """What a column is called on each level."""

    text: str
    parsed: str
    value: str


def cast_of(type_: Type, names: Names, sample: str = "") -> Cast:  # noqa: PLR0911 -- one case for each type
    """Return the cast of a text to a type; a type that has none is sure only where the text is null.

    Parameters
    ----------
    type_
        Of the contract.
    names
        In SQL.
    sample
        A text of the column: others of its form are the fastest.

    Returns
    -------
    Cast
    """
    text, parsed, value = names
    match type_:
        case Text():
            return Cast(f"nullif({text}, '')", parsed, "")
        case Uuid():
            return Cast(f"lower(nullif({text}, ''))", parsed, f"({_matches(text, _UUID)} OR {text} = '')")
        case Boolean():
            return Cast(_boolean(text), parsed, f"({parsed} IS NOT NULL OR {text} = '')")
        case Integer(bits):
            return _exact(names, _INTEGERS[bits], r"[+-]?[0-9]{1,18}(?:\.0{0,18})?")
        case Decimal(precision, scale):
            form = rf"[+-]?(?:[0-9]+(?:\.[0-9]{{0,{scale}}})?|\.[0-9]{{1,{scale}}})" if scale else r"[+-]?[0-9]+\.?"
            return _exact(names, f"DECIMAL({precision},{scale})", form)
        case Float(bits):
            # What is finite and begins like a number is one, but for underscores; behind `+`, a sign may follow.
            finite = _FINITE[bits].format(value)
            usual = f"{finite} AND NOT contains({text}, '_') AND {text} BETWEEN '-' AND ':'"
            return Cast(f"TRY_CAST({text} AS {_FLOATS[bits]})", parsed, _sure(text, usual, finite, _NUMBER))
        case Date():
            usual = f"CAST({parsed} AS VARCHAR) = {text} AND strlen({text}) = 10"
            return Cast(f"TRY_CAST({text} AS DATE)", parsed, f"({usual} OR {text} = '')")
        case Timestamp(zoned):
            return _timestamp(names, sample, zoned=zoned)
        case _:
            return Cast("NULL", "NULL", f"{text} = ''")


def _boolean(text: str) -> str:
    # Not IN: of a list as long DuckDB makes a join, which looks at all rows.
    words = "".join(f" WHEN '{true}' THEN true WHEN '{false}' THEN false" for true, false in _WORDS)
    return f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false ELSE CASE lower({text}){words} END END"


def _exact(names: Names, type_: str, form: str) -> Cast:
    text, parsed, _ = names
    usual = f"CAST({parsed} AS VARCHAR) = {text}"
    return Cast(f"TRY_CAST({text} AS {type_})", parsed, _sure(text, usual, f"{parsed} IS NOT NULL", form))


def _timestamp(names: Names, sample: str, *, zoned: bool) -> Cast:
    text, parsed, value = names
    type_ = "TIMESTAMPTZ" if zoned else "TIMESTAMP"
    form = f"{_DAY}(?:{_TIME}{_ZONE if zoned else ''})?"
    found = _USUAL_TIME.fullmatch(sample)
    if found is None or (found[2] and not zoned):
        sure = f"({_within(value, type_)} AND {_matches(text, form)} OR {text} = '')"
        return Cast(f"TRY_CAST({text} AS {type_})", parsed, sure)
    # A text that fits and is as long as the form has two digits everywhere and four in the year, unless blanks at
    # its ends make up for some: so it may neither begin nor end with one.
    fitting = f"try_strptime({text}, '%Y-%m-%d{found[1]}%H:%M:%S{found[2]}')"
    instant = f"make_timestamptz(epoch_us({parsed}))" if zoned else parsed
    whole = f"NOT suffix({text}, ' ') AND NOT suffix({text}, '\t')"
    ends = f"strlen({text}) = {len(sample)} AND {text} >= '0' AND {whole}"
    usual = f"{_within(parsed, 'TIMESTAMP')} AND {ends}"
    sure = _sure(text, usual, _within(value, type_), form)
    return Cast(fitting, f"coalesce({instant}, TRY_CAST({text} AS {type_}))", sure)


def _within(value: str, type_: str) -> str:
    zone = "+00" if type_ == "TIMESTAMPTZ" else ""
    return f"{value} BETWEEN {type_} '0001-01-01 00:00:00{zone}' AND {type_} '9999-12-31 23:59:59.999999{zone}'"


def _sure(text: str, usual: str, otherwise: str, form: str) -> str:
    # CASE evaluates what follows only for the rows that need it.
    form = f"{_BLANKS}{form}{_BLANKS}"
    return f"CASE WHEN {usual} THEN true WHEN {text} = '' THEN true ELSE {otherwise} AND {_matches(text, form)} END"


def _matches(text: str, form: str) -> str:
    return f"regexp_full_match({text}, '{form}')"
