"""The commands know no pipeline: neither by its name nor by what it makes."""

import re
from pathlib import Path

import pytest

from serverless_app.pipelines import pipelines
from serverless_app.target import ROOT

FILES = sorted((ROOT / "serverless_app" / "cli").rglob("*.py"))
NAMES = [name for pipeline in pipelines() for name in (pipeline.name, pipeline.state_machine, pipeline.stack)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_command_names_a_pipeline(path: Path) -> None:
    assert len(FILES) > 10
    assert re.findall("|".join(["lake", *NAMES]), path.read_text(), re.IGNORECASE) == []
