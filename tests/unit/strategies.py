"""What hypothesis draws for more than one module's tests: timestamps as people write them, and DynamoDB's values."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Written:
    """A timestamp's text, and the instant that it means, worked out without reading the text."""

    text: str
    instant: datetime


@st.composite
def written_instants(draw: st.DrawFn) -> Written:
    """Draw instants in every notation: date alone, minutes, seconds, fractions, any offset, `T` or a space."""
    local = draw(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31))).replace(microsecond=0)  # noqa: DTZ001
    precision = draw(st.sampled_from(["day", "minute", "second", "fraction"]))
    if precision == "day":
        day = local.replace(hour=0, minute=0, second=0)
        return Written(f"{day:%Y-%m-%d}".rjust(10, "0"), day.replace(tzinfo=UTC))
    fraction = draw(st.text("0123456789", min_size=1, max_size=9)) if precision == "fraction" else ""
    if precision == "minute":
        local = local.replace(second=0)
    offset = draw(st.none() | st.just("Z") | st.integers(-1439, 1439))
    text = local.isoformat(draw(st.sampled_from("T ")), "minutes" if precision == "minute" else "seconds")
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    minutes = offset if isinstance(offset, int) else 0
    instant = local.replace(tzinfo=UTC) - timedelta(minutes=minutes) + timedelta(microseconds=micros)
    return Written(text + (f".{fraction}" if fraction else "") + _zone(offset), instant)


def _zone(offset: int | str | None) -> str:
    if not isinstance(offset, int):
        return offset or ""
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


digit_led_texts = st.one_of(
    written_instants().map(lambda written: written.text),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}[0-9:.Z+-]{0,12}", fullmatch=True),
    st.builds(str.__add__, st.sampled_from("0123456789"), st.text()),
)
"""Texts that start with an ASCII digit; many are instants, many nearly so."""

instants = st.datetimes(timezones=st.just(UTC))
whole_seconds = instants.map(lambda instant: instant.replace(microsecond=0))


@st.composite
def numbers(draw: st.DrawFn) -> Decimal:
    """Draw what DynamoDB takes for a number: up to 38 digits, 1E-130 to 9.99…E+125 in size, and zero."""
    digits = draw(st.integers(0, 10**38 - 1))
    if digits == 0:
        return Decimal(0)
    magnitude = draw(st.integers(-130, 125))
    return Decimal((draw(st.integers(0, 1)), tuple(map(int, str(digits))), magnitude - len(str(digits)) + 1))


number_texts = st.builds(lambda number, plain: f"{number:f}" if plain else str(number), numbers(), st.booleans())
map_keys = st.sampled_from(["$set", "$binary", "$map", "$", "a", ""]) | st.text()


def _unique(members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(members, min_size=1, max_size=4, unique=True)


_scalars: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.text().map(lambda value: {"S": value}),
    number_texts.map(lambda value: {"N": value}),
    st.binary().map(lambda value: {"B": value}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    _unique(st.text()).map(lambda value: {"SS": value}),
    st.lists(number_texts, min_size=1, max_size=4, unique_by=Decimal).map(lambda value: {"NS": value}),
    _unique(st.binary()).map(lambda value: {"BS": value}),
)

attributes = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda value: {"L": value}),
        st.dictionaries(map_keys, inner, max_size=3).map(lambda value: {"M": value}),
    ),
    max_leaves=8,
)
"""Attribute values of every type that DynamoDB has, as boto3 takes and gives them."""

items = st.dictionaries(map_keys.filter(bool), attributes, max_size=5)


def by_value(attribute: dict[str, Any]) -> tuple[str, Any]:
    """Return an attribute so that two are equal when DynamoDB stores the same: numbers by value, sets as sets."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return kind, Decimal(value)
        case "NS":
            return kind, frozenset(map(Decimal, value))
        case "SS" | "BS":
            return kind, frozenset(value)
        case "L":
            return kind, [by_value(inner) for inner in value]
        case "M":
            return kind, {key: by_value(inner) for key, inner in value.items()}
    return kind, value
