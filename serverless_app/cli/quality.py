"""`etl quality`: a contract's rules against files, and how scorecards went over time."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from etl.aws import naming
from etl.contracts import Contract, read_contract
from etl.errors import InputError
from etl.quality.history import read_history
from etl.quality.scorecard import Rejects, Scorecard, Verdict, rule_of_problem
from etl.timestamps import parse_timestamp
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.contract import find_contract
from serverless_app.cli.tables import period
from serverless_app.pipelines import pipelines
from serverless_app.target import TargetName, open_target

app = typer.Typer(help="Rules of contracts: check files, look at the trend.", no_args_is_help=True)

_PARQUET = (".parquet", ".pq")
_STYLES = {Verdict.PASSED: "green", Verdict.WARNED: "yellow", Verdict.FAILED: "red", Verdict.SKIPPED: "dim"}
_PERCENT = 100


@app.command()
def check(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="A file, PIPELINE/DATASET, or a dataset.")],
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Parquet, CSV or JSON; here or s3://.")],
    *,
    reference: Annotated[
        list[str] | None, typer.Option(help="DATASET=FILE (Parquet) that a relationship leads to.")
    ] = None,
    window_end: Annotated[str | None, typer.Option(help="Measure freshness against this: 2018-02-02.")] = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Check files against a contract, without any pipeline; exit code 1 when the verdict is failed."""
    from etl.quality.duckdb_engine import check as evaluated  # noqa: PLC0415 -- DuckDB and sqlglot, 0.4 s

    with reporting(), ExitStack() as stack:
        read = read_contract(find_contract(contract))
        end = None if window_end is None else parse_timestamp(window_end)
        if window_end is not None and end is None:
            raise InputError(f"--window-end {window_end} is no instant: write it like 2018-02-02T00:00:00Z")
        folder = Path(stack.enter_context(TemporaryDirectory()))
        fetched = _Fetched(folder, target)
        tables = dict(_reference(one, fetched) for one in reference or ())
        paths = [fetched.path(file) for file in files]
        source, rejects = _typed(paths, read, folder)
        card = evaluated(
            source, read, references=tables, window_end=end, rejects=rejects, temp_directory=folder / "spill"
        )
        if as_json:
            print_json(msgspec.to_builtins(card))
        else:
            console.print(*scorecard_tables(card))
    if card.verdict is Verdict.FAILED:
        raise typer.Exit(1)


