"""`etl validate`: PostgreSQL, the ledger and the lake held against each other, day by day."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

import typer
from etl.pipelines.lake_export.months import months
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from etl.contracts import Contract
from etl.errors import InputError
from etl.pipelines.lake_export.datasets import PIPELINE
from etl.pipelines.lake_export.messages import Finding, ValidateRequest, ValidateResult
from serverless_app.cli.console import AsJson, PipelineName, Where, console, print_json, reporting
from serverless_app.cli.lake import FunctionError, Lake, Tables, chosen_tables, day, open_lake
from serverless_app.pipelines.lake_export.comparison import Held, compare
from serverless_app.target import TargetName

_CHECKS = ("object", "rows", "partition", "parquet", "schema")
_TITLES = {"partition": "parti-\ntion", "parquet": "par-\nquet"}
_OF_FILES = ("parquet", "schema")
_DAYS = 7


@dataclass(frozen=True)
class Validated:
    """Everything that was looked at, and everything that was found."""

    held: list[Held]
    findings: list[Finding]
    failed: dict[str, str]
    """Tables whose source could not be read, and why."""
    notes: list[str]

    @property
    def passed(self) -> bool:
        """Whether the lake has what PostgreSQL has."""
        return not self.findings and not self.failed


def validate(
    pipeline: PipelineName,
    *,
    days: Annotated[int | None, typer.Option(min=1, help="So many days up to yesterday, in UTC; 7 by default.")] = None,
    date: Annotated[str | None, typer.Option(help="Or one day, in UTC: 2024-12-22.")] = None,
    start_date: Annotated[str | None, typer.Option(help="Or from this day …")] = None,
    end_date: Annotated[str | None, typer.Option(help="… to this one, both included.")] = None,
    table: Tables = None,
    target: Where = TargetName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Hold the lake against PostgreSQL: objects, row counts, partitions, Parquet, schema; exit code 1 on findings."""
    with reporting():
        first, last = _span(days, date, start_date, end_date)
        contracts = chosen_tables(table)
        found = _validated(open_lake(pipeline, "validate", target), contracts, first, last)
        if as_json:
            print_json(_document(found, first, last))
        else:
            _print(found)
    if not found.passed:
        raise typer.Exit(1)


def _span(days: int | None, one: str | None, start: str | None, end: str | None) -> tuple[dt.date, dt.date]:
    match days, one, start, end:
        case _, None, None, None:
            yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
            return yesterday - dt.timedelta(days=(days or _DAYS) - 1), yesterday
        case None, str(), None, None:
            return day("--date", one), day("--date", one)
        case None, None, str(), str():
            return day("--start-date", start), day("--end-date", end)
        case _:
            raise InputError("give --days, --date, or both --start-date and --end-date")


def _validated(lake: Lake, contracts: Sequence[Contract], first: dt.date, last: dt.date) -> Validated:
    ledger, found = lake.ledger, Validated([], [], {}, [])
    spans = months(first, last)
    for contract in contracts:
        try:
            plans = [lake.plan(contract.dataset, _request(*span)) for span in spans]
        except FunctionError as error:
            found.failed[contract.dataset] = str(error)
            continue
        # Read after the plans, so that what a plan takes for published is there.
        known = ledger.chunks(PIPELINE, contract.dataset)
        # A dataset that is exported whole is the same in every month.
        for plan in plans if contract.window_column else plans[:1]:
            found.held.extend(compare(contract, plan, known))
        found.notes.extend(_notes(contract.dataset, plans[0].extra_columns, plans[0].unplaced))
    found.findings.extend(one.finding for one in found.held if one.finding)
    if found.held:
        request = ValidateRequest(f"validate-{uuid4()}", [one.finished for one in found.held])
        found.findings.extend(lake.call("lake-validate", request, ValidateResult).findings)
    return found


def _request(first: dt.date, last: dt.date) -> dict[str, Any]:
    return {"start_date": first.isoformat(), "end_date": last.isoformat()}


def _notes(dataset: str, extra_columns: Sequence[str], unplaced: int) -> Iterator[str]:
    if extra_columns:
        yield f"{dataset} has columns that its contract does not know: {', '.join(extra_columns)} are left out"
    if unplaced:
        yield f"{dataset} has {unplaced:,} rows that belong to no day, as their window column is null or infinite"


def _print(found: Validated) -> None:
    if found.held:
        console.print(_table(found))
    for note in found.notes:
        console.print(Text(f"note: {note}", style="yellow"), soft_wrap=True)
    for name, why in found.failed.items():
        console.print(Text(f"{name}: {why}", style="red"), soft_wrap=True)
    for one in found.findings:
        console.print(Text(f"{one.dataset} {one.day or 'whole'}: {one.found}", style="red"), soft_wrap=True)
    if found.passed:
        console.print(f"The lake has what PostgreSQL has: {len(found.held):,} chunks.", highlight=False)


def _table(found: Validated) -> Table:
    # Ten columns in the 80 characters of a usual terminal.
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    for title in ("dataset", "day (UTC)"):
        table.add_column(title, no_wrap=True)
    for title in ("source", "re-\njected", "lake"):
        table.add_column(title, justify="right", no_wrap=True)
    for check in _CHECKS:
        table.add_column(_TITLES.get(check, check), justify="center", overflow="fold")
    for one in found.held:
        record = one.record
        counts = (one.rows, record.rejected if record else 0, one.exported)
        marks = (_mark(one, check, found.findings) for check in _CHECKS)
        table.add_row(one.dataset, one.day or "whole", *(f"{count:,}" for count in counts), *marks)
    return table


def _mark(held: Held, check: str, findings: Sequence[Finding]) -> Text:
    broken = {one.check for one in findings if (one.dataset, one.day) == (held.dataset, held.day)}
    if check in broken:
        return Text("✗", style="red")
    without_file = held.finished.key is None or "object" in broken
    if (check in _OF_FILES and without_file) or (check == "partition" and held.day is None):
        return Text("-", style="dim")
    return Text("✓", style="green")


def _document(found: Validated, first: dt.date, last: dt.date) -> dict[str, Any]:
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "passed": found.passed,
        "chunks": [
            {
                "dataset": one.dataset,
                "day": one.day,
                "rows": one.rows,
                "rejected": one.record.rejected if one.record else 0,
                "exported": one.exported,
                "status": one.record.status if one.record else None,
            }
            for one in found.held
        ],
        "findings": [
            {"dataset": one.dataset, "day": one.day, "check": one.check, "found": one.found} for one in found.findings
        ],
        "failed": found.failed,
        "notes": found.notes,
    }
