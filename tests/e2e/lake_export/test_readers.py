"""A reader who polls Athena while a day is exported again and again sees whole days only."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from serverless_app import executions
from serverless_app.cli.query import ask
from serverless_app.target import Target, local_cloud
from tests.e2e.lake_export.deployed import DeployedExport, deployed

TIMES = 50
ROWS = 500
QUESTION = (
    "SELECT count(*), count(DISTINCT id), min(metric_value), max(metric_value) FROM agent_metrics"
    " WHERE year = '2024' AND month = '12' AND day = '22'"
)


@pytest.fixture(scope="module")
def export(dev_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedExport]:
    cloud = local_cloud(tmp_path_factory.mktemp("readers"), wait_scale=0)
    with cloud, deployed(cloud, dev_assembly) as export:
        yield export


class Place:
    """The running cloud, as `ask` wants it."""

    poll_seconds = 0.01

    def __init__(self, export: DeployedExport) -> None:
        self.client = export.cloud.client
        self.outputs = dict


class Reader(threading.Thread):
    """Asks the same question until it is told to stop, and keeps every answer."""

    def __init__(self, export: DeployedExport) -> None:
        super().__init__(daemon=True)
        self.answers: list[tuple[str | None, ...]] = []
        self.failure: Exception | None = None
        self._export = export
        self._stop_asking = threading.Event()

    def run(self) -> None:
        place: Target = Place(self._export)  # type: ignore[assignment]  # what `ask` uses of one
        outputs = self._export.outputs
        while not self._stop_asking.is_set():
            try:
                answer = ask(
                    place,
                    QUESTION,
                    database=outputs["DatabaseName"],
                    workgroup=outputs["WorkgroupName"],
                    location=None,
                )
            except Exception as error:  # noqa: BLE001 -- whatever it is, the test wants to see it
                self.failure = error
                return
            self.answers.append(tuple(answer.rows[0]))

    def end(self) -> None:
        self._stop_asking.set()
        self.join()


def test_fifty_exports_of_a_day_are_never_half_visible(export: DeployedExport) -> None:
    export.measure(1, ROWS, 0.0)
    assert export.run().status == executions.SUCCEEDED
    reader = Reader(export)
    reader.start()
    for number in range(1, TIMES + 1):
        export.measure(1, ROWS, float(number))
        assert export.run().status == executions.SUCCEEDED
    reader.end()

    assert reader.failure is None
    assert {(rows, distinct) for rows, distinct, *_ in reader.answers} == {(str(ROWS), str(ROWS))}
    assert all(least == most for *_, least, most in reader.answers)
    seen = [float(str(least)) for *_, least, _ in reader.answers]
    assert seen == sorted(seen)
    # The reader was there all the time, and saw the day change.
    assert len(set(seen)) > TIMES / 5
