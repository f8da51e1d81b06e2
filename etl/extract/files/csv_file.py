"""A CSV file as work: its stretches are taken apart here, and typed on whatever thread is free."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from etl.contracts.model import Contract
from etl.errors import InputError
from etl.extract.files.csv_fast import FastCsv
from etl.extract.files.csv_records import CsvReader, CsvScanner, Incomplete, Scanned, lines_in
from etl.extract.files.options import CsvOptions, Limits
from etl.extract.files.records import Decided, RowReader, Take, Text, Typed
from etl.extract.files.stream import Stream, opened, stretches
from etl.extract.files.work import Engine, Judged, Task, Work
from etl.values.converters import from_text
from etl.values.records import Problem


def columns_of(header: Text, contract: Contract, name: str) -> list[str]:
    """Return the columns that a header names, in any order; extra ones are allowed.

    Raise InputError when the header cannot be read, names a column twice or lacks a field of the contract.
    """
    if header.fields is None:
        problem = "" if header.problem is None else f": {header.problem.code}, it needs {header.problem.expected}"
        raise InputError(
            f"{name}: line {header.line} is not a header{problem}. Repair it, or say that there is no header"
        )
    names = [(name or "").strip(" \t") for name in header.fields]
    if not any(names):
        raise InputError(f"{name}: line {header.line} is blank: remove it, or say that there is no header")
    if twice := [column for column, count in Counter(names).items() if count > 1]:
        raise InputError(f"{name} has two columns named {twice[0]!r}: rename one of them")
    if missing := [field.name for field in contract.source_fields if field.name not in names]:
        raise InputError(
            f"{name} has no column {missing[0]!r}, which contract {contract.id} declares; its header names"
            f" {', '.join(names)}. Correct the header, the delimiter or the contract"
        )
    return names


def take_csv(contract: Contract, columns: Sequence[str]) -> Take:
    """Return the function that makes values of a CSV record whose columns stand in the order of `columns`."""
    places = [(field.name, columns.index(field.name), from_text(field)) for field in contract.source_fields]
    count = len(columns)

    def take(text: Text) -> tuple[list[Any], list[Problem]]:
        fields = text.fields or []
        if len(fields) != count:
            return [], [Problem("columns", "", f"{count} columns, not {len(fields)}")]
        problems: list[Problem] = []
        values = [
            None if (value := fields[place]) is None else convert(name, value, problems)
            for name, place, convert in places
        ]
        return values, problems

    return take


def csv_work(task: Task, options: CsvOptions) -> Iterator[Work]:
    """Yield the work of a CSV file, a stretch at a time."""
    scanner = CsvScanner(options.delimiter, task.limits.record_bytes)
    judge = None if options.header else _judge(task, [field.name for field in task.contract.source_fields], scanner)
    with opened(task.source, task.name, options.encoding) as stream:
        for whole, first, final in (scans := _Scans(stream, scanner, task.limits)):
            data, line = whole, first
            if judge is None:
                try:
                    header, behind = scans.header(whole, first, final=final)
                except Incomplete:
                    scans.put_back(whole)
                    continue
                judge = _judge(task, columns_of(header, task.contract, task.name), scanner)
                data, line = whole[behind:], first + lines_in(header.raw)
            scanned = scans.scan(data, line, final=final)
            task.summary.blank_lines += scanned.blank
            if scanned.read:
                yield partial(judge, scanned)
    if judge is None:
        raise InputError(f"{task.name} is empty: not even a header. Fetch it again, or say that there is no header")


def _judge(task: Task, columns: list[str], scanner: CsvScanner) -> "_Judge":
    declared = {field.name for field in task.contract.source_fields}
    task.summary.left_out = tuple(column for column in columns if column not in declared)
    return _Judge(
        FastCsv(task.contract, columns, task.rules, scanner.delimiter),
        RowReader(task.contract, task.rules, take_csv(task.contract, columns)),
        scanner.reader,
    )


class _Scans:
    """The stretches of a stream; each begins with what the one before could not finish."""

    def __init__(self, stream: Stream, scanner: CsvScanner, limits: Limits) -> None:
        self._stretches = stretches(stream, limits)
        self._scanner = scanner
        self._rest, self._line = b"", 1
        self._cut: Text | None = None

    def __iter__(self) -> Iterator[tuple[bytes, int, bool]]:
        for data, cut, final in self._stretches:
            self._cut = cut
            whole = self._rest + data if self._rest else data
            self._rest = b""
            if whole or cut is not None:
                yield whole, self._line, final or cut is not None

    def header(self, data: bytes, line: int, *, final: bool) -> tuple[Text, int]:
        if self._cut is not None and not data:
            return self._cut._replace(line=line), 0
        return self._scanner.reader.read(data, 0, line, final=final)

    def put_back(self, data: bytes) -> None:
        self._rest = data

    def scan(self, data: bytes, line: int, *, final: bool) -> Scanned:
        scanned = self._scanner.scan(data, line, final=final)
        self._rest, self._line = scanned.rest, scanned.next_line
        if self._cut is not None:
            scanned.odd.append(self._cut._replace(line=self._line))
            self._line += 1
        return scanned


class _Judge:
    """Judges a scanned stretch on the thread of an engine."""

    def __init__(self, fast: FastCsv, rows: RowReader, reader: CsvReader) -> None:
        self._fast, self._rows, self._reader = fast, rows, reader

    def __call__(self, scanned: Scanned, engine: Engine) -> Judged:
        typed = self._fast.typed(engine, scanned.plain_bytes(), scanned.plain)
        lines = (scanned.line(place) for place in typed.doubtful)
        texts = [self._reader.read(raw, 0, number, final=True)[0] for number, raw in lines if raw.strip(b"\r\n")]
        blank = len(typed.doubtful) - len(texts)
        texts = sorted(texts + scanned.odd, key=lambda text: text.line)
        return judged(scanned, typed, self._rows.decide(engine.connection, texts), blank)


def judged(scanned: Scanned, typed: Typed, decided: Decided, blank: int) -> Judged:
    """Merge what the fast path and the deciding path made of a stretch, in the file's order.

    `blank` is the number of plain lines that turned out to be blank.
    """
    places = [_place(scanned, typed, line) for line in decided.lines]
    return Judged(scanned.read - blank, _merged(typed, decided.good, places), decided.refused, blank)


def _place(scanned: Scanned, typed: Typed, line: int) -> int:
    """Return how many rows of the fast path stand before a line."""
    plain = scanned.plain_before(line)
    return plain - bisect_left(typed.missing, plain)


def _merged(typed: Typed, others: pa.Table, places: list[int]) -> pa.Table:
    """Insert `others` before the rows at their places, and drop the rows that are left out."""
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
