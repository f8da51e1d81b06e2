"""What NumPy tells of a dataset's keys faster than SQL can: which hashes are there twice, and whether texts are UUIDs.

Both are proofs, not estimates: keys whose hashes differ differ, and a column of UUIDs in lower case needs neither a
pattern nor a conversion to be compared. Where NumPy is missing, or the rows are too many for the memory of a function,
the engine asks DuckDB instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

MOST_ROWS = 10_000_000
"""The hashes of so many rows are sorted in memory, in 18 bytes each; those of more by DuckDB, which spills."""
BATCH_ROWS = 4096
"""So many texts of 36 bytes, and what is calculated of them, stay in a processor's cache."""

_UUID_LENGTH = 36
_HEX_DIGITS = 32
_HYPHENS = (8, 13, 18, 23)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at all keys found."""

    shared: "pa.Table | None"
    """One column of the hashes that more than one row has; None when the rows were too many."""
    canonical: bool
    """Whether all texts are UUIDs in lower case; when not, the look was broken off."""


def is_there() -> bool:
    """Tell whether NumPy is installed: it is no part of every function's layer."""
    return find_spec("numpy") is not None


def look(batches: "Iterable[pa.RecordBatch]", most_rows: int) -> Found:
    """Find the hashes that more than one row has.

    `batches`: the hash of each row as an unsigned integer of 64 bits; after it columns of texts without nulls that may
    be UUIDs.
    """
    import numpy as np  # noqa: PLC0415 -- costs 0.1 s, and no other engine needs it
    import pyarrow as pa  # noqa: PLC0415 -- as above

    held: list[npt.NDArray[np.uint64]] = []
    rows = 0
    for batch in batches:
        hashes, *texts = batch.columns
        if not all(map(are_canonical, texts)):
            return Found(None, canonical=False)
        rows += len(hashes)
        if rows <= most_rows:
            held.append(_numbers(hashes))
            continue
        held.clear()
        if not texts:
            break
    if rows > most_rows:
        return Found(None, canonical=True)
    hashes = np.concatenate(held) if held else np.empty(0, np.uint64)
    # Not `pa.array`, which imports pandas where it is.
    shared = _repeated(hashes)
    column = pa.Array.from_buffers(pa.uint64(), len(shared), [None, pa.py_buffer(shared)])
    return Found(pa.Table.from_arrays([column], ["h"]), canonical=True)


def _numbers(hashes: "pa.Array[Any]") -> "npt.NDArray[np.uint64]":
    import numpy as np  # noqa: PLC0415 -- as above

    # Not `to_numpy`, for the same reason; and a copy, as a part of a batch keeps its texts, too.
    _, numbers = hashes.buffers()
    return np.frombuffer(numbers or b"", np.uint64)[hashes.offset : hashes.offset + len(hashes)].copy()


def _repeated(hashes: "npt.NDArray[np.uint64]") -> "npt.NDArray[np.uint64]":
    hashes.sort()
    as_before = hashes[1:] == hashes[:-1]
    second = as_before.copy()
    second[1:] &= ~as_before[:-1]
    repeated: npt.NDArray[np.uint64] = hashes[1:][second]
    return repeated


def are_canonical(texts: "pa.Array[Any]") -> bool:
    """Tell whether all texts are UUIDs as RFC 9562 writes them: in lower case."""
    import numpy as np  # noqa: PLC0415 -- as above
    import pyarrow as pa  # noqa: PLC0415 -- as above

    if not len(texts):
        return True
    if texts.type != pa.string():
        texts = texts.cast(pa.string())
    _, ends, data = texts.buffers()
    places = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if not (np.diff(places) == _UUID_LENGTH).all():
        return False
    bytes_ = np.frombuffer(data, np.uint8)[places[0] : places[-1]]
    # Unsigned bytes wrap around: what is below a range is far above it after the subtraction.
    digits = np.count_nonzero((bytes_ - ord("0") < 10) | (bytes_ - ord("a") < 6))  # noqa: PLR2004 -- 0 to 9, a to f
    hyphens = bytes_.reshape(-1, _UUID_LENGTH)[:, _HYPHENS] == ord("-")
    # A text has 36 bytes, so those that are no hyphen in its place are the digits.
    return digits == len(texts) * _HEX_DIGITS and bool(hyphens.all())
