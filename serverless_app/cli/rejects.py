"""`etl rejects`: list and show records that broke their contract, and replay them."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from etl.errors import InputError
from etl.runs.kept_rejects import KeptReject, RunRejects, read_rejects
from etl.runs.replays import Replayed, stage_replay
from etl.windows import Window
from serverless_app.cli.console import AsJson, Where, console, print_json, reporting
from serverless_app.cli.deployed import deployed_outputs, only_match, run_to_end
from serverless_app.cli.tables import RUN_CHARACTERS, execution_table, period
from serverless_app.executions import SUCCEEDED, Execution
from serverless_app.pipelines import Pipeline, find_pipeline, pipelines
from serverless_app.target import Target, TargetName, open_target

app = typer.Typer(help="Records that broke their contract: list, show, replay.", no_args_is_help=True)

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run, or the first characters of its name.")]


class RepairedReject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a replay file, as `etl rejects show RUN --records` prints it; only `id` and `record` are read."""

    id: str
    record: Any
    dataset: Any = None
    run: Any = None
    window: Any = None
    source: Any = None
    line: Any = None
    reasons: Any = None
    replayed: Any = None


_START = "Start from what `etl rejects show RUN --records` prints"

_encoder = msgspec.json.Encoder(decimal_format="number")
_repaired = msgspec.json.Decoder(RepairedReject, float_hook=Decimal)


