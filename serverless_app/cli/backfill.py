"""`etl backfill`: run a pipeline over many days, or estimate what that takes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from etl.errors import InputError
from etl.inputs import Grain, split_span
from serverless_app import executions
from serverless_app.cli.chunks import Chunks, failures_table
from serverless_app.cli.console import AsJson, PipelineName, Where, console, errors, print_json, reporting
from serverless_app.cli.deployed import Datasets, EndDate, StartDate, day, open_deployed
from serverless_app.estimates import ASSUMED, Estimate, Pace, Work, estimate
from serverless_app.pipelines import find_pipeline
from serverless_app.pipelines.operations import Deployed, Forecast, chosen_contracts, operation
from serverless_app.prices import PRICES
from serverless_app.target import TargetName

Span = tuple[date, date]


def backfill(
    pipeline: PipelineName,
    *,
    start_date: StartDate,
    end_date: EndDate,
    dataset: Datasets = None,
    force: Annotated[bool, typer.Option("--force", help="Also parts that have not changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Estimate time and cost; run nothing.")] = False,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Run a pipeline over many days, one run after another; after an interrupt, the same command continues."""
    with reporting():
        chosen = find_pipeline(pipeline)
        if chosen.declaration.grain is Grain.INSTANT:
            raise InputError(f"{pipeline} has no parts to backfill: it is run by its windows, `etl run {pipeline}`")
        spans = split_span(chosen.declaration.grain, day("--start-date", start_date), day("--end-date", end_date))
        contracts = chosen_contracts(chosen, dataset)
        requests = [_request(span, dataset, force=force) for span in spans]
        foresee = operation(chosen, "forecast") if dry_run else None
        deployed = open_deployed(chosen, target)
        if foresee is not None:
            _show_forecast(foresee(deployed, contracts, requests), requests, as_json=as_json)
            return
        ended = list(_played(deployed, requests, target, quiet=as_json))
        if as_json:
            print_json({"runs": [_document(one) for one in ended], "not_started": requests[len(ended) :]})
        else:
            _conclude(ended, requests)
    if len(ended) < len(requests) or any(one.status != executions.SUCCEEDED for one in ended):
        raise typer.Exit(1)


def _request(span: Span, datasets: Sequence[str] | None, *, force: bool) -> dict[str, Any]:
    request: dict[str, Any] = {"start_date": span[0].isoformat(), "end_date": span[1].isoformat()}
    if datasets:
        request["datasets"] = list(dict.fromkeys(datasets))
    if force:
        request["force"] = True
    return request


def _played(
    deployed: Deployed, requests: Sequence[dict[str, Any]], target: TargetName, *, quiet: bool
) -> Iterator[executions.Execution]:
    """Yield each run when it ends; stop after one in which nothing succeeded."""
    states, machine = deployed.place.client("stepfunctions"), deployed.outputs["StateMachineArn"]
    with _progress(quiet=quiet) as shown:
        for request in requests:
            # A run that is still going owns its chunks: follow it instead of starting another.
            arn = executions.running_with(states, machine, request) or executions.start(states, machine, request)
            span = f"{request['start_date']} to {request['end_date']}"
            seen = partial(_show, shown, shown.add_task(span, total=None, rows=""))
            try:
                ended = executions.follow(states, arn, every=deployed.place.poll_seconds, seen=seen)
            except KeyboardInterrupt:
                errors.print(
                    f"The run of {span} goes on without you: etl show {arn.rpartition(':')[2]} --target {target}."
                    " The same command takes it up again, and what is done is not done twice.",
                    soft_wrap=True,
                )
                raise
            seen(ended)
            yield ended
            if ended.status != executions.SUCCEEDED and not Chunks(ended).results:
                return


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    counts = (MofNCompleteColumn(), TextColumn("chunks {task.fields[rows]}"), TimeElapsedColumn())
    with Progress(TextColumn("{task.description}"), BarColumn(), *counts, console=console, disable=quiet) as progress:
        yield progress


