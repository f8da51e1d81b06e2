"""Single lines out of many, by number, without taking all of them apart."""

from bisect import bisect_left
from itertools import accumulate

_BLOCK = 16 * 1024


class LineIndex:
    """Knows how many lines end before each block of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        counts = (data.count(b"\n", at, at + _BLOCK) for at in range(0, len(data), _BLOCK))
        self._ended = list(accumulate(counts, initial=0))

    def line(self, place: int) -> bytes:
        """Return a line with its end.

        Parameters
        ----------
        place
            How many lines stand before it.

        Returns
        -------
        bytes
        """
        block = max(bisect_left(self._ended, place) - 1, 0)
        lines = self._data[block * _BLOCK : (block + 1) * _BLOCK].split(b"\n", place - self._ended[block])
        start = min((block + 1) * _BLOCK, len(self._data)) - len(lines[-1])
        return self._data[start : self._data.find(b"\n", start) + 1 or len(self._data)]
