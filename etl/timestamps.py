"""ISO 8601 instants as text: read, placed in UTC and written back, without losing a digit of the fraction."""

import re
from datetime import UTC, datetime

# Only the extended form of ISO 8601. `datetime.fromisoformat` also takes week dates and the basic form, whose text
# does not sort by time: a scan that filters on text could lose them.
_EXTENDED = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?P<fraction>\.\d+)?)?)(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)

# The form that `canonical_timestamp` writes, and so returns as it is: most texts have it.
_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?Z", re.ASCII)


def parse_timestamp(text: str) -> datetime | None:
    """Read an ISO 8601 instant in its extended form; None when the text is not one.

    `2018-02-01`, `2018-02-01T10:00Z`, `2018-02-01 10:00:00.123+02:00` …; no zone means UTC. The result is in UTC, cut
    to microseconds.
    """
    if _EXTENDED.fullmatch(text) is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):  # 30 February, or an offset that leaves the years 1 to 9999
        return None


def format_timestamp(instant: datetime) -> str:
    """Write a zoned datetime in UTC with `Z`, such as `2018-02-01T00:00:00Z` and a fraction only if there is one."""
    text = instant.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def canonical_timestamp(text: str) -> str:
    """Write an ISO 8601 instant in UTC with `T`, seconds and `Z`; the digits of its fraction stay as they are.

    `2018-02-01T10:00+02:00` becomes `2018-02-01T08:00:00Z`. ValueError when `parse_timestamp` does not read the text.
    """
    instant = parse_timestamp(text)
    if instant is not None and _CANONICAL.fullmatch(text) is not None:
        return text
    match = _EXTENDED.fullmatch(text)
    if instant is None or match is None:
        raise ValueError(f"{text!r} is not an ISO 8601 instant")
    seconds = instant.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{seconds}{match['fraction'] or ''}Z"
