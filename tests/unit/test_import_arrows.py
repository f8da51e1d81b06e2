"""Imports point one way: etl imports nothing around it, its packages only what lies below them; the page shows it."""

import pytest

from docs.packages import LAYERS, PAGE, ROOT, imports_in, imports_of, redrawn

# What each package of the project may import of the others.
ALLOWED: dict[str, set[str]] = {
    "app": {"serverless_app"},
    "benchmarks": {"benchmarks", "etl", "lambdas", "localcloud", "serverless_app", "tests"},
    "docs": set(),
    "etl": {"etl"},
    "lambdas": {"etl", "lambdas"},
    "localcloud": {"localcloud"},
    "serverless_app": {"etl", "localcloud", "serverless_app"},
    "tests": {"app", "benchmarks", "docs", "etl", "lambdas", "localcloud", "serverless_app", "tests"},
}
INFRASTRUCTURE = {"aws_cdk", "constructs", "ministack"}
# The target, the commands of the local cloud, and what drives its database.
KNOW_THE_LOCAL_CLOUD = {"target.py", "source_database.py", "cli/local.py", "cli/console.py"}
LAYER = {package: layer for layer, packages in enumerate(LAYERS) for package in packages}


def test_every_package_of_the_tree_is_named() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/*.py")}
    assert folders | {"app"} == set(ALLOWED)
    parts = {path.stem for path in (ROOT / "etl").iterdir() if path.is_dir() or path.suffix == ".py"}
    assert parts - {"__init__", "__pycache__"} == set(LAYER)


@pytest.mark.parametrize("package", ALLOWED)
def test_no_arrow_turns(package: str) -> None:
    forbidden = set(ALLOWED) - ALLOWED[package]
    if package in ("etl", "lambdas"):
        forbidden |= INFRASTRUCTURE
    place = ROOT / package if (ROOT / package).is_dir() else ROOT / f"{package}.py"
    modules = list(imports_in(place))
    assert modules
    turned = [f"{path} imports {name}" for path, names in modules for name in names if name.split(".")[0] in forbidden]
    assert turned == []


def test_a_package_of_etl_imports_only_what_lies_below_it() -> None:
    turned = [
        f"{path} imports {name}"
        for path, names in imports_in(ROOT / "etl")
        for name in names
        if name.startswith("etl.") and not _is_below(path.parts[1].removesuffix(".py"), name.split(".")[1])
    ]
    assert turned == []


def _is_below(importer: str, imported: str) -> bool:
    # `from etl import x` may name what is no module, and etl itself has nothing.
    return importer == imported or (imported in LAYER and LAYER[importer] < LAYER[imported])


def test_few_modules_know_the_local_cloud() -> None:
    knowing = {
        path.relative_to("serverless_app").as_posix()
        for path, names in imports_in(ROOT / "serverless_app")
        if any(name.split(".")[0] == "localcloud" for name in names)
    }
    assert {path for path in knowing if not path.endswith("/demo.py")} <= KNOW_THE_LOCAL_CLOUD


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
        "import_module('aws_cdk')",
        "__import__('aws_cdk')",
    ],
)
def test_an_import_is_seen_wherever_it_hides(source: str) -> None:
    assert "aws_cdk" in {name.split(".")[0] for name in imports_of(source)}


@pytest.mark.parametrize(
    "source",
    [
        "from etl import lake",
        "from etl.lake import layout",
        "from . import lake",
        "from .lake import layout",
        "from ..etl.lake.layout import object_key",
        "importlib.import_module('.lake', 'etl')",
    ],
)
def test_an_import_of_a_package_is_seen_however_it_is_written(source: str) -> None:
    assert any(name.startswith("etl.lake") for name in imports_of(source, "etl"))


def test_a_mention_is_no_import() -> None:
    assert imports_of("'import aws_cdk'  # aws_cdk\naws_cdk = 1\nprint('aws_cdk')") == set()


def test_the_picture_of_the_packages_is_the_present_one() -> None:
    page = PAGE.read_text()
    assert page == redrawn(page), "run `python docs/packages.py`"
