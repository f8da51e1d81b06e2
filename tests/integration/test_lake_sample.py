"""The sample of `lake_export` in a real PostgreSQL: always the same rows, with the corners that exports trip over."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]  # it has no types

from etl.errors import InputError
from etl.extract.postgres import RejectedRow, connect
from etl.pipelines.lake_export.datasets import datasets
from serverless_app.pipelines.lake_export.sample import ROWS, late_rows, load
from serverless_app.pipelines.lake_export.sample_rows import FIRST_DAY, LAST_DAY, TABLES, counts_of, generated
from tests.postgres import running_postgres, settings_of

DAYS = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
BUSY = (date(2024, 12, 16), date(2024, 12, 20))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running_postgres() as address:
        yield address


@pytest.fixture(scope="module")
def loaded(address: str) -> str:
    """How the database is reached that has the sample."""
    return _database(address, "loaded", ROWS)


@pytest.fixture(scope="module")
def sample(loaded: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(loaded, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


@pytest.fixture
def empty(address: str, request: pytest.FixtureRequest) -> str:
    """How a database of the test's own is reached."""
    return _database(address, f"test_{abs(hash(request.node.name))}")


def _database(address: str, name: str, rows: int | None = None) -> str:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    made = f"{address} dbname={name}"
    if rows is not None:
        with dbapi.connect(made) as connection:
            load(connection, rows)
    return made


def _content(connection: psycopg.Connection[Any]) -> list[tuple[str, str | None]]:
    """Everything that the tables hold, in the order in which it lies there."""
    hashed = "SELECT md5(string_agg(t::text, E'\\n')) FROM {} t"
    return [(table, _asked(connection, hashed.format(table))) for table in TABLES]


def _asked(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _window_column(table: str) -> str:
    return datasets()[table].window_column or ""


def test_all_tables_together_have_so_many_rows(sample: psycopg.Connection[Any]) -> None:
    found = {table: _asked(sample, f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608

    assert found == counts_of(ROWS)
    assert sum(found.values()) == ROWS
    assert set(found) == set(datasets())


@pytest.mark.parametrize("rows", [5, 999, 1_000, 12_345])
def test_every_number_of_rows_is_kept(rows: int) -> None:
    assert sum(counts_of(rows).values()) == rows


def test_the_same_number_gives_the_same_rows(sample: psycopg.Connection[Any], address: str) -> None:
    with psycopg.connect(_database(address, "again", ROWS)) as again:
        again.execute("SET timezone = 'UTC'")
        assert _content(again) == _content(sample)


def test_a_second_load_changes_nothing(sample: psycopg.Connection[Any], loaded: str) -> None:
    before = _content(sample)
    with dbapi.connect(loaded) as connection:
        assert load(connection, ROWS) == ROWS

    assert _content(sample) == before


def test_another_number_of_rows_is_refused_unless_it_may_replace(empty: str) -> None:
    with dbapi.connect(empty) as connection:
        load(connection, 100)
        with pytest.raises(InputError, match=r"holds the sample of lake_export, 100 rows.*--replace"):
            load(connection, 200)
        connection.rollback()
        assert load(connection, 200, replace=True) == 200


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE user_sessions (a int)",
        "CREATE VIEW workflows AS SELECT 1",
        "CREATE TYPE workflow_status AS ENUM ()",
    ],
)
def test_what_is_somebody_elses_is_not_touched(empty: str, foreign: str) -> None:
    with psycopg.connect(empty, autocommit=True) as other, dbapi.connect(empty) as connection:
        other.execute(foreign)
        with pytest.raises(InputError, match="is there and is not of the sample: nothing was touched"):
            load(connection, 100, replace=True)
        connection.rollback()
        assert _asked(other, "SELECT count(*) FROM pg_class WHERE relname IN ('agent_tasks', 'agent_metrics')") == 0


def test_a_load_that_is_cut_off_leaves_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serverless_app.pipelines.lake_export.sample._afterwards", _cut_off)
    with dbapi.connect(empty) as connection, pytest.raises(RuntimeError, match="cut off"):
        load(connection, 100)
    with psycopg.connect(empty) as other:
        assert _asked(other, "SELECT to_regclass('workflows')") is None


def _cut_off() -> Iterator[str]:
    yield "ANALYZE workflows"
    raise RuntimeError("cut off")


def test_late_rows_belong_to_their_day_and_come_once(empty: str) -> None:
    with dbapi.connect(empty) as connection, psycopg.connect(empty) as other:
        load(connection, 100)
        assert (late_rows(connection, LAST_DAY, 25), late_rows(connection, LAST_DAY, 30)) == (25, 5)
        late = "SELECT count(*) FROM workflows WHERE (created_at AT TIME ZONE 'UTC')::date = '2024-12-22'"
        assert _asked(other, late) >= 30
        assert _asked(other, "SELECT count(*) FROM workflows") == counts_of(100)["workflows"] + 30
    with dbapi.connect(empty) as connection:
        assert load(connection, 100) == 130


@pytest.mark.parametrize("table", TABLES)
def test_every_day_of_the_sample_has_rows_and_working_days_have_more(
    sample: psycopg.Connection[Any], table: str
) -> None:
    day = f"({_window_column(table)} AT TIME ZONE 'UTC')::date"
    rows = sample.execute(f"SELECT {day}, count(*) FROM {table} GROUP BY 1").fetchall()  # noqa: S608
    counts = {found: count for found, count in rows if FIRST_DAY <= found <= LAST_DAY}

    assert sorted(counts) == DAYS
    assert min(counts[day] for day in DAYS if day.weekday() < 5) > max(counts[day] for day in DAYS if day.weekday() > 4)


@pytest.mark.parametrize("table", ["workflows", "agent_metrics", "user_sessions"])
@pytest.mark.parametrize(
    "instant",
    ["2024-12-15 00:00:00", "2024-12-15 23:59:59.999999", "2024-12-16 00:00:00", "2024-10-27 01:30:00"],
)
def test_days_and_daylight_saving_times_have_rows_at_their_bounds(
    sample: psycopg.Connection[Any], table: str, instant: str
) -> None:
    at_it = f"SELECT count(*) FROM {table} WHERE {_window_column(table)} = '{instant}+00'"  # noqa: S608

    assert _asked(sample, at_it) == 1


@pytest.mark.parametrize(("country", "local"), [("DE", "2024-10-27 02:30:00"), ("US", "2024-11-03 01:30:00")])
def test_a_local_time_comes_twice_in_the_night_that_summer_time_ends(
    sample: psycopg.Connection[Any], country: str, local: str
) -> None:
    twice = "SELECT count(DISTINCT started_at) FROM user_sessions"

    assert _asked(sample, f"{twice} WHERE country = '{country}' AND local_start = '{local}'") == 2


def test_few_agents_do_most(sample: psycopg.Connection[Any]) -> None:
    ranked = "SELECT count(*) AS n FROM agent_tasks GROUP BY agent_id ORDER BY n DESC LIMIT 3"
    share = f"SELECT sum(n) / (SELECT count(*) FROM agent_tasks) FROM ({ranked}) AS most"  # noqa: S608

    assert _asked(sample, share) > 0.5


def test_every_reference_has_its_workflow(sample: psycopg.Connection[Any]) -> None:
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confrelid = 'workflows'::regclass"

    assert _asked(sample, keys) == 2


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("workflows", "initiator IS NULL"),
        ("workflows", "metadata IS NULL"),
        ("workflows", "jsonb_typeof(metadata -> 'limits' -> 'seconds') = 'null'"),
        ("workflows", "name LIKE '%夜間%'"),
        ("workflows", "name LIKE '%' || U&'e\\0301' || '%'"),
        ("agent_tasks", "description LIKE E'%\\n%'"),
        ("agent_tasks", "description LIKE E'%\\t%'"),
        ("agent_tasks", "description LIKE '%\"%' AND description LIKE '%\\\\%'"),
        ("agent_tasks", "description = 'NULL'"),
        ("agent_tasks", "tags = '{}'"),
        ("agent_tasks", "tags IS NULL"),
        ("agent_tasks", "'with,comma' = ANY (tags) AND '' = ANY (tags)"),
        ("agent_interactions", "message LIKE '%👩‍💻%'"),
        ("agent_interactions", "message LIKE '%مراجعة%'"),
        ("agent_metrics", "unit = '°C' AND metric_value < 0"),
        ("user_sessions", "ip_address LIKE '2001:db8::%'"),
        ("user_sessions", "country IS NULL AND local_start IS NULL"),
    ],
)
def test_corners_of_values_are_there(sample: psycopg.Connection[Any], table: str, condition: str) -> None:
    assert _asked(sample, f"SELECT count(*) FROM {table} WHERE {condition}") > 0  # noqa: S608


