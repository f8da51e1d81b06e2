"""The operations that a pipeline may provide besides `run`: functions of `<name>/operations.py`.

================================  ===============================================================
function of the module            command
================================  ===============================================================
`forecast(deployed, contracts,    `etl backfill --dry-run`: what the runs of these inputs would do
requests)`                        and take
`validate(deployed, contracts,    `etl validate`: compares the destination with the source, from
first, last)`                     the first day to the last
`rollback(deployed, contracts,    `etl rollback`: brings back the previous version of a day, or of
day)`                             whole datasets
`table_location(deployed,          `etl athena`: the S3 address of a dataset's files, ending in `/`
contract)`
================================  ===============================================================

A command refuses a pipeline that lacks its function, by name.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from etl.contracts import Contract
from etl.errors import InputError
from etl.runs.ledger import Ledger
from serverless_app.estimates import Pace, Work
from serverless_app.pipelines import Pipeline
from serverless_app.target import Target, TargetError, ledger_of

Result = TypeVar("Result")

OPERATIONS = {
    "forecast": "backfill --dry-run",
    "validate": "validate",
    "rollback": "rollback",
    "table_location": "athena",
}
"""The command that needs each function."""


class FunctionError(TargetError):
    """A Lambda function failed; the message is its own."""


@dataclass(frozen=True)
class Deployed:
    """A pipeline deployed at a target."""

    pipeline: Pipeline
    place: Target
    outputs: dict[str, str]

    @property
    def ledger(self) -> Ledger:
        """The ledger of its runs and chunks."""
        return ledger_of(self.place)

    def call(self, function: str, request: msgspec.Struct, kind: type[Result]) -> Result:
        """Call a Lambda function and return its result, or raise FunctionError."""
        answer = self.place.client("lambda").invoke(FunctionName=function, Payload=msgspec.json.encode(request))
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise FunctionError(f"{document.get('errorType', function)}: {document.get('errorMessage', document)}")
        return msgspec.convert(document, kind)


@dataclass(frozen=True)
class Forecast:
    """What a backfill would do, run by run."""

    runs: Sequence[Sequence[Work]]
    chunks: Sequence[Mapping[str, Any]]
    """The chunks of all runs, with `dataset`, `part`, `rows` and `reason`."""
    paces: Mapping[str, Pace]
    connections: int
    """How many chunks of a run are processed at a time."""
    memory_mb: int
    """Memory of the function that processes a chunk."""


@dataclass(frozen=True, kw_only=True)
class ValidatedChunk:
    """A chunk at the source and at the destination."""

    dataset: str
    part: str
    rows: int
    """Rows at the source now."""
    rejected: int
    exported: int
    """Rows at the destination."""
    status: str | None
    """Status in the ledger; None for a chunk that no run has processed."""
    checks: Mapping[str, bool | None]
    """Whether each check passed; None when it does not apply."""


@dataclass(frozen=True)
class Validation:
    """The compared chunks and the findings."""

    chunks: list[ValidatedChunk] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)
    """Each has `dataset`, `part`, `check` and `found`."""
    failed: dict[str, str] = field(default_factory=dict)
    """Datasets whose source could not be read, and why."""
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether the destination matches the source."""
        return not self.findings and not self.failed


@dataclass(frozen=True)
class RolledBack:
    """A chunk that is back at its previous version."""

    dataset: str
    part: str
    version: str
    """The version that was brought back."""
    replaced: str
    """The version that readers saw before; empty when there was none."""


@dataclass(frozen=True)
class Rollback:
    """The chunks that were brought back, and why other datasets were not."""

    rolled_back: list[RolledBack]
    refused: dict[str, str]


def operation(pipeline: Pipeline, name: str) -> Callable[..., Any]:
    """Return an operation of a pipeline; InputError lists what the pipeline can do instead."""
    function: Callable[..., Any] | None = pipeline.provided("operations", name)
    if function is None:
        can = ["run", *(command for each, command in OPERATIONS.items() if pipeline.provided("operations", each))]
        raise InputError(f"{pipeline.name} has no `etl {OPERATIONS[name]}`; it can {', '.join(can)}")
    return function


def chosen_contracts(pipeline: Pipeline, names: Iterable[str] | None) -> list[Contract]:
    """Return the contracts of the named datasets, or of all; InputError lists the known names."""
    known = pipeline.declaration.datasets()
    chosen = list(dict.fromkeys(names or known))
    if unknown := [name for name in chosen if name not in known]:
        raise InputError(f"there is no dataset {unknown[0]!r} in {pipeline.name}; there are {', '.join(known)}")
    return [known[name] for name in chosen]
