"""Shortcuts: bytes in, rows and reasons out; and the deciding path alone, record by record."""

import io
from typing import Any, NamedTuple

import duckdb

from etl.contracts.model import Contract
from etl.extract.files import CsvOptions, JsonOptions, Limits, Summary, split
from etl.extract.files.csv_file import take_csv
from etl.extract.files.csv_records import CsvReader
from etl.extract.files.json_file import take_json
from etl.extract.files.records import RowReader, Take, Text, decoded
from etl.quality.row_rules import RowRules

RECORD_BYTES = 1024


class Found(NamedTuple):
    rows: list[dict[str, Any]]
    reasons: list[tuple[int, list[tuple[str, str]]]]
    """Line, and codes with fields."""
    records: list[Any]
    summary: Summary


def read(
    data: bytes,
    contract: Contract,
    format: str = "csv",  # noqa: A002
    *,
    csv: CsvOptions | None = None,
    json: JsonOptions | None = None,
    chunk: int = 1 << 20,
    record: int = RECORD_BYTES,
) -> Found:
    limits = Limits(chunk_bytes=chunk, record_bytes=record, threads=1)
    parts = split(io.BytesIO(data), contract, format=format, csv=csv, json=json, limits=limits)
    rows, reasons, records = [], [], []
    for part in parts:
        rows += part.good.to_pylist()
        reasons += [(one.line, [(why.code, why.field) for why in one.reasons]) for one in part.rejects]
        records += [one.record for one in part.rejects]
    return Found(rows, reasons, records, parts.summary)


def codes(data: bytes, contract: Contract, format: str = "csv", **options: Any) -> list[tuple[int, list[str]]]:  # noqa: A002
    return [(line, [code for code, _ in why]) for line, why in read(data, contract, format, **options).reasons]


def decide_csv(data: bytes, contract: Contract) -> Any:
    """Read a CSV file without header and without DuckDB's reader."""
    reader, texts, at, line = CsvReader(",", RECORD_BYTES), [], 0, 1
    while at < len(data):
        text, behind = reader.read(data, at, line, final=True)
        line += len((data[at:behind] + b"x").splitlines()) - 1
        if data[at:behind].strip(b"\r\n"):
            texts.append(text)
        at = behind
    return _decide(contract, texts, take_csv(contract, [field.name for field in contract.fields]))


def decide_json(lines: list[bytes], contract: Contract) -> Any:
    """Read JSON Lines without DuckDB's reader."""
    return _decide(contract, [decoded(line, raw, []) for line, raw in enumerate(lines, 1)], take_json(contract))


def _decide(contract: Contract, texts: list[Text], take: Take) -> Any:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        decided = RowReader(contract, RowRules(contract), take).decide(engine, texts)
    reasons = [(one.line, [(why.code, why.field) for why in one.problems]) for one in decided.refused]
    return decided.good.to_pylist(), reasons
