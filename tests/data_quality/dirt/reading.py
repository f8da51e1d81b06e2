"""A file's bytes in; its good rows, its rejects and its counts out."""

import io
from typing import Any, NamedTuple

from etl.contracts.model import Contract
from etl.extract.files import CsvOptions, JsonOptions, Limits, Summary, split


class Rejected(NamedTuple):
    line: int
    why: list[tuple[str, str]]
    """Codes with fields."""
    record: Any


class Outcome(NamedTuple):
    rows: list[dict[str, Any]]
    rejects: list[Rejected]
    summary: Summary


def outcome(
    data: bytes,
    contract: Contract,
    format: str,  # noqa: A002
    *,
    csv: CsvOptions | None = None,
    json: JsonOptions | None = None,
    chunk: int = 1 << 20,
    record: int = 1 << 20,
) -> Outcome:
    limits = Limits(chunk_bytes=chunk, record_bytes=record, threads=2)
    parts = split(io.BytesIO(data), contract, format=format, csv=csv, json=json, name="the file", limits=limits)
    rows: list[dict[str, Any]] = []
    rejects: list[Rejected] = []
    for part in parts:
        rows += part.good.to_pylist()
        rejects += [
            Rejected(one.line, [(why.code, why.field) for why in one.reasons], one.record) for one in part.rejects
        ]
    assert parts.summary.read == parts.summary.good + parts.summary.rejected == len(rows) + len(rejects)
    return Outcome(rows, rejects, parts.summary)
