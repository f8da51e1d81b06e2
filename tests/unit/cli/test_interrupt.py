"""Ctrl-C while a run is followed: the command ends and says that the run does not."""

from typing import Any

import pytest

from serverless_app.cli import run
from serverless_app.pipelines import Pipeline
from tests.unit.cli.conftest import Etl


class InterruptedTarget:
    """A target whose run is going on when somebody presses Ctrl-C."""

    poll_seconds = 0.0

    def outputs(self, _pipeline: Pipeline) -> dict[str, str]:
        return {"StateMachineArn": "arn:machine"}

    def client(self, _service: str) -> "InterruptedTarget":
        return self

    def start_execution(self, **_request: str) -> dict[str, str]:
        return {"executionArn": "arn:execution:the-run"}

    def describe_execution(self, **_request: str) -> dict[str, Any]:
        raise KeyboardInterrupt


@pytest.mark.parametrize("form", ["", "--json"])
def test_an_interrupted_follower_says_that_the_run_goes_on(
    etl: Etl, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(run, "open_target", lambda _name: InterruptedTarget())

    ended = etl(f"run etl_pipeline --target aws {form}")

    assert ended.exit_code == 130
    assert "The run goes on without you: etl show the-run --target aws" in ended.stderr
    assert ended.stdout == ""
