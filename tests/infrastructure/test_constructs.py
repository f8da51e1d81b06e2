"""Constructs serve any pipeline."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIPELINES = sorted(path.parent.name for path in ROOT.glob("etl/pipelines/*/pipeline.py"))


def test_there_are_pipelines_to_look_for() -> None:
    assert {"etl_pipeline", "lake_export"} <= set(PIPELINES)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_no_construct_names_a_pipeline(pipeline: str) -> None:
    name = re.compile(pipeline.replace("_", "[-_ ]?"), re.IGNORECASE)
    constructs = list(ROOT.glob("serverless_app/constructs/**/*.py"))
    assert constructs
    assert [path for path in constructs if name.search(path.read_text()) or name.search(path.name)] == []
