"""Rejects: records that broke their contract, kept with every reason, in the form in which they came."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from etl.errors import StagingError
from etl.runs.records import Judge, Origin
from etl.staging import JsonLinesWriter
from etl.values.records import Problem
from etl.windows import Window

_canonical = msgspec.json.Encoder(decimal_format="number", order="deterministic")


class Reject(msgspec.Struct, frozen=True):
    """A record that broke its contract, and where it came from."""

    dataset: str
    run: str
    """The execution that rejected it."""
    window: dict[str, str]
    source: str
    """The key of the staging object, or the name of the file, that the record was read from."""
    line: int
    """Its line there, from 1."""
    reasons: list[Problem]
    record: Any
    """The raw record, as its source gave it."""


_decoder = msgspec.json.Decoder(Reject, float_hook=Decimal)


def rejects_key(dataset: str, window: Window) -> str:
    """Return the key of the rejects of a window's latest run, for every pipeline in its staging bucket."""
    return f"rejects/{dataset}/{window.key}/rejects.jsonl"


def judge_extracted(rejects: JsonLinesWriter, *, dataset: str, run: str, window: dict[str, str]) -> Judge:
    """Return what writes a reject for every record that is not good."""

    def judge(origin: Origin, problems: list[Problem]) -> None:
        if problems:
            rejects.write(Reject(dataset, run, window, origin.source, origin.line, problems, origin.raw))

    return judge


def parse_reject(text: bytes, key: str, line: int) -> Reject:
    """Return the reject that a line of a rejects object holds.

    Raises StagingError: it is no reject.

    Parameters
    ----------
    text
        The line, as `JsonLinesWriter` wrote it; numbers are read exactly.
    key, line
        Where it stands, from 1, for the message.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StagingError(f"{key}, line {line} is no reject: {error}. Run the window again") from error


def identified(rejects: Iterable[Reject]) -> Iterator[tuple[str, Reject]]:
    """Yield rejects with names that another run over the same source gives them, too.

    Yields: the first 16 hexadecimal digits of the SHA-256 of dataset and raw record, whatever its line; of equal
    records the second one's ends in `-2`, and so on.
    """
    seen: Counter[str] = Counter()
    for reject in rejects:
        content = _canonical.encode([reject.dataset, reject.record])
        name = hashlib.sha256(content).hexdigest()[:16]
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), reject
