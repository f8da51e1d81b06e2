"""What a read yields: good rows, and rejected rows with their values as JSON shows them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa

from etl.values import parquet as parquet_values
from etl.values.records import Problem

# The driver counts from 1970 where PostgreSQL counts from 2000. PostgreSQL stores the infinities as the outermost
# numbers, so the driver's sum overflows for them and their neighbours.
_START: Final = date(2000, 1, 1)
_SHIFT: Final = _START - date(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)
# The Gregorian calendar repeats after this many days.
_CYCLE_DAYS: Final = 146_097
_CYCLE_YEARS: Final = 400


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that breaks the contract."""

    line: int
    """Its place among the rows of the chunk, from 1."""
    problems: list[Problem]
    raw: dict[str, Any]
    """Its values by field, as JSON shows them."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A stretch of a chunk: every row is good or rejected, never both; both keep the chunk's order."""

    rows: pa.RecordBatch
    rejects: list[RejectedRow]


def shown(value: pa.Scalar) -> Any:
    """Return a value of the driver as JSON shows it in a reject.

    Days and times outside the years 1 to 9999 are shown as PostgreSQL writes them in UTC.
    """
    if value.is_valid and pa.types.is_date32(value.type):
        days = _wrapped(value.value - _SHIFT.days, 32)
        return _infinity(days, 32) or "{}{}".format(*_day(days))
    if value.is_valid and pa.types.is_timestamp(value.type):
        return _time(_wrapped(value.value - _SHIFT // _MICROSECOND, 64), "+00" if value.type.tz else "")
    return parquet_values.shown(value)


def _time(microseconds: int, zone: str) -> str:
    days, rest = divmod(microseconds, timedelta(days=1) // _MICROSECOND)
    day, era = _day(days)
    moment = datetime.combine(_START, time()) + rest * _MICROSECOND
    return _infinity(microseconds, 64) or f"{day} {moment.time()}{zone}{era}"


def _day(days: int) -> tuple[str, str]:
    """Return a day, counted from the start, and its era."""
    cycles, rest = divmod(days, _CYCLE_DAYS)
    day = _START + timedelta(days=rest)
    year = day.year + cycles * _CYCLE_YEARS
    return (f"{year:04}-{day:%m-%d}", "") if year > 0 else (f"{1 - year:04}-{day:%m-%d}", " BC")


def _wrapped(number: int, bits: int) -> int:
    """Undo an overflow: return the signed number of `bits` bits that is congruent to `number`."""
    half = 1 << (bits - 1)
    return (number + half) % (2 * half) - half


def _infinity(number: int, bits: int) -> str:
    half = 1 << (bits - 1)
    return {half - 1: "infinity", -half: "-infinity"}.get(number, "")
