"""Timestamps: every notation that is read, the instant and the digits that survive."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from etl.timestamps import canonical_timestamp, format_timestamp, parse_timestamp
from tests.unit.strategies import Written, instants, written_instants


@given(written_instants())
def test_reads_every_notation_as_the_instant_that_it_means(written: Written) -> None:
    assert parse_timestamp(written.text) == written.instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2018",
        "2018-02",
        "20180201",
        "2018-W05-4",
        "2018-02-01T",
        "2018-02-01T10",
        "2018-02-01T10:00.5",
        "2018-02-01T10:00:00.Z",
        "2018-02-01T10:00:00z",
        "2018-02-01T10:00:00+0200",
        "2018-02-01T10:00:00+24:00",
        "2018-02-01T25:00:00Z",
        "2018-02-01T23:59:60Z",
        "2018-02-30",
        "0000-01-01",
        "2018-02-01 ",
        "2018-02-01\n",
        "\uff12018-02-01",
    ],
)
def test_reads_nothing_else(text: str) -> None:
    assert parse_timestamp(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:00-00:01"])
def test_reads_no_instant_outside_the_years_1_to_9999(text: str) -> None:
    assert parse_timestamp(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_instant_come_back_as_written(text: str) -> None:
    instant = parse_timestamp(text)

    assert instant is not None
    assert format_timestamp(instant) == text


@given(instants)
def test_a_formatted_instant_is_read_as_the_same_instant(instant: datetime) -> None:
    assert parse_timestamp(format_timestamp(instant)) == instant


def test_formats_in_utc_whatever_the_zone() -> None:
    instant = datetime(2018, 2, 1, 10, tzinfo=timezone(timedelta(hours=2)))

    assert format_timestamp(instant) == "2018-02-01T08:00:00Z"


def test_formats_a_fraction_without_trailing_zeros() -> None:
    assert format_timestamp(datetime(2018, 2, 1, microsecond=120_000, tzinfo=UTC)) == "2018-02-01T00:00:00.12Z"


@given(written_instants())
def test_the_canonical_form_keeps_the_instant(written: Written) -> None:
    assert parse_timestamp(canonical_timestamp(written.text)) == written.instant


@given(written_instants())
def test_the_canonical_form_of_a_canonical_form_is_itself(written: Written) -> None:
    canonical = canonical_timestamp(written.text)

    assert canonical_timestamp(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2018-02-01", "2018-02-01T00:00:00Z"),
        ("2018-02-01T10:00Z", "2018-02-01T10:00:00Z"),
        ("2018-02-01 10:00:00+02:00", "2018-02-01T08:00:00Z"),
        ("2018-02-01T00:30:00.1234567890-23:59", "2018-02-02T00:29:00.1234567890Z"),
        ("2018-02-01T10:00:00.500", "2018-02-01T10:00:00.500Z"),
    ],
)
def test_the_canonical_form_is_utc_with_seconds_and_the_fraction_as_it_came(text: str, canonical: str) -> None:
    assert canonical_timestamp(text) == canonical


def test_what_is_no_instant_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="'tomorrow' is not an ISO 8601 instant"):
        canonical_timestamp("tomorrow")
