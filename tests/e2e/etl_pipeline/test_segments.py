"""Several segments side by side have the same result as one."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from etl.load.dynamodb import put_records
from localcloud import LocalCloud
from serverless_app.executions import Execution
from serverless_app.pipelines.etl_pipeline.sample import records
from serverless_app.synthesis import synthesise
from tests.e2e.etl_pipeline.deployed import SAMPLE, DeployedPipeline, deploy

DAY = {"date": "2018-02-03"}


@dataclass(frozen=True)
class Ran:
    """A run over one day of the sample, on a deployment of its own."""

    pipeline: DeployedPipeline
    execution: Execution


def run(pipeline: DeployedPipeline) -> Ran:
    put_records(pipeline.dynamodb, pipeline.source, records(SAMPLE), key=("id",))
    return Ran(pipeline, pipeline.run(DAY))


@pytest.fixture(scope="module")
def one(deployment: DeployedPipeline) -> Ran:
    deployment.empty()
    return run(deployment)


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """The environment prod scans in four segments."""
    assembly = synthesise(tmp_path_factory.mktemp("prod"), environment="prod", validate=False)
    with LocalCloud(tmp_path_factory.mktemp("segments"), wait_scale=0) as cloud:
        yield run(deploy(cloud, assembly))


def test_every_segment_writes_an_object_of_its_own(four: Ran) -> None:
    keys = four.execution.output["keys"]["extract"]
    assert keys == [f"extract/20180203T000000Z-20180204T000000Z/data-{part:04}-of-0004.json" for part in range(1, 5)]
    assert all(four.pipeline.objects()[key] for key in keys)


def test_the_result_is_that_of_one_segment(one: Ran, four: Ran) -> None:
    ours, theirs = (dict(ran.execution.output) for ran in (four, one))
    assert ours.pop("keys")["transform"] == theirs.pop("keys")["transform"]
    assert ours == theirs
    assert ours["loaded"] > 0


def test_the_destination_is_that_of_one_segment(one: Ran, four: Ran) -> None:
    assert four.pipeline.loaded() == one.pipeline.loaded()


def test_the_transformed_records_are_those_of_one_segment(one: Ran, four: Ran) -> None:
    key = one.execution.output["keys"]["transform"]
    ours, theirs = (sorted(ran.pipeline.objects()[key].splitlines()) for ran in (four, one))
    assert ours == theirs
