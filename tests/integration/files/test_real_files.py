"""Files as the world writes them: a contract is drafted, and every value is what the standard library reads."""

import csv
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.contracts import Contract, parse_contract
from etl.extract.files import JsonOptions, Limits, split
from serverless_app.authoring.infer import infer

SOURCE = random.Random(20181101)  # noqa: S311 -- the same rows every time
WORDS = ["Ghosts", "José & Co.", "“Quoted”", 'a "quoted" word', "Комедии", "movie, short", "It's", "東京", "\U0001f3ac"]


def trips(rows: int) -> bytes:
    """Return taxi trips as the city of New York publishes them: dates with a blank, flags as letters, prices."""
    start, text = datetime(2018, 11, 1, tzinfo=UTC), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["vendor_id", "pickup", "dropoff", "passengers", "distance", "flag", "fare", "congestion"])
    for number in range(rows):
        pickup = start + timedelta(seconds=SOURCE.randrange(2_592_000))
        dropoff = pickup + timedelta(seconds=SOURCE.randrange(7200))
        fare = Decimal(SOURCE.randrange(-500, 20_000)) / 100
        distance = "" if number % 97 == 0 else f"{SOURCE.random() * 30:.5f}"
        row = [SOURCE.choice([1, 2, 4]), f"{pickup:%Y-%m-%d %H:%M:%S}", f"{dropoff:%Y-%m-%d %H:%M:%S}"]
        writer.writerow([*row, SOURCE.randrange(7), distance, SOURCE.choice("YN"), fare, SOURCE.choice(["", "2.5"])])
    return text.getvalue().encode()


def titles(rows: int) -> bytes:
    """Return a catalogue of films: quoted texts with commas, quotes and lines, and empty fields; CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["show_id", "title", "cast", "added", "release_year", "duration", "description"])
    for number in range(1, rows + 1):
        words = [SOURCE.choice(WORDS) for _ in range(SOURCE.randrange(6))]
        added = date(2015, 1, 1) + timedelta(days=SOURCE.randrange(2000))
        description = "\n".join(words) if number % 11 == 0 else " ".join(words)
        year = SOURCE.randrange(1925, 2022)
        writer.writerow(
            [f"s{number}", f"{SOURCE.choice(WORDS)} {number}", ", ".join(words), added, year, "90 min", description]
        )
    return text.getvalue().encode()


def earthquakes(rows: int) -> bytes:
    """Return GeoJSON as seismologists publish it."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "mag": None if number % 53 == 0 else round(SOURCE.uniform(0, 9), 2),
                "place": f"{SOURCE.randrange(100)} km NW of {SOURCE.choice(WORDS)}",
                "time": 1_541_000_000_000 + SOURCE.randrange(10**9),
                "felt": SOURCE.choice([None, 1, 25]),
            },
            "geometry": {"type": "Point", "coordinates": [SOURCE.uniform(-180, 180), SOURCE.uniform(-90, 90), 10.0]},
            "id": f"us{number:06}",
        }
        for number in range(rows)
    ]
    document = {"type": "FeatureCollection", "metadata": {"count": rows, "features": "[]"}, "features": features}
    return json.dumps(document, indent=1).encode()


def _drafted(path: Path, data: bytes) -> Contract:
    path.write_bytes(data)
    return parse_contract(infer(path).encode(), path)


def _rows(path: Path, contract: Contract, **options: Any) -> list[dict[str, Any]]:
    parts = split(path, contract, limits=Limits(chunk_bytes=100_000), **options)
    rows = [row for part in parts for row in part.good.to_pylist()]
    assert (parts.summary.read, parts.summary.rejected, parts.summary.left_out) == (len(rows), 0, ())
    return rows


def _as_written(value: Any, text: str) -> bool:
    """Tell whether a value is what the text of a CSV field says, by the standard library's own means."""
    if value is None:
        return text == ""
    read: dict[type, Callable[[str], object]] = {
        bool: lambda flag: flag in "Yy1",
        datetime: datetime.fromisoformat,
        date: date.fromisoformat,
        int: int,
        Decimal: Decimal,
        float: float,
        str: str,
    }
    return bool(value == read[type(value)](text))


@pytest.mark.parametrize(("make", "count"), [(trips, 5000), (titles, 3000)])
def test_a_csv_file_is_what_the_standard_library_reads(tmp_path: Path, make: Any, count: int) -> None:
    path = tmp_path / "file.csv"
    contract = _drafted(path, make(count))
    with path.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    rows = _rows(path, contract)

    assert len(rows) == len(expected) == count
    wrong = [
        (number, name, row[name], text)
        for number, (row, record) in enumerate(zip(rows, expected, strict=True))
        for name, text in record.items()
        if not _as_written(row[name], text)
    ]
    assert wrong == []


def test_a_drafted_contract_sees_more_than_text(tmp_path: Path) -> None:
    contract = _drafted(tmp_path / "trips.csv", trips(500))

    types = {field.name: type(field.type).__name__ for field in contract.fields}
    assert {types[name] for name in ("pickup", "dropoff")} == {"Timestamp"}
    assert (types["vendor_id"], types["fare"], types["distance"]) == ("Integer", "Decimal", "Float")


def test_a_geojson_file_is_what_the_standard_library_reads(tmp_path: Path) -> None:
    path = tmp_path / "quakes.json"
    contract = _drafted(path, earthquakes(2000))
    expected = json.loads(path.read_text(encoding="utf-8"))["features"]
    rows = _rows(path, contract, json=JsonOptions(path="features"))

    assert len(rows) == len(expected)
    assert [_plain(row) for row in rows] == [_plain(one) for one in expected]


def _plain(value: Any) -> Any:
    """Return numbers as Python compares them with each other; what is absent is null."""
    match value:
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case Decimal():
            return float(value)
    return value
