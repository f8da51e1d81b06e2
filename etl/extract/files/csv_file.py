"""A CSV file as work: stretches are taken apart here, and typed on whatever thread is free."""

from collections.abc import Iterator
from functools import partial

from etl.errors import InputError
from etl.extract.files.csv_records import CsvReader, Incomplete, Text, lines_in
from etl.extract.files.csv_source import columns_of, take_csv
from etl.extract.files.engine import Engine
from etl.extract.files.fast_csv import FastCsv
from etl.extract.files.lines import stretches
from etl.extract.files.merging import judged
from etl.extract.files.options import CsvOptions, Limits
from etl.extract.files.parts import Judged
from etl.extract.files.rows import RowReader
from etl.extract.files.scan import CsvScanner, Scanned
from etl.extract.files.stream import Stream, opened
from etl.extract.files.task import Task, Work


def csv_work(task: Task, options: CsvOptions) -> Iterator[Work]:
    """Yield the work that a CSV file is, a stretch at a time."""
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
    """The stretches of a stream, each with what the one before could not finish."""

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
    """What is done with a scanned stretch, on the thread of an engine."""

    def __init__(self, fast: FastCsv, rows: RowReader, reader: CsvReader) -> None:
        self._fast, self._rows, self._reader = fast, rows, reader

    def __call__(self, scanned: Scanned, engine: Engine) -> Judged:
        typed = self._fast.typed(engine, scanned.plain_bytes(), scanned.plain)
        lines = (scanned.line(place) for place in typed.doubtful)
        texts = [self._reader.read(raw, 0, number, final=True)[0] for number, raw in lines if raw.strip(b"\r\n")]
        blank = len(typed.doubtful) - len(texts)
        texts = sorted(texts + scanned.odd, key=lambda text: text.line)
        return judged(scanned, typed, self._rows.decide(engine.connection, texts), blank)
