"""Connections that cannot be made, break or take too long: the family of the error says whether to try again."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from etl.contracts.model import Field
from etl.contracts.types import Integer, Text
from etl.errors import AccessDenied, InputError, NotFound, SourceError, TransientError
from etl.extract.postgres import Source, Timeouts, connect, connection_settings, open_source
from etl.postgres.credentials import DatabaseSettings
from tests.integration.postgres.conftest import opened
from tests.integration.postgres.database import Database, contract, of_type, read_whole
from tests.postgres import settings_of

WRONG = "not-the-password-7"
WIDE = contract(Field(name="value", type=Integer(32)), Field(name="more", type=Text()))
FILL = "CREATE TABLE own.things AS SELECT n AS value, repeat('x', 200) AS more FROM generate_series(1, 300000) AS n"


def process_of(source: Source) -> int:
    [row] = source._client.rows("SELECT pg_backend_pid() AS process")
    return int(row["process"])


def refused(kind: type[Exception], address: str, **changes: Any) -> str:
    with pytest.raises(kind) as caught, opened(address, **changes):
        pass
    return str(caught.value)


def test_a_wrong_password_is_denied_and_never_told(address: str) -> None:
    said = refused(AccessDenied, address, password=WRONG)

    assert "database postgres at 127.0.0.1" in said
    assert "connection secret" in said
    assert WRONG not in said


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"username": "nobody"}, AccessDenied, "connection secret"),
        ({"dbname": "nothing"}, NotFound, 'database "nothing" does not exist'),
        ({"port": 1}, TransientError, "Connection refused"),
    ],
    ids=["role", "database", "server"],
)
def test_what_is_not_there_is_named(
    changes: dict[str, object], kind: type[Exception], message: str, address: str
) -> None:
    assert message in refused(kind, address, **changes)


def test_a_folder_without_a_server_may_come_back(address: str, tmp_path: object) -> None:
    refused(TransientError, address, host=str(tmp_path))


@pytest.mark.parametrize(
    "password", ["with space", "quo'te", "back\\slash", 'dou"ble', "equals=sign host=elsewhere", "ü"]
)
def test_any_password_is_told_as_it_is(password: str, database: Database) -> None:
    database.run("DROP ROLE IF EXISTS reader")
    with psycopg.connect(database.address, autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("CREATE ROLE reader LOGIN PASSWORD {}").format(psycopg.sql.Literal(password))
        )

    with opened(database.address, username="reader", password=password) as source:
        assert source.alive()


def test_a_table_that_the_role_may_not_read_is_denied(database: Database) -> None:
    database.table("value integer", "1")
    database.run(f"DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN PASSWORD '{WRONG}'")
    database.run("GRANT USAGE ON SCHEMA own TO stranger")

    with opened(database.address, username="stranger", password=WRONG) as source:
        with pytest.raises(AccessDenied, match=r"table own\.things.*permission denied.*grant the role SELECT"):
            read_whole(source, of_type(Integer(32)))
        assert source.alive()


def test_rows_that_a_policy_hides_are_an_error(database: Database) -> None:
    database.table("value integer", "1", "2")
    database.run("ALTER TABLE own.things ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON own.things USING (value = 1)")
    database.run(f"DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN PASSWORD '{WRONG}'")
    database.run("GRANT USAGE ON SCHEMA own TO stranger; GRANT SELECT ON own.things TO stranger")

    with opened(database.address, username="stranger", password=WRONG) as source:
        with pytest.raises(AccessDenied, match=r"table own\.things.*row-level security.*BYPASSRLS"):
            read_whole(source, of_type(Integer(32)))
        database.run("ALTER ROLE stranger BYPASSRLS")
        assert read_whole(source, of_type(Integer(32))).rows == [{"value": 1}, {"value": 2}]


def _terminated(database: Database, process: int) -> None:
    database.run(f"SELECT pg_terminate_backend({process})")


def _cancelled(database: Database, process: int) -> None:
    database.run(f"SELECT pg_cancel_backend({process})")


@pytest.mark.parametrize("interrupted", [_terminated, _cancelled], ids=["terminated", "cancelled"])
def test_a_stream_that_breaks_off_may_be_read_again(
    interrupted: Callable[[Database, int], None], database: Database
) -> None:
    database.run(FILL)
    with opened(database.address) as source:
        process = process_of(source)

        def read_on() -> None:
            with source.snapshot() as snapshot:
                parts = snapshot.read(WIDE, None, batch_rows=10_000)
                next(parts)
                interrupted(database, process)
                list(parts)

        with pytest.raises(TransientError, match=r"table own\.things"):
            read_on()
        assert source.alive() == (interrupted is _cancelled)


def test_a_connection_that_was_lost_is_not_alive(database: Database) -> None:
    with opened(database.address) as source:
        assert source.alive()
        _terminated(database, process_of(source))

        assert not source.alive()
        with pytest.raises(TransientError), source.snapshot() as snapshot:
            snapshot.fingerprint(of_type(Integer(32)), None)


def test_an_error_within_a_snapshot_is_the_one_that_is_raised(database: Database) -> None:
    def fail(source: Source) -> None:
        with source.snapshot() as snapshot:
            snapshot.fingerprint(of_type(Integer(32)), None)
            _terminated(database, process_of(source))
            raise ZeroDivisionError

    database.table("value integer", "1")
    with opened(database.address) as source, pytest.raises(ZeroDivisionError):
        fail(source)


def test_a_statement_that_takes_too_long_names_the_setting(database: Database) -> None:
    database.run("CREATE VIEW own.things AS SELECT 1 AS value, pg_sleep(60)::text AS more")
    with opened(database.address, Timeouts(statement=1)) as source:
        with pytest.raises(TransientError, match=r"statement timeout.*Timeouts\.statement"):
            read_whole(source, WIDE)
        assert source.alive()


def test_a_lock_that_somebody_holds_may_be_free_later(database: Database) -> None:
    database.table("value integer", "1")
    with opened(database.address, Timeouts(lock=1)) as source, database.connection.transaction():
        database.run("LOCK TABLE own.things IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(TransientError, match=r"table own\.things.*lock"):
            read_whole(source, of_type(Integer(32)))


def test_a_table_that_changes_between_two_snapshots_is_looked_at_again(database: Database, source: Source) -> None:
    database.table("value integer", "1")
    assert read_whole(source, of_type(Integer(32))).rows == [{"value": 1}]

    database.run("ALTER TABLE own.things ALTER COLUMN value TYPE text")

    with pytest.raises(SourceError):
        read_whole(source, of_type(Integer(32)))


def test_a_token_stands_for_the_password() -> None:
    settings = connection_settings({"host": "db.example.org", "dbname": "d", "username": "u", "iam": True})

    with pytest.raises(InputError, match="iam_token"):
        connect(settings)
    assert settings.sslmode == "verify-full"


def test_a_connection_is_kept_between_invocations_until_it_is_lost(database: Database) -> None:
    at = settings_of(database.address)
    settings = DatabaseSettings(None, at.host, at.port, at.database, at.user, at.password)

    def invoke() -> tuple[Source, int]:
        source = open_source(settings, lambda _: None, application="etl lake_export")
        return source, process_of(source)

    source, process = invoke()
    [row] = source._client.rows("SELECT current_setting('application_name') AS name")
    assert row == {"name": "etl lake_export"}
    assert invoke() == (source, process)
    _terminated(database, process)

    another, anew = invoke()
    another.close()

    assert (another is source, anew == process) == (False, False)


def test_the_session_is_the_same_whatever_the_server_is_set_to(database: Database) -> None:
    database.run("ALTER ROLE postgres SET datestyle = 'German'")
    database.run("ALTER ROLE postgres SET search_path = own, pg_catalog")
    database.run("CREATE FUNCTION own.array_ndims(anyarray) RETURNS integer LANGUAGE sql AS 'SELECT 99'")
    database.table("value text[], day interval", "'{a}', '1 day'")
    days = contract(Field(name="day", type=Text()))
    try:
        with opened(database.address) as source:
            assert read_whole(source, days).rows == [{"day": "P1D"}]
            [row] = source._client.rows("SELECT current_setting('application_name') AS name")
    finally:
        database.run("ALTER ROLE postgres RESET ALL")

    assert row == {"name": "etl"}
