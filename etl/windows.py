"""The window of a run: a half-open interval in UTC, from which everything that the run reads or writes follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from etl.errors import InputError
from etl.timestamps import format_timestamp, parse_timestamp

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The instants from `start` up to, but without, `end`; both in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InputError(
                f"the window ends at {format_timestamp(self.end)}, not after its start"
                f" {format_timestamp(self.start)}: swap them or move the end"
            )

    @classmethod
    def of_day(cls, day: date) -> Self:
        """Return the window of a UTC day, from its midnight to the next."""
        start = datetime.combine(day, time(), UTC)
        return cls(start, start + _DAY)

    @classmethod
    def from_dict(cls, texts: Mapping[str, str]) -> Self:
        """Return the window that `to_dict` wrote; InputError when a text is missing or is not an instant."""
        if set(texts) != {"start", "end"}:
            raise InputError(f"window is {dict(texts)!r}: it needs start and end")
        return cls(_instant(texts, "start"), _instant(texts, "end"))

    @property
    def key(self) -> str:
        """The window as a part of an object key: two windows share one only when they are equal."""
        return f"{_compact(self.start)}-{_compact(self.end)}"

    def claims(self, timestamp: object) -> bool:
        """Tell whether a row with this timestamp belongs to a run over this window.

        `timestamp`: the value in the row: a text, or anything else when it is missing or of another type.
        Returns: for an ISO 8601 instant, whether it lies in the window. Any other text that starts with a digit is
        placed by its order among the instants, so consecutive windows of whole seconds claim it once. Every window
        claims what cannot be placed: it has to end as a reject, not in silence.
        """
        if not isinstance(timestamp, str) or not "0" <= timestamp[:1] <= "9":
            return True
        instant = parse_timestamp(timestamp)
        if instant is None:
            return _sortable(self.start) <= timestamp < _sortable(self.end)
        return self.start <= instant < self.end

    def text_bounds(self) -> tuple[str, str]:
        """Return inclusive bounds between which every digit-led timestamp sorts that the window can claim.

        They are a day wider than the window on both sides: an instant written with an offset (up to 24 h) sorts
        elsewhere than its UTC form.
        """
        # No offset exists beyond the years that a datetime can hold.
        earliest, latest = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        # A day without its hour sorts before all of that day, also where a space stands for the `T`.
        low = _sortable(self.start - _DAY)[:10] if self.start - earliest > _DAY else "0"
        high = _sortable(self.end + _DAY) if latest - self.end > _DAY else ":"
        return low, high

    def to_dict(self) -> dict[str, str]:
        """Return `start` and `end` in ISO 8601, UTC, as events and results carry them."""
        return {"start": format_timestamp(self.start), "end": format_timestamp(self.end)}


def _instant(texts: Mapping[str, Any], key: str) -> datetime:
    instant = parse_timestamp(texts[key]) if isinstance(texts[key], str) else None  # it came as JSON
    if instant is None:
        raise InputError(
            f"window {key!r} is {texts[key]!r}, not an ISO 8601 instant: write it like 2018-02-01T00:00:00Z"
        )
    return instant


def _compact(instant: datetime) -> str:
    return format_timestamp(instant).replace("-", "").replace(":", "")


def _sortable(instant: datetime) -> str:
    # Whole seconds without the zone: a prefix of, and so before, every way to write an instant of that second.
    return instant.replace(microsecond=0, tzinfo=None).isoformat()