@app.command()
def history(
    dataset: Annotated[str, typer.Argument(help="Its name.")],
    *,
    bucket: Annotated[
        str | None,
        typer.Option(help="Where the scorecards are; else the pipelines' staging buckets are searched."),
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="So many, the newest.")] = 30,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show how the scores of a dataset went, window by window."""
    with reporting():
        place = open_target(target)
        buckets = [place.outputs(one)["StagingBucketName"] for one in pipelines()] if bucket is None else [bucket]
        histories = (read_history(place.client("s3"), one, dataset, last=last) for one in buckets)
        cards = next(filter(None, histories), [])
        if as_json:
            print_json([msgspec.to_builtins(card) for card in cards])
        elif cards:
            console.print(trend_table(cards))
        else:
            console.print(
                f"There is no scorecard of {dataset} in {', '.join(buckets)} yet; each run leaves one.", highlight=False
            )


def scorecard_tables(card: Scorecard) -> tuple[Table, Table, Table]:
    """Return a scorecard as tables: its rules, its dimensions, and the whole."""
    rule = Column("rule", no_wrap=True)
    keys = Column("keys", overflow="fold")
    rules = Table(rule, _right("checked"), _right("failed"), "allowed", "verdict", keys, box=SIMPLE_HEAD)
    for one in card.rules:
        failing = ", ".join("+".join(key) for key in one.keys)
        shown = one.note or (f"measured {one.measured}" if one.measured is not None else failing)
        counts = (f"{one.checked:,}", f"{one.failed:,}")
        rules.add_row(Text(one.rule), *counts, Text(one.threshold), _coloured(one.verdict), Text(shown))
    dimensions = Table("dimension", _right("score"), _right("threshold"), "verdict", box=SIMPLE_HEAD)
    for dimension in card.dimensions:
        dimensions.add_row(
            dimension.dimension, _score(dimension.score), _score(dimension.threshold), _coloured(dimension.verdict)
        )
    whole = Table(show_header=False, box=None)
    whole.add_row("dataset", Text(f"{card.dataset} ({card.contract} {card.version})"))
    whole.add_row("rows", f"{card.rows:,}, of which {card.rejected:,} rejected")
    whole.add_row("verdict", _coloured(card.verdict))
    return rules, dimensions, whole


def trend_table(cards: Sequence[Scorecard]) -> Table:
    """Return scorecards as a trend: a row for each window, a column for each dimension that has a score."""
    found = dict.fromkeys(one.dimension for card in cards for one in card.dimensions if one.score is not None)
    table = Table("window", _right("rows"), _right("rejected"), *map(_right, found), "verdict", box=SIMPLE_HEAD)
    for card in cards:
        scores = {one.dimension: one.score for one in card.dimensions}
        window = "" if card.window is None else period(**card.window)
        counts = (f"{card.rows:,}", f"{card.rejected:,}")
        table.add_row(window, *counts, *(_score(scores.get(one)) for one in found), _coloured(card.verdict))
    return table


def _typed(paths: Sequence[Path], contract: Contract, folder: Path) -> tuple[list[Path], Rejects]:
    """Return Parquet as it is, and anything else typed by the split, with what it rejected."""
    if all(path.suffix in _PARQUET for path in paths):
        return list(paths), Rejects()
    if any(path.suffix in _PARQUET for path in paths):
        raise InputError("the files are of several kinds; check Parquet and text one after the other")
    return _split(paths, contract, folder / "typed.parquet")


def _split(paths: Sequence[Path], contract: Contract, out: Path) -> tuple[list[Path], Rejects]:
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as the engine

    from etl.contracts.arrow import arrow_schema  # noqa: PLC0415 -- as above
    from etl.split import split  # noqa: PLC0415 -- as above

    rows, failed = 0, Counter[str]()
    with pq.ParquetWriter(out, arrow_schema(contract)) as writer:
        for path in paths:
            for part in split(path, contract):
                writer.write_table(part.good)
                rows += len(part.rejects)
                for reject in part.rejects:
                    failed.update({rule_of_problem(problem) for problem in reject.reasons})
    return [out], Rejects(rows=rows, failed=failed)


def _reference(text: str, fetched: "_Fetched") -> tuple[str, list[Path]]:
    dataset, separator, file = text.partition("=")
    if not separator or not dataset:
        raise InputError(f"--reference {text!r} names no dataset: write it like customers=customers.parquet")
    return dataset, [fetched.path(file)]


class _Fetched:
    """Files that are here: what stands on S3 is downloaded, by a target that is opened when it is first needed."""

    def __init__(self, folder: Path, target: TargetName) -> None:
        self._folder = folder
        self._s3 = cache(lambda: open_target(target).client("s3"))

    def path(self, file: str) -> Path:
        if not file.startswith("s3://"):
            path = Path(file)
            if not path.exists() or path.is_dir():
                raise InputError(f"{file}: there is no such file; check the path")
            return path
        bucket, _, key = file.removeprefix("s3://").partition("/")
        # Under a name of its own: two keys may end alike.
        path = self._folder / f"{sum(1 for _ in self._folder.iterdir())}-{Path(key).name}"
        with naming(file):
            self._s3().download_file(bucket, key, str(path))
        return path


def _right(title: str) -> Column:
    return Column(title, justify="right")


def _score(score: float | None) -> str:
    return "" if score is None else f"{score * _PERCENT:.4f} %"


def _coloured(verdict: Verdict) -> Text:
    return Text(verdict, style=_STYLES[verdict])