@app.command("list")
def list_(
    pipeline: Annotated[str | None, typer.Argument(help="Only those of this pipeline.")] = None,
    *,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """List the runs that left rejects: how many, how many are still open, and why."""
    with reporting():
        chosen = [find_pipeline(pipeline)] if pipeline else pipelines()
        place = open_target(target)
        runs = [
            {
                "run": one.run,
                "pipeline": each.name,
                "window": one.window,
                "rejected": len(one.rejects),
                "open": len(one.open),
                "reasons": _reasons(one.open),
            }
            for each, outputs in deployed_outputs(place, chosen).items()
            for one in _runs(place, outputs)
        ]
        if as_json:
            print_json(runs)
        else:
            console.print(_runs_table(runs))


@app.command()
def show(
    run: RunName,
    *,
    records: Annotated[
        bool, typer.Option("--records", help="Print the open ones as JSON Lines: to repair, and to replay.")
    ] = False,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show the rejects of a run: where each came from, what is wrong, and the record."""
    with reporting():
        if records and as_json:
            raise typer.BadParameter("--records is JSON Lines already: leave out --json")
        pipeline, found = _find(open_target(target), run)
        if records:
            for reject in found.open:
                print(_encoder.encode(reject).decode())  # noqa: T201 -- rich would wrap it
        elif as_json:
            document = {"pipeline": pipeline.name, "run": found.run, "window": found.window, "rejects": found.rejects}
            print(msgspec.json.format(_encoder.encode(document), indent=2).decode())  # noqa: T201 -- rich would wrap it
        else:
            console.print(_rejects_table(found))


@app.command()
def replay(
    run: RunName,
    *,
    file: Annotated[
        Path | None,
        typer.Option(help="The rejects as `show RUN --records` prints them, repaired; - reads standard input."),
    ] = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Run the open rejects of a run, or repaired ones, through its pipeline again, and mark those that pass."""
    with reporting():
        place = open_target(target)
        pipeline, found = _find(place, run)
        if "replay" not in pipeline.declaration.words:
            raise InputError(
                f"{pipeline.name} has no replay: repair the rejected rows of {found.run} at their source, and the next"
                " run takes them up"
            )
        records = _as_they_are(found) if file is None else list(_repairs(file, found))
        outputs, window = place.outputs(pipeline), Window.from_dict(found.window)
        staged = stage_replay(place.client("s3"), outputs["StagingBucketName"], window, records)
        request = {"window": window.to_dict(), "replay": msgspec.structs.asdict(staged)}
        machine = outputs["StateMachineArn"]
        execution = run_to_end(place, machine, request, what="replay", target=target, quiet=as_json)
        if as_json:
            print_json(execution.to_dict())
        else:
            console.print(execution_table(execution))
            console.print(_conclusion(execution, len(records), found.run), highlight=False, soft_wrap=True)
    if execution.status != SUCCEEDED:
        raise typer.Exit(1)


def _runs(place: Target, outputs: dict[str, str]) -> Iterator[RunRejects]:
    bucket = outputs.get("StagingBucketName")
    if bucket is not None:
        by_run: dict[str, list[RunRejects]] = {}
        for one in read_rejects(place.client("s3"), bucket):
            by_run.setdefault(one.run, []).append(one)
        yield from map(_whole, by_run.values())


def _whole(parts: Sequence[RunRejects]) -> RunRejects:
    """Join the rejects that a run left by dataset and day, under one window that covers them all."""
    window = {"start": min(one.window["start"] for one in parts), "end": max(one.window["end"] for one in parts)}
    in_order = sorted(parts, key=lambda one: (one.window["start"], one.rejects[0].dataset))
    return RunRejects(parts[0].run, window, tuple(reject for one in in_order for reject in one.rejects))


def _find(place: Target, run: str) -> tuple[Pipeline, RunRejects]:
    matching = [
        (pipeline, rejects)
        for pipeline, outputs in deployed_outputs(place, pipelines()).items()
        for rejects in _runs(place, outputs)
        if rejects.run.startswith(run)
    ]
    none = (
        f"run {run!r} left no rejects, or a later run of its window has replaced them; `etl rejects list` lists"
        " the runs that have some"
    )
    return only_match(matching, run, things="runs with rejects", none=none)


def _as_they_are(found: RunRejects) -> list[Replayed]:
    if not found.open:
        raise InputError(f"no reject of run {found.run} is open: all {len(found.rejects)} have passed in a replay")
    return [Replayed(reject.id, reject.record) for reject in found.open]


def _repairs(file: Path, found: RunRejects) -> Iterator[Replayed]:
    missing = {reject.id for reject in found.rejects}
    known = frozenset(missing)
    piped = file == Path("-")
    name, content = ("standard input", sys.stdin.buffer.read()) if piped else (str(file), file.read_bytes())
    for line, text in enumerate(content.split(b"\n"), start=1):
        if not text.strip():
            continue
        place = f"{name}, line {line}"
        try:
            repaired = _repaired.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{place} is no reject: {error}. {_START}") from error
        if repaired.id not in known:
            raise InputError(
                f"{place}: {repaired.id!r} is no reject of run {found.run}. New records belong in the pipeline's source"
            )
        if repaired.id not in missing:
            raise InputError(f"{place}: reject {repaired.id!r} stands there twice. Leave the line that is right")
        missing.remove(repaired.id)
        yield Replayed(repaired.id, repaired.record)
    if missing == known:
        raise InputError(f"{name} holds no rejects. {_START}")


def _conclusion(execution: Execution, replayed: int, run: str) -> str:
    show_again = f"etl rejects show {run[:RUN_CHARACTERS]}"
    if execution.status != SUCCEEDED:
        return f"Nothing is marked: correct what the error says, and replay again. {show_again}"
    still = execution.output["rejected"]
    said = f"{replayed - still:,} of {replayed:,} rejects passed and are marked."
    return f"{said} {still:,} broke the contract again and stay: {show_again}" if still else said


def _reasons(rejects: Sequence[KeptReject]) -> dict[str, int]:
    counted = Counter(code for reject in rejects for code in {reason.code for reason in reject.reasons})
    return dict(sorted(counted.items()))


def _runs_table(found: list[dict[str, Any]]) -> Table:
    table = Table("run", "pipeline", "window (UTC)", "rejected", "open", "reasons of the open ones", box=SIMPLE_HEAD)
    for one in found:
        reasons = "  ".join(f"{code} {count:,}" for code, count in one["reasons"].items())
        counts = (f"{one['rejected']:,}", f"{one['open']:,}")
        table.add_row(one["run"][:RUN_CHARACTERS], one["pipeline"], period(**one["window"]), *counts, reasons)
    return table


def _rejects_table(found: RunRejects) -> Table:
    title = f"run {found.run}, window {period(**found.window)}"
    folded = (Column(name, overflow="fold") for name in ("from", "what is wrong", "record"))
    table = Table(*folded, "replayed by", title=title, box=SIMPLE_HEAD)
    for reject in found.rejects:
        wrong = "\n".join(f"{one.field or 'record'} ({one.code}): expected {one.expected}" for one in reject.reasons)
        record = reject.record if isinstance(reject.record, str) else _encoder.encode(reject.record).decode()
        origin = f"{reject.source}, line {reject.line}"
        table.add_row(origin, Text(wrong), Text(record), (reject.replayed or "")[:RUN_CHARACTERS])
    return table
