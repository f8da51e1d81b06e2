"""The ways in which DuckDB's keys are looked at: they differ in what they cost, not in what they count."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from etl.contracts import Contract, Field
from etl.contracts.model import Check as Rule
from etl.contracts.model import Metric
from etl.contracts.types import Integer, Text, Uuid
from etl.errors import InputError
from etl.quality import keys
from etl.quality.duckdb_engine import check
from etl.quality.scorecard import Scorecard

PAIR = Rule(metric=Metric.DUPLICATES, name="pair", columns=("name", "number"), at_most=Decimal(0))
CONTRACT = Contract(
    id="urn:test",
    version="1.0.0",
    dataset="things",
    fields=(
        Field(name="id", type=Uuid(), unique=True),
        Field(name="name", type=Text()),
        Field(name="number", type=Integer(32)),
    ),
    checks=(PAIR,),
)
PLAIN = "SELECT uuid_at(n % 60000)::VARCHAR AS id, 'n' || n % 300 AS name, (n // 500)::INTEGER AS number"
SOURCES = {
    "lower case": PLAIN,
    "upper case": PLAIN.replace("uuid_at(n % 60000)::VARCHAR", "upper(uuid_at(n % 60000)::VARCHAR)"),
    "stored as UUID": PLAIN.replace("::VARCHAR AS id", " AS id"),
    "wrong at the end": PLAIN.replace("uuid_at(n % 60000)::VARCHAR", "CASE n WHEN 69999 THEN '?' ELSE @ END").replace(
        "@", "uuid_at(n % 60000)::VARCHAR"
    ),
}


def checked(source: str) -> Scorecard:
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO uuid_at(n) AS md5(n::VARCHAR)::UUID")
        return check(f"{source} FROM range(70000) AS r(n)", CONTRACT, connection=connection)


def without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "is_there", lambda: False)


def of_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_ROWS", 1000)


def with_collisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every hash look like that of several keys."""

    def look(batches: Iterable[pa.RecordBatch], _: int) -> keys.Found:
        table = pa.Table.from_batches(batches)
        return keys.Found(pa.table({"h": table["h"]}), canonical=False)

    monkeypatch.setattr(keys, "look", look)


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_counted_depends_on_nothing_but_the_values(name: str) -> None:
    counts = {one.rule: (one.checked, one.failed) for one in checked(SOURCES[name]).rules}
    # 10,000 ids come again; of 500 rows with a number, 200 repeat one of the 300 names.
    wrong = name == "wrong at the end"
    assert counts == {
        "id.type": (70000, int(wrong)), "id.unique": (70000, 10000 - wrong), "pair": (70000, 140 * 200)
    }  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("way", [without_numpy, of_few_rows, with_collisions])
def test_every_way_gives_the_same_scorecard(
    monkeypatch: pytest.MonkeyPatch, way: Callable[[pytest.MonkeyPatch], None], name: str
) -> None:
    usual = checked(SOURCES[name])
    way(monkeypatch)
    assert checked(SOURCES[name]) == usual


def test_uuids_that_are_known_to_be_some_are_not_matched_one_by_one(tmp_path: Path) -> None:
    profile: dict[str, Any] = {}
    for name in ("lower case", "upper case"):
        with duckdb.connect() as connection:
            connection.execute("CREATE MACRO uuid_at(n) AS md5(n::VARCHAR)::UUID")
            connection.execute(f"SET log_query_path = '{tmp_path / name}'")
            check(f"{SOURCES[name]} FROM range(70000) AS r(n)", CONTRACT, connection=connection)
        profile[name] = "REGEXP_MATCHES" in (tmp_path / name).read_text(encoding="utf-8")
    assert profile == {"lower case": False, "upper case": True}


def test_a_broken_page_is_said_with_the_dataset(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO uuid_at(n) AS md5(n::VARCHAR)::UUID")
        connection.execute(f"COPY ({PLAIN} FROM range(300000) AS r(n)) TO '{path}' (ROW_GROUP_SIZE 100000)")
        [(start,)] = connection.execute(
            f"SELECT max(data_page_offset) FROM parquet_metadata('{path}') WHERE path_in_schema = 'id'"  # noqa: S608
        ).fetchall()
    content = bytearray(path.read_bytes())
    content[start + 100 : start + 2000] = b"\xff" * 1900
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^dataset things: DuckDB cannot evaluate it: .*ecompression"):
        check([path], CONTRACT)
