"""The split itself: a source in stretches, worked on by several threads, given out in the file's order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from etl.contracts.model import Contract
from etl.errors import InputError
from etl.extract.files.csv_file import csv_work
from etl.extract.files.engine import Engine
from etl.extract.files.json_file import json_document_work, json_lines_work
from etl.extract.files.options import CsvOptions, JsonOptions, Limits
from etl.extract.files.parquet_file import parquet_work
from etl.extract.files.parts import Judged, Part, Summary
from etl.extract.files.task import Task, Work
from etl.quality.row_rules import RowRules
from etl.runs.rejects import Reject
from etl.windows import Window

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
    """A file on its way through a contract; iterate once, then ask for the summary."""

    def __init__(self, work: Iterable[Work], limits: Limits, summary: Summary, reject: Callable[..., Reject]) -> None:
        self._work, self._limits, self._reject = work, limits, reject
        self.summary = summary
        """Counts of the parts given out so far."""

    def __iter__(self) -> Iterator[Part]:
        for judged in _in_order(self._work, self._limits.threads):
            self.summary.add(judged)
            yield Part(judged.good, [self._reject(*one) for one in judged.refused])


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

    Parameters
    ----------
    source
        A path, or an open binary file such as the body of an S3 object (not for Parquet, which is read from its
        end). Text may be compressed with gzip, whatever it is called.
    contract
        Of the dataset.
    format
        `csv`, `jsonl`, `json` (one document) or `parquet`; by default what the name's ending says.
    csv, json
        How such files are written.
    name
        What rejects and messages call the source; by default the path as given.
    run, window
        What rejects say about where they come from.
    rules
        Whether the contract's rules on rows that reject are asked, beside types.
    limits
        Of memory and threads.

    Returns
    -------
    Split
        Iterable, once, over parts in the file's order. Memory depends on the chunk, not on the file.

    Raises
    ------
    InputError
        The format is unknown; while iterating, the file as a whole cannot be read: its encoding, its compression
        or its header.
    ContractError
        The contract asks for what a split cannot do.
    NotFound
        There is no such file.
    """
    limits = limits or Limits()
    path = Path(source) if isinstance(source, str) else source
    name = name if name is not None else str(source) if isinstance(path, Path) else "the stream"
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
    """Run the work on several threads, each with an engine of its own, and yield the results in order."""
    with ThreadPoolExecutor(threads) as pool:
        engines: SimpleQueue[Engine] = SimpleQueue()
        all_engines = [Engine() for _ in range(threads)]
        for engine in all_engines:
            engines.put(engine)

        def run(one: Work) -> Judged:
            engine = engines.get()
            try:
                return one(engine)
            finally:
                engines.put(engine)

        pending: deque[Future[Judged]] = deque()
        try:
            for one in work:
                pending.append(pool.submit(run, one))
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
