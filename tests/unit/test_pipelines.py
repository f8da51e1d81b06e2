import pytest

from serverless_app.pipelines import Pipeline, UnknownPipelineError, find_pipeline, pipelines


def test_a_name_decides_the_stack_and_the_state_machine() -> None:
    pipeline = Pipeline("trip_records")
    assert (pipeline.stack, pipeline.state_machine) == ("TripRecordsStack", "trip-records")


def test_every_folder_of_pipelines_is_one() -> None:
    assert Pipeline("etl_pipeline") in pipelines()


def test_a_pipeline_is_found_by_its_name() -> None:
    assert find_pipeline("etl_pipeline") == Pipeline("etl_pipeline")


@pytest.mark.parametrize("name", ["", "etl-pipeline", "nope"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownPipelineError, match=rf"there is no pipeline '{name}'; there are: .*\betl_pipeline\b"):
        find_pipeline(name)
