"""`etl query`: run SQL on Athena, here or in AWS."""

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from serverless_app.cli.console import Where, console, errors, print_json, reporting
from serverless_app.target import Target, TargetError, TargetName, open_target

_ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
_NUMBERS: Final = ("tinyint", "smallint", "integer", "bigint", "float", "double", "decimal")
_LOCAL_OUTPUT: Final = "etl-query-results"
_PAGE: Final = 1000


class Output(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True)
class Answer:
    """Athena's answer: columns with types, rows of text (None is NULL), seconds and bytes scanned."""

    columns: list[tuple[str, str]]
    rows: list[list[str | None]]
    seconds: float
    scanned: int


def query(
    statement: Annotated[str, typer.Argument(help="The SQL, in Athena's dialect.")],
    *,
    output: Annotated[Output, typer.Option(help="How rows are printed.")] = Output.TABLE,
    database: Annotated[str, typer.Option(help="The database of unqualified table names.")] = "default",
    workgroup: Annotated[str, typer.Option(help="The workgroup that runs it.")] = "primary",
    target: Where = TargetName.LOCAL,
) -> None:
    """Query the tables of the catalog with Athena."""
    with reporting():
        place = open_target(target)
        location = _results_bucket(place) if target is TargetName.LOCAL else None
        answer = ask(place, statement, database=database, workgroup=workgroup, location=location)
        print_answer(answer, output)


def ask(place: Target, statement: str, *, database: str, workgroup: str, location: str | None) -> Answer:
    """Run a statement and return the whole answer; an interrupt stops the query."""
    athena = place.client("athena")
    settings = {"ResultConfiguration": {"OutputLocation": location}} if location else {}
    started = athena.start_query_execution(
        QueryString=statement, QueryExecutionContext={"Database": database}, WorkGroup=workgroup, **settings
    )
    name = started["QueryExecutionId"]
    try:
        execution = _followed(athena, name, place.poll_seconds)
    except KeyboardInterrupt:
        athena.stop_query_execution(QueryExecutionId=name)
        raise
    if execution["Status"]["State"] != "SUCCEEDED":
        raise TargetError(execution["Status"].get("StateChangeReason") or "the query was cancelled")
    columns, rows = _read(athena, name)
    if execution.get("SubstatementType", "SELECT") == "SELECT" and execution["StatementType"] == "DML":
        rows = rows[1:]  # Athena's first row repeats the names
    statistics = execution["Statistics"]
    return Answer(columns, rows, statistics["TotalExecutionTimeInMillis"] / 1000, statistics["DataScannedInBytes"])


def _results_bucket(place: Target) -> str:
    """Return where the local cloud puts results."""
    place.client("s3").create_bucket(Bucket=_LOCAL_OUTPUT)
    return f"s3://{_LOCAL_OUTPUT}/"


def _followed(athena: Any, name: str, seconds: float) -> dict[str, Any]:
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]
        if execution["Status"]["State"] in _ENDED:
            return execution
        time.sleep(seconds)


def _read(athena: Any, name: str) -> tuple[list[tuple[str, str]], list[list[str | None]]]:
    columns: list[tuple[str, str]] = []
    rows: list[list[str | None]] = []
    for page in athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=name, PaginationConfig={"PageSize": _PAGE}
    ):
        found = page["ResultSet"]
        columns = [(one["Name"], one["Type"]) for one in found["ResultSetMetadata"]["ColumnInfo"]]
        rows += [[value.get("VarCharValue") for value in row["Data"]] for row in found["Rows"]]
    return columns, rows


def print_answer(answer: Answer, output: Output) -> None:
    """Print an answer, and its time and bytes on stderr."""
    if output is Output.JSON:
        names = [name for name, _ in answer.columns]
        rows = [dict(zip(names, row, strict=True)) for row in answer.rows]
        print_json({"rows": rows, "seconds": answer.seconds, "bytes_scanned": answer.scanned})
        return
    if output is Output.CSV:
        print(_csv(answer), end="")  # noqa: T201 -- rich would wrap it
    else:
        console.print(_table(answer))
    counted = f"{len(answer.rows):,} rows  {answer.seconds:.2f} s  {answer.scanned:,} bytes scanned"
    errors.print(counted, highlight=False)


def _csv(answer: Answer) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for name, _ in answer.columns])
    writer.writerows(answer.rows)
    return out.getvalue()


def _table(answer: Answer) -> Table:
    table = Table(*_columns(answer), box=SIMPLE_HEAD)
    for row in answer.rows:
        table.add_row(*(Text("NULL", style="dim") if value is None else Text(value) for value in row))
    return table


def _columns(answer: Answer) -> Iterator[Column]:
    for name, kind in answer.columns:
        yield Column(name, justify="right" if kind in _NUMBERS else "left", overflow="fold")
