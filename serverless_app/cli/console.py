"""Output of the commands: tables for people, JSON for programs, errors in one line on stderr."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from etl.errors import EtlError
from localcloud import LocalCloudError
from serverless_app.pipelines import UnknownPipelineError, pipelines
from serverless_app.synthesis import SynthesisError
from serverless_app.target import TargetError, TargetName

console = Console()
errors = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
_NAMES = ", ".join(pipeline.name for pipeline in pipelines())
PipelineName = Annotated[str, typer.Argument(metavar="PIPELINE", help=f"One of {_NAMES}.")]
Where = Annotated[
    TargetName,
    typer.Option("--target", help="The local cloud, or the AWS account of your credentials."),
]

_EXPECTED = (
    BotoCoreError,
    ClientError,
    EtlError,
    LocalCloudError,
    OSError,
    SynthesisError,
    TargetError,
    UnknownPipelineError,
)


@contextmanager
def reporting() -> Iterator[None]:
    """End the command with an expected error's message and exit code 1; a bug shows its traceback."""
    try:
        yield
    except _EXPECTED as error:
        errors.print("[bold red]error:[/] ", end="")
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def conclude(text: str, document: dict[str, Any], *, as_json: bool) -> None:
    """Print a command's outcome: as text, or as JSON."""
    if as_json:
        print_json(document)
    else:
        console.print(text, highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print a document as JSON, unwrapped and uncoloured."""
    print(json.dumps(document, indent=2, default=str, ensure_ascii=False))  # noqa: T201 -- rich would wrap it
