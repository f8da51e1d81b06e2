"""An install gives the same packages everywhere, from whichever registry the machine is configured for."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = [
    "requirements.txt",
    "requirements-local.txt",
    "requirements-dev.txt",
    "lambdas/etl_pipeline/requirements.txt",
]
EXACT = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+")


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_exact(name: str) -> None:
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    requirements = [line for line in lines if line and not line.startswith("-r ")]
    assert requirements
    assert [line for line in requirements if not EXACT.fullmatch(line)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_the_lock_has_every_requirement_in_its_version(name: str) -> None:
    locked = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text()))
    pinned = re.findall(r"(?m)^([\w.-]+)(?:\[.*\])?==([\w.]+)", (ROOT / name).read_text())
    assert pinned
    assert [(package, locked.get(package)) for package, _ in pinned] == pinned


def test_npm_packages_are_locked_by_their_content_and_not_by_an_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {path: package for path, package in lock["packages"].items() if path}
    assert {"node_modules/aws-cdk", "node_modules/asl-validator"} <= packages.keys()
    assert [path for path, package in packages.items() if "integrity" not in package] == []
    assert [path for path, package in packages.items() if "resolved" in package] == []