@pytest.mark.parametrize("table", TABLES)
def test_days_have_an_index(sample: psycopg.Connection[Any], table: str) -> None:
    indexes = f"SELECT string_agg(indexdef, ' ') FROM pg_indexes WHERE tablename = '{table}'"  # noqa: S608

    assert f"({_window_column(table)})" in _asked(sample, indexes)


def test_columns_are_as_the_contracts_have_them(loaded: str) -> None:
    with connect(settings_of(loaded, sslmode="disable")) as source:
        assert {table: source.compare(contract).extra for table, contract in datasets().items()} == dict.fromkeys(
            datasets(), ()
        )


def test_a_handful_of_rows_breaks_its_contract_within_the_tolerance_of_every_day(loaded: str) -> None:
    rejected: dict[str, set[str]] = {}
    with connect(settings_of(loaded, sslmode="disable")) as source, source.snapshot() as snapshot:
        for table, contract in datasets().items():
            for day in (date(2024, 10, 27), date(2024, 11, 3), *DAYS):
                batches = list(snapshot.read(contract, day, batch_rows=10_000))
                bad: list[RejectedRow] = [reject for batch in batches for reject in batch.rejects]
                rows = sum(batch.rows.num_rows for batch in batches)
                assert len(bad) <= contract.tolerance * (rows + len(bad))
                rejected.setdefault(table, set()).update(problem.code for one in bad for problem in one.problems)

    assert rejected == {
        "workflows": {"type"},
        "agent_tasks": {"sql"},
        "agent_metrics": {"type"},
        "agent_interactions": set(),
        "user_sessions": {"pattern"},
    }


def test_rows_come_in_batches_of_bounded_size() -> None:
    sizes = [batch.num_rows for batch in generated("agent_metrics", counts_of(1_000_000))]

    assert sum(sizes) == 400_000
    assert max(sizes) <= 65_536


def test_times_are_of_the_days_alone() -> None:
    times = pa.Table.from_batches(generated("agent_metrics", counts_of(2_000)))["recorded_at"].to_pylist()[9:]

    assert all(datetime(2024, 12, 15, tzinfo=UTC) <= time < datetime(2024, 12, 23, tzinfo=UTC) for time in times)
