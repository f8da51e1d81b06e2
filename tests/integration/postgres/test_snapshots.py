"""One state for counts, fingerprints and rows; and which day a row belongs to."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as Exact

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.contracts.model import Contract, Field, Layout
from etl.contracts.types import Boolean, Date, Decimal, Float, Integer, Json, Text, Timestamp, Type
from etl.errors import ContractError
from etl.extract.postgres import Fingerprint, Source
from tests.integration.postgres.conftest import opened
from tests.integration.postgres.database import Database, contract, of_type, read, read_whole

DAY = date(2024, 12, 22)
INSTANT = Timestamp()

of_every_kind_of_day = pytest.mark.parametrize(
    ("column", "type_"),
    [("date", Date()), ("timestamp", Timestamp(zoned=False)), ("timestamptz", Timestamp())],
    ids=str,
)


def of_days(type_: Type = INSTANT) -> Contract:
    return contract(Field(name="id", type=Integer(32)), Field(name="at", type=type_), window_column="at")


def of_whole(source: Source, wanted: Contract) -> Fingerprint:
    with source.snapshot() as snapshot:
        return snapshot.fingerprint(wanted, None)


def test_rows_that_are_written_meanwhile_are_not_seen(database: Database, source: Source) -> None:
    database.table("value integer", *((number,) for number in range(100)))
    wanted = of_type(Integer(32))

    with source.snapshot() as snapshot:
        before = snapshot.fingerprint(wanted, None)
        database.run("INSERT INTO own.things VALUES (100); UPDATE own.things SET value = -1 WHERE value = 1")
        parts = snapshot.read(wanted, None, batch_rows=10)
        seen = next(parts).rows.num_rows
        database.run("DELETE FROM own.things")
        seen += sum(part.rows.num_rows for part in parts)
        after = snapshot.fingerprint(wanted, None)

    assert (seen, before) == (100, after)
    assert of_whole(source, wanted).rows == 0


def test_a_snapshot_writes_nothing(database: Database, source: Source) -> None:
    database.table("value integer", "1")

    with source.snapshot() as snapshot:
        snapshot.fingerprint(of_type(Integer(32)), None)
        [row] = snapshot._client.rows(
            "SELECT current_setting('transaction_read_only') AS only, current_setting('transaction_isolation') AS level"
        )

    assert row == {"only": "on", "level": "repeatable read"}


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE own.things ALTER COLUMN more TYPE bigint",
        "TRUNCATE own.things; INSERT INTO own.things VALUES (1, 1)",
    ],
)
def test_a_table_that_is_written_anew_while_the_snapshot_waits_for_it_has_its_rows(
    change: str, database: Database, source: Source
) -> None:
    database.table("value integer, more integer", "1, 1")

    def commit(waiting: threading.Event) -> None:
        with psycopg.connect(database.address) as other:
            other.execute(change)
            waiting.set()
            for _ in range(100_000):
                if other.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
                    break

    changed = threading.Event()
    with ThreadPoolExecutor(1) as thread, source.snapshot() as snapshot:
        done = thread.submit(commit, changed)
        changed.wait()
        found = snapshot.fingerprint(of_type(Integer(32)), None)
        done.result()

    assert found.rows == 1


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE own.things (value integer)",
        (
            "CREATE TABLE own.things (value integer) PARTITION BY LIST (value);"
            " CREATE TABLE own.part PARTITION OF own.things DEFAULT"
        ),
        "CREATE TABLE own.behind (value integer); CREATE VIEW own.things AS SELECT * FROM own.behind",
    ],
    ids=["table", "partitioned", "view"],
)
def test_a_role_that_may_select_may_lock(made: str, database: Database) -> None:
    database.run(f"{made}; INSERT INTO own.things VALUES (1)")  # noqa: S608 -- our own
    database.run("DROP ROLE IF EXISTS locker; CREATE ROLE locker LOGIN PASSWORD 'p'")
    database.run("GRANT USAGE ON SCHEMA own TO locker; GRANT SELECT ON own.things TO locker")

    with opened(database.address, username="locker", password="p") as source, source.snapshot() as snapshot:  # noqa: S106 -- of the test
        assert read(snapshot, of_type(Integer(32))).rows == [{"value": 1}]
        locked = snapshot._client.rows(
            "SELECT 1 AS one FROM pg_locks WHERE pid = pg_backend_pid() AND relation = to_regclass('own.things')"
        )

    assert locked


def test_a_materialized_view_which_cannot_be_locked_is_read(database: Database, source: Source) -> None:
    database.run("CREATE MATERIALIZED VIEW own.things AS SELECT 1 AS value")

    assert read_whole(source, of_type(Integer(32))).rows == [{"value": 1}]


@pytest.mark.parametrize(
    "case",
    [
        ("integer", Integer(32), "1", "2"),
        ("text", Text(), "'a'", "'a '"),
        ("text", Text(), "NULL", "''"),
        ("boolean", Boolean(), "true", "NULL"),
        ("numeric(12,2)", Decimal(12, 2), "1.10", "1.11"),
        ("float8", Float(64), "'0'", "'-0'"),
        ("float4", Float(32), "'0'", "'-0'"),
        ("timestamptz", Timestamp(), "'2024-12-22 00:00:00+00'", "'2024-12-22 00:00:00.000001+00'"),
        # Equal for PostgreSQL, and another text in the lake.
        ("jsonb", Json(), """'{"a": 1.1}'""", """'{"a": 1.10}'"""),
        ("json", Json(), """'{"a":1}'""", """'{"a": 1}'"""),
        ("bpchar", Text(), "'a'", "'a '"),
        ("interval", Text(), "'1 day'", "'24 hours'"),
    ],
    ids=str,
)
def test_a_value_that_changed_changes_the_fingerprint(
    case: tuple[str, Type, str, str], database: Database, source: Source
) -> None:
    column, type_, before, after = case
    database.table(f"id integer, value {column}", f"1, {before}", f"2, {before}")
    wanted = contract(Field(name="id", type=Integer(32)), Field(name="value", type=type_))
    first = of_whole(source, wanted)

    database.run(f"UPDATE own.things SET value = {after} WHERE id = 2")  # noqa: S608 -- our own
    changed = of_whole(source, wanted)
    database.run(f"UPDATE own.things SET value = {before} WHERE id = 2")  # noqa: S608 -- our own

    assert first.rows == changed.rows == 2
    assert first != changed
    assert first == of_whole(source, wanted)


def test_a_column_that_the_contract_does_not_have_is_no_part_of_the_fingerprint(
    database: Database, source: Source
) -> None:
    database.table("value integer, more integer", "1, 1")
    first = of_whole(source, of_type(Integer(32)))

    database.run("UPDATE own.things SET more = 2")

    assert of_whole(source, of_type(Integer(32))) == first


def test_values_that_change_places_change_the_fingerprint(database: Database, source: Source) -> None:
    database.table("a integer, b integer", "1, 2")
    wanted = contract(Field(name="a", type=Integer(32)), Field(name="b", type=Integer(32)))
    first = of_whole(source, wanted)

    database.run("UPDATE own.things SET a = b, b = a")

    assert of_whole(source, wanted) != first


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    orders=st.lists(st.integers(0, 3), max_size=8).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows)))
)
def test_the_order_of_rows_does_not_count_and_their_number_does(
    orders: tuple[list[int], list[int]], database: Database, source: Source
) -> None:
    found = []
    for rows in (*orders, [*orders[0], 1], [*orders[0], 1, 1]):
        database.run("DROP TABLE IF EXISTS own.things")
        database.table("value integer", *((value,) for value in rows))
        found.append(of_whole(source, of_type(Integer(32))))

    assert found[0] == found[1]
    assert len(set(found[1:])) == 3


def test_no_rows_have_a_fingerprint_too(database: Database, source: Source) -> None:
    database.table("value integer")

    assert of_whole(source, of_type(Integer(32))) == Fingerprint(0, "0")


INSTANTS_OF_DAY = "2024-12-22 00:00:00+00", "2024-12-23 05:44:59.999999+05:45"
INSTANTS_OF_OTHERS = "2024-12-21 23:59:59.999999+00", "2024-12-23 00:00:00+00", "infinity", None


@pytest.mark.parametrize(
    "case",
    [
        ("timestamptz", INSTANT, INSTANTS_OF_DAY, INSTANTS_OF_OTHERS),
        ("timestamp", Timestamp(zoned=False), ("2024-12-22 00:00:00", "2024-12-22 23:59:59"), ("2024-12-23",)),
        ("date", Date(), ("2024-12-22",), ("2024-12-21", "2024-12-23")),
    ],
    ids=["from midnight to midnight in UTC", "of the wall clock", "as written"],
)
def test_a_day_has_its_rows(
    case: tuple[str, Type, tuple[str, ...], tuple[str | None, ...]], database: Database, source: Source
) -> None:
    column, type_, inside, outside = case
    database.table(f"id integer, at {column}", *enumerate(inside + outside))

    found = [row["id"] for row in read_whole(source, of_days(type_), DAY).rows]

    assert found == list(range(len(inside)))


@pytest.mark.parametrize(("column", "type_"), [("date", Date()), ("timestamptz", Timestamp())], ids=str)
def test_the_first_and_the_last_day_there_are(column: str, type_: Type, database: Database, source: Source) -> None:
    database.table(
        f"id integer, at {column}", "1, '0001-12-31 BC'", "2, '0001-01-01'", "3, '9999-12-31'", "4, '10000-01-01'"
    )

    assert [row["id"] for row in read_whole(source, of_days(type_), date.min).rows] == [2]
    assert [row["id"] for row in read_whole(source, of_days(type_), date.max).rows] == [3]


@of_every_kind_of_day
def test_rows_of_no_day_are_counted(column: str, type_: Type, database: Database, source: Source) -> None:
    outside = ["NULL", "'infinity'", "'-infinity'", "'10000-01-01'", "'0001-12-31 BC'"]
    inside = ["'0001-01-01'", "'2024-12-22'", "'9999-12-31'"]
    database.table(f"id integer, at {column}", *(f"1, {at}" for at in outside + inside))

    with source.snapshot() as snapshot:
        assert snapshot.unplaced(of_days(type_)) == len(outside)
        found = snapshot.fingerprints(of_days(type_), date.min, date.max)

    assert {day: one.rows for day, one in found.items()} == {date.min: 1, DAY: 1, date.max: 1}


def test_a_whole_table_has_no_rows_of_no_day(database: Database, source: Source) -> None:
    database.table("value date", "'infinity'")

    with source.snapshot() as snapshot:
        assert snapshot.unplaced(of_type(Date())) == 0


@of_every_kind_of_day
def test_the_fingerprints_of_days_are_those_of_each_day(
    column: str, type_: Type, database: Database, source: Source
) -> None:
    # In London, summer began on the 31st of March 2024 and ended on the 27th of October.
    days = ["2024-03-30", "2024-03-31", "2024-04-01", "2024-10-26", "2024-10-27", "2024-10-28"]
    hours = ["00:00:00", "00:59:59", "01:30:00", "23:59:59.999999"]
    database.table(f"id integer, at {column}", *(f"{len(day)}, '{day} {hour}'" for day in days for hour in hours))
    first, last = date(2024, 3, 31), date(2024, 10, 27)

    with source.snapshot() as snapshot:
        found = snapshot.fingerprints(of_days(type_), first, last)
        each = {day: snapshot.fingerprint(of_days(type_), day) for day in found}

    assert sorted(str(day) for day in found) == days[1:5]
    assert found == each
    assert {one.rows for one in found.values()} == {len(hours)}


@of_every_kind_of_day
def test_a_table_begins_with_a_day_when_nothing_is_older(
    column: str, type_: Type, database: Database, source: Source
) -> None:
    database.table(
        f"id integer, at {column}", "1, '2024-12-22 00:00:00'", "2, '2024-12-25'", "3, 'infinity'", "4, NULL"
    )

    with source.snapshot() as snapshot:
        assert snapshot.begins_with(of_days(type_), DAY - timedelta(days=1))
        assert snapshot.begins_with(of_days(type_), DAY)
        assert not snapshot.begins_with(of_days(type_), DAY + timedelta(days=1))


@pytest.mark.parametrize("rows", [[], ["1, '2024-12-21 23:59:59.999999+00'"]], ids=["no rows", "the last moment"])
def test_the_last_moment_of_the_day_before_is_older(rows: list[str], database: Database, source: Source) -> None:
    database.table("id integer, at timestamptz", *rows)

    with source.snapshot() as snapshot:
        assert snapshot.begins_with(of_days(), DAY) == (rows == [])


def test_days_without_a_window_column_are_refused(database: Database, source: Source) -> None:
    database.table("value integer", "1")

    with source.snapshot() as snapshot, pytest.raises(ContractError, match="windowColumn"):
        snapshot.fingerprint(of_type(Integer(32)), DAY)


def test_rows_come_sorted_by_the_window_column(database: Database, source: Source) -> None:
    hours = [13, 2, 23, 0, 7]
    database.table("id integer, at timestamptz", *((hour, datetime(2024, 12, 22, hour, tzinfo=UTC)) for hour in hours))

    assert [row["id"] for row in read_whole(source, of_days(), DAY).rows] == sorted(hours)


def test_rows_come_sorted_as_the_contract_says_and_as_parquet_compares(database: Database, source: Source) -> None:
    database.table("name text, value integer", *((name, 1) for name in ["b", "B", "ä", "a", "_"]))
    wanted = contract(
        Field(name="value", type=Integer(32)),
        Field(name="name", type=Text()),
        layout=Layout(sort_columns=("value", "name")),
    )

    assert [row["name"] for row in read_whole(source, wanted).rows] == ["B", "_", "a", "b", "ä"]


def test_a_whole_table_comes_sorted_by_its_key(database: Database, source: Source) -> None:
    database.table("value integer", "3", "1", "2")

    assert [row["value"] for row in read_whole(source, of_type(Integer(32), key_position=1)).rows] == [1, 2, 3]


def test_computed_fields_are_not_read(database: Database, source: Source) -> None:
    database.table("value numeric(6,2)", "1.50")
    wanted = contract(
        Field(name="value", type=Decimal(6, 2)),
        Field(name="year", type=Text(), required=True, computed="the year", partition_position=1),
    )

    assert read_whole(source, wanted).rows == [{"value": Exact("1.50")}]


def test_a_reader_that_stops_leaves_the_connection_usable(database: Database, source: Source) -> None:
    database.run(
        "CREATE TABLE own.things AS SELECT n AS value, repeat('x', 200) AS more FROM generate_series(1, 200000) AS n"
    )
    wanted = contract(Field(name="value", type=Integer(32)), Field(name="more", type=Text()))

    with source.snapshot() as snapshot:
        parts = snapshot.read(wanted, None, batch_rows=10)
        next(parts)
        parts.close()  # type: ignore[attr-defined]  # a generator

    assert source.alive()
    assert of_whole(source, wanted).rows == 200_000


def test_a_batch_is_no_longer_than_asked_for(database: Database, source: Source) -> None:
    database.run("CREATE TABLE own.things AS SELECT n AS value FROM generate_series(1, 25) AS n")

    with source.snapshot() as snapshot:
        found = read(snapshot, of_type(Integer(32)), batch_rows=10)

    assert found.batches == 3
    assert [row["value"] for row in found.rows] == list(range(1, 26))
