"""The command `etl`, run in the process of the tests, and what it says."""

import json
import shlex
from collections.abc import Callable
from typing import Any

from typer.testing import CliRunner, Result

from serverless_app.cli import app

Etl = Callable[[str], Result]


def run_etl(line: str) -> Result:
    """Run the command with the arguments of a line."""
    return CliRunner().invoke(app, shlex.split(line))


def document(result: Result, *, exit_code: int = 0) -> Any:
    """Return the one document that a command printed."""
    assert result.exit_code == exit_code, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    """Return the only line of an expected error."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line
