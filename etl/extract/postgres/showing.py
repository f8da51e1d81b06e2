"""Values of a rejected row as JSON can show them, and as somebody who mends the row would look for them."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa

from etl.values import parquet as parquet_values

# The driver counts from 1970 where PostgreSQL counts from 2000, and what is near the outermost numbers, which
# PostgreSQL has for the infinities, goes over the edge.
_START: Final = date(2000, 1, 1)
_SHIFT: Final = _START - date(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)
# After so many days the Gregorian calendar begins again.
_CYCLE_DAYS: Final = 146_097
_CYCLE_YEARS: Final = 400


def shown(value: pa.Scalar) -> Any:
    """Return what a reject shows of a value.

    Parameters
    ----------
    value
        As the driver gives it.

    Returns
    -------
    object
        Of JSON. Days and times outside the years 1 to 9999 are as PostgreSQL writes them in UTC.
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
    """Return the day that is so many days after the start, and its era."""
    cycles, rest = divmod(days, _CYCLE_DAYS)
    day = _START + timedelta(days=rest)
    year = day.year + cycles * _CYCLE_YEARS
    return (f"{year:04}-{day:%m-%d}", "") if year > 0 else (f"{1 - year:04}-{day:%m-%d}", " BC")


def _wrapped(number: int, bits: int) -> int:
    """Return the number of so many bits that is equal to another one but for the carry."""
    half = 1 << (bits - 1)
    return (number + half) % (2 * half) - half


def _infinity(number: int, bits: int) -> str:
    half = 1 << (bits - 1)
    return {half - 1: "infinity", -half: "-infinity"}.get(number, "")
