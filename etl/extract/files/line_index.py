"""Lines out of many, by number, without taking all of them apart."""

from bisect import bisect_left
from itertools import accumulate

_BLOCK = 16 * 1024


class LineIndex:
    """Knows how many lines end before each block of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        counts = (data.count(b"\n", at, at + _BLOCK) for at in range(0, len(data), _BLOCK))
        self._ended = list(accumulate(counts, initial=0))

    def ended(self, place: int) -> int:
        """Return how many lines end before a place among the bytes.

        Parameters
        ----------
        place
            From 0 to the number of bytes.

        Returns
        -------
        int
        """
        block = place // _BLOCK
        return self._ended[block] + self._data.count(b"\n", block * _BLOCK, place)

    def line(self, number: int) -> bytes:
        """Return a line with its end.

        Parameters
        ----------
        number
            How many lines end before it.

        Returns
        -------
        bytes
        """
        block = max(bisect_left(self._ended, number) - 1, 0)
        lines = self._data[block * _BLOCK : (block + 1) * _BLOCK].split(b"\n", number - self._ended[block])
        start = min((block + 1) * _BLOCK, len(self._data)) - len(lines[-1])
        return self._data[start : self._data.find(b"\n", start) + 1 or len(self._data)]
