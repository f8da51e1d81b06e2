"""`etl quality`: check files against the rules of a contract, and show scores over time."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from etl.contracts import Contract, read_contract
from etl.errors import InputError
from etl.quality.history import read_history
from etl.quality.scorecard import Rejects, Scorecard, Verdict, rule_of_problem
from etl.timestamps import parse_timestamp
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.contract import find_contract
from serverless_app.cli.deployed import deployed_outputs
from serverless_app.cli.files import PARQUET, Delimiter, Encoding, Fetched, JsonPath, as_brought, written
from serverless_app.cli.tables import period
from serverless_app.pipelines import pipelines
from serverless_app.target import TargetName, open_target

app = typer.Typer(help="Rules of contracts: check files, look at the trend.", no_args_is_help=True)

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
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    path: JsonPath = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Check files against a contract, without a pipeline; exit code 1 when the verdict is failed."""
    from etl.quality.duckdb_engine import check as evaluated  # noqa: PLC0415 -- DuckDB and sqlglot, 0.4 s

    with reporting(), ExitStack() as stack:
        read = read_contract(find_contract(contract))
        end = None if window_end is None else parse_timestamp(window_end)
        if window_end is not None and end is None:
            raise InputError(f"--window-end {window_end} is no instant: write it like 2018-02-02T00:00:00Z")
        folder = Path(stack.enter_context(TemporaryDirectory()))
        fetched = Fetched(folder, target)
        tables = dict(_reference(one, fetched) for one in reference or ())
        paths = [fetched.path(file) for file in files]
        typed = _typed(paths, read, folder, delimiter=delimiter, encoding=encoding, path=path)
        card = evaluated(
            typed.paths,
            typed.contract,
            references=tables,
            window_end=end,
            rejects=typed.rejects,
            temp_directory=folder / "spill",
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
        typer.Option(help="Where the scorecards are; by default the staging buckets of the pipelines."),
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="How many of the newest windows.")] = 30,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show the scores of a dataset, window by window."""
    with reporting():
        place = open_target(target)
        outputs = [] if bucket else deployed_outputs(place, pipelines()).values()
        buckets = [bucket] if bucket else [each["StagingBucketName"] for each in outputs if "StagingBucketName" in each]
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
        # A verdict needs both a score and a threshold.
        judged = dimension.score is not None and dimension.threshold is not None
        verdict = _coloured(dimension.verdict) if judged else Text("")
        dimensions.add_row(dimension.dimension, _score(dimension.score), _score(dimension.threshold), verdict)
    whole = Table(show_header=False, box=None)
    whole.add_row("dataset", Text(f"{card.dataset} ({card.contract} {card.version})"))
    whole.add_row("rows", f"{card.rows:,}, of which {card.rejected:,} rejected")
    whole.add_row("verdict", _coloured(card.verdict))
    return rules, dimensions, whole


def trend_table(cards: Sequence[Scorecard]) -> Table:
    """Return scorecards as a trend: a row per window, a column per dimension with a score."""
    found = dict.fromkeys(one.dimension for card in cards for one in card.dimensions if one.score is not None)
    table = Table("window", _right("rows"), _right("rejected"), *map(_right, found), "verdict", box=SIMPLE_HEAD)
    for card in cards:
        scores = {one.dimension: one.score for one in card.dimensions}
        window = "" if card.window is None else period(**card.window)
        counts = (f"{card.rows:,}", f"{card.rejected:,}")
        table.add_row(window, *counts, *(_score(scores.get(one)) for one in found), _coloured(card.verdict))
    return table


@dataclass(frozen=True, slots=True)
class _Typed:
    """Parquet files, and the part of the contract whose fields they have."""

    paths: list[Path]
    contract: Contract
    rejects: Rejects


def _typed(
    paths: Sequence[Path], contract: Contract, folder: Path, *, delimiter: str | None, encoding: str, path: str | None
) -> _Typed:
    """Return Parquet as it is; type other formats with the split, and count what it rejects."""
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as the engine

    parquet = [path.suffix in PARQUET for path in paths]
    if not any(parquet):
        out, contract = folder / "typed.parquet", as_brought(contract, ())
        return _split(paths, contract, out, delimiter=delimiter, encoding=encoding, path=path)
    if not all(parquet):
        raise InputError("the files are of several kinds; check Parquet and text one after the other")
    try:
        columns = pq.read_schema(paths[0]).names
    except (OSError, ValueError) as error:
        raise InputError(f"{paths[0]} is no Parquet file: {error}; check how it was written") from error
    return _Typed(list(paths), as_brought(contract, columns), Rejects())


def _split(
    paths: Sequence[Path], contract: Contract, out: Path, *, delimiter: str | None, encoding: str, path: str | None
) -> _Typed:
    import pyarrow as pa  # noqa: PLC0415 -- as the engine
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as the engine

    from etl.contracts.arrow import arrow_schema  # noqa: PLC0415 -- as above
    from etl.extract.files import split  # noqa: PLC0415 -- as above

    rows, failed = 0, Counter[str]()
    # Only types are checked here. The engine checks the rules, required fields included, for every kind of file.
    schema = pa.schema([_nullable(field) for field in arrow_schema(contract)])
    with pq.ParquetWriter(out, schema) as writer:
        for one in paths:
            options = written(one, delimiter=delimiter, encoding=encoding, path=path)
            for part in split(one, contract, rules=False, **options):
                writer.write_table(part.good.cast(schema))
                rows += len(part.rejects)
                for reject in part.rejects:
                    failed.update({rule_of_problem(problem) for problem in reject.reasons})
    return _Typed([out], contract, Rejects(rows=rows, failed=failed))


def _nullable(field: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- as above

    type_ = field.type
    if pa.types.is_struct(type_):
        type_ = pa.struct([_nullable(inner) for inner in type_])
    elif pa.types.is_list(type_):
        type_ = pa.list_(_nullable(type_.value_field))
    return pa.field(field.name, type_)


def _reference(text: str, fetched: Fetched) -> tuple[str, list[Path]]:
    dataset, separator, file = text.partition("=")
    if not separator or not dataset:
        raise InputError(f"--reference {text!r} names no dataset: write it like customers=customers.parquet")
    path = fetched.path(file)
    if path.suffix not in PARQUET:
        raise InputError(f"--reference {text}: a reference is Parquet; make it with `etl split`")
    return dataset, [path]


def _right(title: str) -> Column:
    return Column(title, justify="right")


def _score(score: float | None) -> str:
    return "" if score is None else f"{score * _PERCENT:.4f} %"


def _coloured(verdict: Verdict) -> Text:
    return Text(verdict, style=_STYLES[verdict])
