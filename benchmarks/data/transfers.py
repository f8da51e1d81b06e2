"""Transfers of thirty days in a PostgreSQL table, and a check of a copy of them."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

FIRST, DAYS = date(2024, 12, 1), 30
LAST = FIRST + timedelta(days=DAYS - 1)
COLUMNS = ("id", "name", "status", "payload", "amount", "quantity", "active", "created_at", "updated_at")

_CREATE = """
CREATE TYPE transfer_status AS ENUM ('pending', 'running', 'completed', 'failed', 'cancelled');
CREATE TABLE transfers (
    id uuid NOT NULL,
    name text NOT NULL,
    status transfer_status NOT NULL,
    payload jsonb,
    amount numeric(12,2) NOT NULL,
    quantity integer NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz
)
"""
_FILL = """
INSERT INTO transfers
SELECT md5(n::text)::uuid,
       CASE n % 40 WHEN 7 THEN 'Łukasz 🙂 ' ELSE 'Name ' END || n * 7919 % 100003,
       (enum_range(NULL::transfer_status))[1 + n * 31 % 5],
       jsonb_build_object(
           'customer', n % 100000, 'note', substr(md5((n * 3)::text) || md5((n * 5)::text), 1, 40),
           'tags', jsonb_build_array('a', 'b', n % 7), 'price', (n % 100000) / 100.0
       ),
       (n * 7919 % 99999999) / 100.0,
       n % 1000,
       n % 3 = 0,
       at,
       CASE WHEN n % 10 <> 0 THEN at + interval '1 hour' END
FROM (
    SELECT n, timestamptz '{first} 00:00:00+00' + n * (interval '{days} days' / {rows}) AS at
    FROM generate_series(0::bigint, {rows} - 1) AS n
) AS numbered
"""
# Both engines write the same text of a value; the sum over a column does not depend on the order.
_DIGEST = {
    "postgres": "sum(('x' || substr(md5({text}), 1, 15))::bit(60)::bigint)::numeric",
    "duckdb": "sum(('0x' || substr(md5({text}), 1, 15))::BIGINT)",
}
_INSTANT = {"postgres": "(extract(epoch FROM {name}) * 1000000)::bigint::text", "duckdb": "epoch_us({name})::VARCHAR"}
_PLAIN = {"postgres": "{name}::text", "duckdb": "{name}::VARCHAR"}


def hash_as_usual(address: str) -> None:
    """Hash the password as servers usually do: one of the clients refuses the faster way."""
    parts = conninfo_to_dict(address)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET scram_iterations = 4096")
        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(change.format(sql.Identifier(str(parts["user"])), sql.Literal(parts["password"])))


def fill(address: str, rows: int) -> None:
    """Make the table with `rows` rows, indexed by time as the export needs it."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(_CREATE)
        connection.execute(_FILL.format(first=FIRST, days=DAYS, rows=rows))
        connection.execute("CREATE INDEX ON transfers (created_at)")
        connection.execute("VACUUM ANALYZE transfers")


def digests(address: str) -> dict[str, int]:
    """Return a digest of each column of the table."""
    with psycopg.connect(address) as connection:
        query = f"SELECT {_digests('postgres')} FROM transfers"  # noqa: S608 -- our own
        [row] = connection.execute(query).fetchall()
    return {name: int(digest) for name, digest in zip(COLUMNS, row, strict=True)}


def differences(folder: Path, expected: dict[str, int]) -> list[str]:
    """Return the columns of a folder's Parquet files that differ from the table; unreadable columns differ."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        source = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"
        return [name for name in COLUMNS if _digest(engine, source, name) != expected[name]]


def _digest(engine: duckdb.DuckDBPyConnection, source: str, name: str) -> int | None:
    try:
        [(digest,)] = engine.execute(f"SELECT {_text_digest('duckdb', name)} FROM {source}").fetchall()  # noqa: S608 -- our own
    except duckdb.Error:
        # The column is missing, or of a type that has no such text.
        return None
    return None if digest is None else int(digest)


def _digests(engine: str) -> str:
    return ", ".join(_text_digest(engine, name) for name in COLUMNS)


def _text_digest(engine: str, name: str) -> str:
    form = _INSTANT if name.endswith("_at") else _PLAIN
    return _DIGEST[engine].format(text=form[engine].format(name=name))
