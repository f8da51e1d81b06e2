"""The split: a source in stretches, worked on by several threads, given out in the file's order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from etl.contracts.model import Contract
from etl.errors import InputError
from etl.extract.files.csv_file import csv_work
from etl.extract.files.json_file import json_document_work, json_lines_work
from etl.extract.files.options import CsvOptions, JsonOptions, Limits
from etl.extract.files.parquet_file import parquet_work
from etl.extract.files.work import Engine, Judged, Part, Summary, Task, Work
from etl.quality.row_rules import RowRules, source_schema
from etl.runs.rejects import Reject
from etl.values.parquet import repeats
from etl.windows import Window

_SAMPLE = 10_000
_encode = msgspec.json.Encoder(decimal_format="number").encode
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".geojson": "json",
    ".parquet": "parquet",
}


class Split:
    """A file, split by a contract: iterate once, then read the summary."""

    def __init__(self, work: Iterable[Work], limits: Limits, summary: Summary, reject: Callable[..., Reject]) -> None:
        self._work, self._limits, self._reject = work, limits, reject
        self.summary = summary
        """Counts of the parts given out so far."""

    def __iter__(self) -> Iterator[Part]:
        for judged in _in_order(self._work, self._limits.threads):
            self.summary.add(judged)
            yield Part(judged.good, [self._reject(*record) for record in judged.refused])


def split(
    source: Path | str | BinaryIO,
    contract: Contract,
    *,
    format: str | None = None,  # noqa: A002 -- the field's word, and a keyword only
    csv: CsvOptions | None = None,
    json: JsonOptions | None = None,
    name: str | None = None,
    run: str = "",
    window: Window | None = None,
    rules: bool = True,
    limits: Limits | None = None,
) -> Split:
    """Split a file into rows typed exactly as the contract says, and rejects.

    Parts come in the file's order. Memory depends on the chunk, not on the file.

    Parameters
    ----------
    source
        A path, or an open binary file such as the body of an S3 object (not for Parquet, which is read from its end).
        Text may be compressed with gzip, whatever its name.
    format
        `csv`, `jsonl`, `json` (one document) or `parquet`; by default, the name's ending decides.
    name
        What rejects and messages call the source; by default, the path.

    Raises
    ------
    InputError
        The format is unknown. While iterating: the file as a whole cannot be read (encoding, compression or header).
    ContractError
        The contract asks for something that a split cannot do.
    NotFound
        There is no such file.
    """
    limits = limits or Limits()
    path = Path(source) if isinstance(source, str) else source
    if name is None:
        name = str(source) if isinstance(path, Path) else "the stream"
    kind = format or _format_of(name)
    task = Task(path, name, contract, RowRules(contract, asked=rules), limits, Summary())
    csv, json = csv or CsvOptions(delimiter="\t" if ".tsv" in name else ","), json or JsonOptions()
    match kind:
        case "csv":
            work = csv_work(task, csv)
        case "jsonl":
            work = json_lines_work(task, json)
        case "json":
            work = json_document_work(task, json)
        case "parquet":
            work = parquet_work(task)
        case _:
            raise InputError(f"format {kind!r} is unknown: give csv, jsonl, json or parquet")
    at = {} if window is None else window.to_dict()

    def reject(line: int, problems: list[object], record: object) -> Reject:
        return Reject(contract.dataset, run, at, name, line, problems, record)  # type: ignore[arg-type]  # of Refused

    return Split(work, limits, task.summary, reject)


def _format_of(name: str) -> str:
    for ending in reversed(Path(name.lower().removesuffix(".gz")).suffixes):
        if ending in _FORMATS:
            return _FORMATS[ending]
    raise InputError(f"{name}: its name does not say its format: give csv, jsonl, json or parquet")


def _in_order(work: Iterable[Work], threads: int) -> Iterator[Judged]:
    """Run the work on several threads, each with its own engine, and yield the results in order."""
    with ThreadPoolExecutor(threads) as pool:
        engines: SimpleQueue[Engine] = SimpleQueue()
        all_engines = [Engine() for _ in range(threads)]
        for engine in all_engines:
            engines.put(engine)

        def run(chunk: Work) -> Judged:
            engine = engines.get()
            try:
                return chunk(engine)
            finally:
                engines.put(engine)

        pending: deque[Future[Judged]] = deque()
        try:
            for chunk in work:
                pending.append(pool.submit(run, chunk))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
            pool.shutdown(wait=True)
            for engine in all_engines:
                engine.close()


def split_to_parquet(
    source: Path | str | BinaryIO, contract: Contract, out: Path, rejects: Path, **options: Any
) -> Summary:
    """Split a file into one Parquet file of its good rows and one JSON Lines file of its rejects.

    `options` are those of `split`. The Parquet file `out` exists even when no row is good; each line of `rejects` is an
    `etl.runs.rejects.Reject`. After an error, as in `split`, neither file is of use.
    """
    parts = split(source, contract, **options)
    schema, writer = source_schema(contract), None
    with rejects.open("wb") as refused:
        try:
            for part in parts:
                refused.writelines(_encode(reject) + b"\n" for reject in part.rejects)
                writer = writer or _writer(out, contract, schema, part.good)
                writer.write_table(part.good)
            writer = writer or _writer(out, contract, schema, schema.empty_table())
        finally:
            if writer is not None:
                writer.close()
    return parts.summary


def _writer(out: Path, contract: Contract, schema: pa.Schema, first: pa.Table) -> pq.ParquetWriter:
    sample = first.slice(0, _SAMPLE)
    few = [field.name for field in schema if repeats(sample.column(field.name))]
    return pq.ParquetWriter(out, schema, compression=contract.layout.compression, use_dictionary=few or False)
