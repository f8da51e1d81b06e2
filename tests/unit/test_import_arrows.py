"""Imports point one way: lambdas and serverless_app to etl, etl to neither, and no infrastructure in the cloud."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "etl": {"lambdas", "serverless_app", "aws_cdk", "ministack", "tests"},
    "lambdas": {"serverless_app", "aws_cdk", "ministack", "tests"},
    "serverless_app": {"lambdas", "tests"},
    "localcloud": {"etl", "lambdas", "serverless_app", "aws_cdk", "tests"},
}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_arrow_turns(package: str) -> None:
    modules = sorted((ROOT / package).rglob("*.py"))
    assert modules
    turned = [
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules
        for name in imported(module.read_text())
        if name.split(".")[0] in FORBIDDEN[package]
    ]
    assert turned == []


@pytest.mark.parametrize(
    "source",
    [
        "import aws_cdk",
        "import os, aws_cdk as cdk",
        "from aws_cdk import aws_s3",
        "from aws_cdk.aws_s3 import Bucket",
        "def later():\n    import aws_cdk.aws_s3",
        "if TYPE_CHECKING:\n    from aws_cdk import Stack",
        "importlib.import_module('aws_cdk')",
        "__import__('aws_cdk')",
    ],
)
def test_an_import_is_seen_wherever_it_hides(source: str) -> None:
    assert "aws_cdk" in {name.split(".")[0] for name in imported(source)}


def test_a_mention_is_no_import() -> None:
    assert imported("'import aws_cdk'  # aws_cdk\naws_cdk = 1\nprint('aws_cdk')") == set()


def imported(source: str) -> set[str]:
    """Return the modules that a source text imports by name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names.update(alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module)):
                names.add(module)
            case ast.Call(
                func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                names.add(module)
    return names
