"""What two paths said about one stretch, put together in the file's order."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from etl.split.parts import Judged
from etl.split.rows import Decided
from etl.split.scan import Scanned


class Typed(NamedTuple):
    """Rows that an engine found good beyond doubt, and the places of the plain lines that it did not."""

    rows: pa.Table
    doubtful: Sequence[int]


def judged(scanned: Scanned, typed: Typed, decided: Decided) -> Judged:
    """Return what became of a stretch.

    Parameters
    ----------
    scanned
        The stretch.
    typed
        What the fast path took of its plain lines.
    decided
        What the deciding path made of all other records.

    Returns
    -------
    Judged
    """
    places = [_place(scanned, typed, line) for line in decided.lines]
    return Judged(scanned.read, _merged(typed.rows, decided.good, places), decided.refused)


def _place(scanned: Scanned, typed: Typed, line: int) -> int:
    """Return how many rows of the fast path stand before a line."""
    plain = scanned.plain_before(line)
    return plain - bisect_left(typed.doubtful, plain)


def _merged(rows: pa.Table, others: pa.Table, places: list[int]) -> pa.Table:
    if not places:
        return rows
    pieces, at, taken = [], 0, 0
    for number, place in enumerate(places, start=1):
        if number < len(places) and places[number] == place:
            continue
        pieces += [rows.slice(at, place - at), others.slice(taken, number - taken)]
        at, taken = place, number
    return pa.concat_tables([*pieces, rows.slice(at)]).combine_chunks()
