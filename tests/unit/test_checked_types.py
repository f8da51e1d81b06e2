"""The type checker passes over the modules of the CDK that are not listed: every one that is used has to be."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_IMPORTS = re.compile(r"(?m)^(?:from aws_cdk import (aws_\w+)|from aws_cdk\.(aws_\w+) import)")


def test_types_of_every_module_of_the_cdk_that_is_used_are_checked() -> None:
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (listed,) = [set(one["module"]) for one in overrides if one.get("follow_imports") == "normal"]
    sources = [path for folder in ("serverless_app", "tests") for path in (ROOT / folder).rglob("*.py")]
    used = {a or b for path in sources for a, b in _IMPORTS.findall(path.read_text(encoding="utf-8"))}
    assert listed == {"aws_cdk", *(f"aws_cdk.{name}" for name in used)}