def _show(shown: Progress, task: TaskID, execution: executions.Execution) -> None:
    chunks = Chunks(execution)
    over = execution.status != executions.RUNNING
    total = chunks.planned if over else chunks.planned or None
    shown.update(task, total=total, completed=len(chunks.results), rows=f"{chunks.rows:,} rows")


def _conclude(ended: Sequence[executions.Execution], requests: Sequence[dict[str, Any]]) -> None:
    failed = [one for execution in ended for one in Chunks(execution).failed]
    if failed:
        console.print(failures_table(failed))
    for one in ended:
        if one.status != executions.SUCCEEDED:
            console.print(Text(f"run {one.run} ended as {one.status.lower()}: {one.error}: {one.cause}", style="red"))
    found = [Chunks(one) for one in ended]
    ends = Counter(one.status for chunks in found for one in chunks.results)
    unchanged = sum(plan.unchanged for chunks in found for plan in chunks.plans)
    rows = sum(chunks.rows for chunks in found)
    console.print(
        f"{ends['published']:,} chunks with {rows:,} rows were published, {unchanged:,} stood there already,"
        f" {ends['empty']:,} have no rows, {ends['kept']:,} are kept though the source has lost rows,"
        f" {len(failed):,} failed.",
        highlight=False,
        soft_wrap=True,
    )
    if len(ended) < len(requests):
        console.print(
            f"Nothing succeeded in the last run, so the runs from {requests[len(ended)]['start_date']} on were not"
            " started: see to the cause, and give the same command again.",
            soft_wrap=True,
        )


def _document(execution: executions.Execution) -> dict[str, Any]:
    chunks = Chunks(execution)
    whole = execution.to_dict()
    kept = {name: whole[name] for name in ("run", "status", "seconds", "input", "output", "error", "cause")}
    return kept | {"chunks": chunks.to_list(), "failed": chunks.failed}


def _show_forecast(forecast: Forecast, requests: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    whole = estimate(forecast.runs, connections=forecast.connections, memory_mb=forecast.memory_mb)
    if as_json:
        document = asdict(forecast)
        del document["runs"]
        print_json({"estimate": asdict(whole), "runs": requests, "prices": asdict(PRICES)} | document)
    else:
        console.print(_table(forecast.runs, whole))
        console.print(_words(whole, forecast, len(requests)), highlight=False, soft_wrap=True)


def _table(runs: Sequence[Sequence[Work]], whole: Estimate) -> Table:
    table = Table("dataset", box=SIMPLE_HEAD, show_footer=True)
    for title, total in (("chunks", whole.chunks), ("rows", whole.rows), ("bytes, about", whole.bytes)):
        table.add_column(title, justify="right", footer=f"{total:,}")
    works = [work for run in runs for work in run]
    for name in dict.fromkeys(work.dataset for work in works):
        own = [work for work in works if work.dataset == name]
        counts = (sum(len(one.rows) for one in own), sum(sum(one.rows) for one in own), sum(one.bytes for one in own))
        table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def _words(whole: Estimate, forecast: Forecast, runs: int) -> str:
    return (
        f"About {whole.minutes:.1f} minutes in {runs:,} run{'' if runs == 1 else 's'},"
        f" {forecast.connections} chunks at a time;"
        f" about ${whole.dollars:.4f} for it, and ${whole.dollars_a_month:.4f} a month for its storage.\n"
        f"An estimate, from what the ledger knows of earlier chunks{_assumed(forecast.paces)}.\n"
        f"List prices of {PRICES.region}, {PRICES.as_of}, without the database and what its reading costs:"
        f" {', '.join(PRICES.sources)}. Nothing was run."
    )


def _assumed(paces: Mapping[str, Pace]) -> str:
    """Describe the assumptions for datasets with too little history in the ledger."""
    names = [name for name, one in paces.items() if not one.rows_known]
    if not names:
        return ""
    return (
        f"; it knows too little of {', '.join(names)}, for which {ASSUMED.bytes_per_row:,.0f} bytes a row,"
        f" {ASSUMED.rows_per_second:,.0f} rows a second and {ASSUMED.seconds_per_chunk:,.0f} seconds a chunk are"
        " assumed"
    )
