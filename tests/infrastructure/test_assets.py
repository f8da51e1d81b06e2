"""What is shipped to Lambda, and that it changes only when its content does."""

import json
import shutil
from pathlib import Path

import pytest

from serverless_app.synthesis import synthesise
from tests.infrastructure.templates import StackTemplate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped(assembly: Path, stack: StackTemplate) -> dict[str, Path]:
    """The files of the functions' asset, by their path inside it."""
    function = stack.one("AWS::Lambda::Function", FunctionName="etl-extract").properties
    folder = assembly / f"asset.{Path(function['Code']['S3Key']).stem}"
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def test_functions_get_the_library_and_the_handlers_whole(shipped: dict[str, Path]) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("etl", "lambdas")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix in (".json", ".pem", ".py", ".sql", ".yaml")
    }
    assert wanted
    assert set(shipped) == wanted


@pytest.mark.slow
def test_a_second_synthesis_changes_nothing(assembly: Path, tmp_path: Path) -> None:
    again = synthesise(tmp_path / "again", environment="dev", validate=False)
    assert _template(again) == _template(assembly)
    assert _assets(again) == _assets(assembly)


@pytest.mark.slow
@pytest.mark.network
def test_template_is_the_same_with_and_without_the_wheels(assembly: Path, tmp_path: Path) -> None:
    bundled = synthesise(tmp_path / "bundled", environment="dev", bundle=True, validate=False)
    assert [path for path in bundled.glob("asset.*/python/msgspec") if path.is_dir()]
    assert _template(bundled) == _template(assembly)
    assert _assets(bundled) == _assets(assembly)
    shutil.rmtree(bundled)


def _template(assembly: Path) -> str:
    return (assembly / "EtlPipelineStack.template.json").read_text()


def _assets(assembly: Path) -> set[str]:
    return set(json.loads((assembly / "EtlPipelineStack.assets.json").read_text())["files"])
