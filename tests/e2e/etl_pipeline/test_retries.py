"""A stage that fails in passing, or dies, is run again, and the end is the same."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud import LocalCloud
from tests.e2e.etl_pipeline.deployed import DeployedPipeline, deploy, event

DAY = {"date": "2018-02-01"}
# Stands before the real handler: at the first invocations it lets that do its work, then spoils the end.
STUMBLING = """
import os
from pathlib import Path

from etl.errors import TransientError
from lambdas.etl_pipeline.{stage} import handler as real

def handler(event, context):
    stumbles = Path({stumbles!r})
    left = int(stumbles.read_text())
    result = real(event, context)
    if left:
        stumbles.write_text(str(left - 1))
        {ending}
    return result
"""
ENDINGS = {"raises": 'raise TransientError("the table throttled")', "dies": "os._exit(1)"}


@dataclass(frozen=True)
class Stumbling:
    """A pipeline of whose stages one can be made to stumble."""

    pipeline: DeployedPipeline
    directory: Path

    def stumble(self, stage: str, ending: str, times: int) -> None:
        """Make a stage fail after its work, so many times."""
        stumbles = self.directory / "stumbles"
        stumbles.write_text(str(times))
        module = STUMBLING.format(stage=stage, stumbles=str(stumbles), ending=ENDINGS[ending])
        functions = self.pipeline.cloud.client("lambda")
        functions.update_function_code(FunctionName=f"etl-{stage}", ZipFile=self._code(module))
        functions.update_function_configuration(FunctionName=f"etl-{stage}", Handler="stumbling.handler")

    def _code(self, module: str) -> bytes:
        root = Path(__file__).parents[3]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for folder in ("etl", "lambdas"):
                for file in sorted((root / folder).rglob("*.*")):
                    if file.suffix in {".py", ".yaml"}:
                        archive.write(file, file.relative_to(root))
            archive.writestr("stumbling.py", module)
        return buffer.getvalue()


@pytest.fixture
def stumbling(dev_assembly: Path, tmp_path: Path) -> Iterator[Stumbling]:
    with LocalCloud(tmp_path / "cloud", wait_scale=0) as cloud:
        pipeline = deploy(cloud, dev_assembly)
        pipeline.put([event("a", "2018-02-01T10:00:00Z"), event("b", "2018-02-01T11:00:00Z")])
        yield Stumbling(pipeline, tmp_path)


@pytest.mark.parametrize(
    ("stage", "ending", "failure"),
    [
        ("extract", "raises", "TransientError: the table throttled"),
        ("transform", "dies", "Runtime.ExitError"),
        ("load", "raises", "TransientError: the table throttled"),
        ("load", "dies", "Runtime.ExitError"),
    ],
)
def test_a_stage_that_stumbles_is_run_again(stumbling: Stumbling, stage: str, ending: str, failure: str) -> None:
    stumbling.stumble(stage, ending, times=1)
    execution = stumbling.pipeline.run(DAY)
    assert execution.output["loaded"] == 2
    ((attempt,),) = [state.failures for state in execution.states if state.failures]
    assert attempt.startswith(failure)
    assert set(stumbling.pipeline.loaded()) == {"a", "b"}


def test_a_stage_that_keeps_failing_ends_the_run_with_its_error(stumbling: Stumbling) -> None:
    stumbling.stumble("load", "raises", times=99)
    execution = stumbling.pipeline.run(DAY)
    assert (execution.status, execution.error) == ("FAILED", "TransientError")
    assert execution.cause == "Load: the table throttled"
    (attempts,) = [one.failures for one in execution.states if one.name == "Load"]
    assert len(attempts) == 6
