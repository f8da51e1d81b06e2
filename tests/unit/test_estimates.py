"""Estimates: what earlier exports say of later ones, and sums that can be checked by hand."""

from dataclasses import replace

import pytest

from etl.runs.ledger import ChunkRecord
from serverless_app.estimates import (
    ASSUMED,
    ENOUGH_ROWS,
    PLAN_SECONDS,
    Pace,
    Work,
    estimate,
    pace,
)
from serverless_app.prices import Prices

FREE = Prices(
    region="nowhere",
    as_of="never",
    sources=(),
    lambda_gigabyte_second=0,
    lambda_request=0,
    s3_put=0,
    s3_gigabyte_month=0,
    transition=0,
    glue_request=0,
    dynamodb_write=0,
)
EVEN = Pace(bytes_per_row=100, rows_per_second=1000, seconds_per_chunk=1, rows_known=10**6)


def exported(rows: int, seconds: float, *, size: int = 0) -> ChunkRecord:
    return ChunkRecord("published", rows_in=rows, rows_out=rows, seconds=seconds, bytes=size)


def test_a_straight_line_through_the_chunks_tells_rows_from_the_rest() -> None:
    known = pace([exported(rows, 2 + rows / 50_000, size=rows * 90) for rows in (50_000, 100_000, 400_000)])
    assert known.rows_per_second == pytest.approx(50_000)
    assert known.seconds_per_chunk == pytest.approx(2)
    assert (known.bytes_per_row, known.rows_known) == (90, 550_000)


def test_chunks_of_one_size_say_nothing_of_the_rest() -> None:
    known = pace([exported(100_000, 4), exported(100_000, 6)])
    assert (known.rows_per_second, known.seconds_per_chunk) == (20_000, 0)


def test_a_line_that_falls_is_not_believed() -> None:
    known = pace([exported(100_000, 6), exported(300_000, 4)])
    assert (known.rows_per_second, known.seconds_per_chunk) == (40_000, 0)


def test_too_few_rows_say_nothing() -> None:
    assert pace([]) is ASSUMED
    assert pace([exported(ENOUGH_ROWS - 1, 1)]) is ASSUMED
    assert pace([exported(ENOUGH_ROWS, 1)]) is not ASSUMED


def test_days_without_rows_and_failures_are_left_out() -> None:
    empty, failed = ChunkRecord("empty", seconds=50), ChunkRecord("failed", seconds=0)
    assert pace([empty, exported(200_000, 4), failed]).rows_per_second == 50_000


def test_chunks_and_runs_add_up() -> None:
    runs = [[Work("a", (1000, 3000), EVEN), Work("b", (0,), EVEN)], [Work("a", (500,), EVEN)]]
    found = estimate(runs, connections=1, memory_mb=1024, prices=FREE)
    assert (found.chunks, found.rows, found.bytes) == (4, 4500, 450_000)
    # 2 s, 4 s and 1 s in the first run, 1.5 s in the second.
    assert found.minutes == pytest.approx((2 * PLAN_SECONDS + 8.5) / 60)


def test_connections_share_the_chunks_but_not_one_of_them() -> None:
    wall = [
        estimate([[Work("a", (9000, 1000), EVEN)]], connections=connections, memory_mb=1024, prices=FREE).minutes * 60
        for connections in (1, 2, 4)
    ]
    # 10 s and 2 s: six seconds a connection would be, but the first chunk alone takes ten.
    assert wall == pytest.approx([PLAN_SECONDS + 12, PLAN_SECONDS + 10, PLAN_SECONDS + 10])


@pytest.mark.parametrize(
    ("price", "dollars"),
    [
        ("lambda_gigabyte_second", 3 * 2),  # 3 s with 2 GB
        ("lambda_request", 2),
        ("s3_put", 2 * 4 + 2),
        ("transition", 2 + 1 + 16),
        ("glue_request", 2),
        ("dynamodb_write", 2 * 4),
    ],
)
def test_a_dollar_each_counts_what_is_paid_for(price: str, dollars: float) -> None:
    prices = replace(FREE, **{price: 1.0})  # type: ignore[arg-type]  # only prices are named
    found = estimate([[Work("a", (0, 1000), EVEN)]], connections=8, memory_mb=2048, prices=prices)
    assert found.dollars == pytest.approx(dollars)
    assert found.dollars_a_month == 0


def test_storage_is_paid_by_the_month() -> None:
    big = Work("a", (20_000_000,), EVEN)
    found = estimate([[big]], connections=1, memory_mb=1024, prices=replace(FREE, s3_gigabyte_month=0.5))
    assert (found.dollars, found.dollars_a_month) == (0, 1)


def test_a_large_chunk_is_sent_in_parts() -> None:
    # 8 MiB and a row: two parts.
    large = Work("a", (8 * 1024**2 + 1,), Pace(1, 1000, 1, 1))
    assert estimate([[large]], connections=1, memory_mb=1024, prices=replace(FREE, s3_put=1)).dollars == 4 + 2


def test_nothing_to_do_costs_nothing_but_the_run_itself() -> None:
    found = estimate([[]], connections=8, memory_mb=1024, prices=FREE)
    assert (found.chunks, found.rows, found.bytes, found.minutes) == (0, 0, 0, PLAN_SECONDS / 60)
