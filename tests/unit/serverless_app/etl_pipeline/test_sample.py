"""The sample: real earthquakes, whole, as records of the source table."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.contracts import read_contract
from etl.pipelines.etl_pipeline.pipeline import CONTRACT
from etl.values.records import RecordValidator
from serverless_app.pipelines.etl_pipeline.sample import records

SAMPLE = Path(__file__).parents[4] / "samples" / "earthquakes.json"


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    return list(records(SAMPLE))


def test_has_every_earthquake_once(sample: list[dict[str, Any]]) -> None:
    assert len(sample) == len({record["id"] for record in sample}) == 1707


def test_maps_a_feature_and_keeps_the_rest_of_it(tmp_path: Path) -> None:
    path = tmp_path / "feature.json"
    properties = {"mag": 2.10, "place": "4km W", "time": 1517966773840, "tz": -480, "felt": None, "rms": 0.19}
    geometry = {"type": "Point", "coordinates": [-118.6693333, 34.5026667, 12.82]}
    feature = {"type": "Feature", "id": "ci1", "properties": properties, "geometry": geometry}
    path.write_text(json.dumps({"features": [feature]}))

    assert list(records(path)) == [
        {
            "id": "ci1",
            "name": "4km W",
            "value": Decimal("2.1"),
            "timestamp": "2018-02-07T01:26:13.84Z",
            "properties": {"tz": -480, "felt": None, "rms": Decimal("0.19")},
            "geometry": {
                "type": "Point",
                "coordinates": [Decimal("-118.6693333"), Decimal("34.5026667"), Decimal("12.82")],
            },
        }
    ]


def test_the_share_of_records_that_break_the_contract_is_tolerated(sample: list[dict[str, Any]]) -> None:
    contract = read_contract(CONTRACT)
    problems = RecordValidator(contract).problems

    broken = [record for record in sample if problems(record)]

    assert len(broken) <= contract.tolerance * len(sample)
