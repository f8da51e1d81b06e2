"""What two paths said about one stretch, put together in the file's order."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from etl.extract.files.parts import Judged
from etl.extract.files.rows import Decided
from etl.extract.files.scan import Scanned


class Typed(NamedTuple):
    """Rows that an engine found good beyond doubt, and the places of the plain lines that it did not."""

    rows: pa.Table
    doubtful: Sequence[int]
    """Of all lines."""
    missing: Sequence[int] = ()
    """Those of them that are no row at all."""
    left_out: Sequence[int] = ()
    """The others: where they stand among the rows. To take them out alone would be a copy more."""


def judged(scanned: Scanned, typed: Typed, decided: Decided, blank: int) -> Judged:
    """Return what became of a stretch.

    Parameters
    ----------
    scanned
        The stretch.
    typed
        What the fast path took of its plain lines.
    decided
        What the deciding path made of all other records.
    blank
        How many of the plain lines are none.

    Returns
    -------
    Judged
    """
    places = [_place(scanned, typed, line) for line in decided.lines]
    return Judged(scanned.read - blank, _merged(typed, decided.good, places), decided.refused, blank)


def _place(scanned: Scanned, typed: Typed, line: int) -> int:
    """Return how many rows of the fast path stand before a line."""
    plain = scanned.plain_before(line)
    return plain - bisect_left(typed.missing, plain)


def _merged(typed: Typed, others: pa.Table, places: list[int]) -> pa.Table:
    """Return the rows with others before those at their places, and without those that are left out."""
    steps = sorted(
        [(place, number, 0) for number, place in enumerate(places)] + [(row, len(places), 1) for row in typed.left_out]
    )
    pieces, at = [], 0
    for place, other, skipped in steps:
        if place > at:
            pieces.append(typed.rows.slice(at, place - at))
        if not skipped:
            pieces.append(others.slice(other, 1))
        at = place + skipped
    pieces.append(typed.rows.slice(at))
    return pa.concat_tables(pieces).combine_chunks() if steps else typed.rows
