"""Generated data of any size that is the same each time, and the truth about its faults."""

from collections.abc import Iterable


def count_of(remainders: Iterable[int], rows: int, period: int) -> int:
    """Return how many of the numbers below `rows` leave one of the remainders when divided by `period`."""
    return sum(max(0, -(-(rows - remainder) // period)) for remainder in remainders)
