"""What the commands of `lake_export` share: its days, its tables, its functions, and the ledger."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from etl.contracts import Contract
from etl.errors import InputError
from etl.pipelines.lake_export.datasets import PIPELINE, dataset, datasets
from etl.pipelines.lake_export.messages import PlanRequest, PlanResult
from etl.runs.ledger import Ledger
from etl.timestamps import format_timestamp
from serverless_app.cli.ledger import ledger_of
from serverless_app.pipelines import find_pipeline
from serverless_app.target import Target, TargetError, TargetName, open_target

Result = TypeVar("Result")

Tables = Annotated[list[str] | None, typer.Option("--table", help="Only this one; may be repeated.")]
StartDate = Annotated[str, typer.Option("--start-date", help="The first day, in UTC: 2024-12-01.")]
EndDate = Annotated[str, typer.Option("--end-date", help="The last day, included.")]


class FunctionError(TargetError):
    """A function failed; the message is its own."""


@dataclass(frozen=True)
class Lake:
    """The pipeline as it is deployed somewhere."""

    place: Target
    outputs: dict[str, str]

    @property
    def ledger(self) -> Ledger:
        """What is known of the chunks."""
        return ledger_of(self.place)

    def plan(self, table: str, request: dict[str, Any]) -> PlanResult:
        """Ask the source for the rows of every day that a run of this input would look at; nothing is changed."""
        planning = PlanRequest("etl", format_timestamp(datetime.now(UTC)), request, table)
        return self.call("lake-plan", planning, PlanResult)

    def call(self, function: str, request: msgspec.Struct, kind: type[Result]) -> Result:
        """Return what a function answers; FunctionError has its own message."""
        answer = self.place.client("lambda").invoke(FunctionName=function, Payload=msgspec.json.encode(request))
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise FunctionError(f"{document.get('errorType', function)}: {document.get('errorMessage', document)}")
        return msgspec.convert(document, kind)


def open_lake(pipeline: str, command: str, target: TargetName) -> Lake:
    """Return the deployed pipeline, or refuse one that the command is not for."""
    chosen = find_pipeline(pipeline)
    if chosen.name != PIPELINE:
        raise InputError(f"`etl {command}` is for {PIPELINE}: {pipeline} is run by its windows, `etl run {pipeline}`")
    place = open_target(target)
    return Lake(place, place.outputs(chosen))


def chosen_tables(tables: Iterable[str] | None) -> list[Contract]:
    """Return the contracts of the tables, or of all; InputError says which there are."""
    names = list(dict.fromkeys(tables or ()))
    return [dataset(name) for name in names] if names else list(datasets().values())


def day(option: str, text: str) -> date:
    """Return the day that an option names."""
    with suppress(ValueError):
        if len(text) == len("2024-12-22"):
            return date.fromisoformat(text)
    raise InputError(f"{option} {text} is no day: write it like 2024-12-22")
