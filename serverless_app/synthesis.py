"""Synthesis without the CDK CLI: the same templates, from the same app.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]


class SynthesisError(Exception):
    """The synthesis failed; the message ends with its output."""


def synthesise(out: Path, *, environment: str | None = None, bundle: bool = False, validate: bool = True) -> Path:
    """Write the cloud assembly to `out` and return it.

    Without `bundle`, dependency layers stay empty and need no network; the templates are the same.
    """
    context: dict[str, object] = {} if bundle else {"aws:cdk:bundling-stacks": []}
    if environment is not None:
        context["environment"] = environment
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=_ROOT,
        env={
            **os.environ,
            "CDK_OUTDIR": str(out.resolve()),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_VALIDATION": str(validate).lower(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SynthesisError(f"app.py ended with {done.returncode}:\n{(done.stderr or done.stdout).strip()[-4000:]}")
    return out
