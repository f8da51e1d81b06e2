"""Orders as Parquet; some break a rule of `contracts/orders.yaml`, a different number for each rule.

A row's faults follow from its number alone, so the right answer depends on no engine.
"""

from pathlib import Path

import duckdb

from benchmarks.data import count_of

ROW_GROUP = 122_880
WINDOW_END = "2026-11-01T00:00:00Z"

_PERIOD = 1009
_CUSTOMERS = 999_983
_FAULTS = {
    "event_id required": (10,),
    "event_id unique": (20, 23),
    "customer_id, sequence_no unique": (30, 33, 36),
    "customer_id range": tuple(range(40, 44)),
    "sequence_no range": tuple(range(50, 55)),
    "amount required": tuple(range(60, 66)),
    "amount range": tuple(range(70, 77)),
    "weight range": tuple(range(80, 88)),
    "active nulls": tuple(range(90, 99)),
    "birth_date range": tuple(range(100, 110)),
    "created_at range": tuple(range(120, 131)),
    "status allowed": tuple(range(140, 152)),
    "email pattern": tuple(range(160, 173)),
    "email length": tuple(range(180, 194)),
    "new_not_shipped": tuple(range(200, 215)),
    "paid_something": tuple(range(220, 236)),
    "returned_was_shipped": tuple(range(240, 257)),
}
"""The rows that break a rule: those whose number leaves one of these remainders. A duplicate repeats the row before."""

_ROWS = """
WITH numbered AS (
    SELECT range AS n, range % {period} AS fault, (range * 2654435761) % 4294967296 AS noise FROM range({start}, {stop})
), mixed AS (
    SELECT *, noise % 5 AS kind,
        CASE WHEN fault IN {event_id_unique} THEN n - 1 ELSE n END AS identity,
        CASE WHEN fault IN {customer_id_sequence_no_unique} THEN n - 1 ELSE n END AS placed,
    FROM numbered
)
SELECT
    CASE WHEN fault NOT IN {event_id_required} THEN md5(identity::VARCHAR)::UUID::VARCHAR END AS event_id,
    CASE WHEN fault IN {customer_id_range} THEN -n ELSE 1 + placed * 7919 % {customers} END AS customer_id,
    CASE WHEN fault IN {sequence_no_range} THEN -1 - placed // {customers}
         ELSE placed // {customers} END::INTEGER AS sequence_no,
    CASE WHEN fault IN {amount_required} THEN NULL
         WHEN fault IN {amount_range} THEN -0.01
         WHEN fault IN {paid_something} THEN 0
         ELSE ((100 + noise % 9999900)::DECIMAL(12, 0) / 100) END::DECIMAL(12, 2) AS amount,
    CASE WHEN fault IN {weight_range} THEN 1000.5 ELSE (1 + noise % 1000000) / 1001.0 END::DOUBLE AS weight,
    CASE WHEN fault NOT IN {active_nulls} THEN noise % 3 = 0 END AS active,
    CASE WHEN fault IN {birth_date_range} THEN DATE '1850-05-05'
         ELSE DATE '1940-01-01' + (noise % 25000)::INTEGER END AS birth_date,
    CASE WHEN fault IN {created_at_range} THEN TIMESTAMPTZ '2019-12-31T23:59:59Z'
         ELSE TIMESTAMPTZ '2026-10-31T23:00:00Z' - to_seconds(noise % 2592000) END AS created_at,
    CASE WHEN fault IN {new_not_shipped} OR (kind > 0 AND fault NOT IN {returned_was_shipped})
             THEN TIMESTAMP '2026-11-01' + to_seconds(noise % 86400) END AS shipped_at,
    CASE WHEN fault IN {status_allowed} THEN 'lost'
         WHEN fault IN {new_not_shipped} THEN 'new'
         WHEN fault IN {paid_something} THEN 'paid'
         WHEN fault IN {returned_was_shipped} THEN 'returned'
         ELSE ['new', 'paid', 'shipped', 'delivered', 'returned'][kind + 1] END AS status,
    CASE WHEN fault IN {email_pattern} THEN 'user' || n || ' at example.org'
         WHEN fault IN {email_length} THEN repeat('long', 15) || '@example.org'
         ELSE 'user' || n % 700001 || '@example-' || noise % 100 || '.org' END AS email,
    CASE WHEN n % 10 <> 3 THEN 'Leave it at door ' || noise % 977 || ', naïve 🙂' END AS note,
FROM mixed
"""


def write_orders(path: Path, rows: int) -> None:
    """Write orders, in row groups of the size that engines choose."""
    remainders = {
        name.replace(", ", "_").replace(" ", "_"): f"({', '.join(map(str, at))})" for name, at in _FAULTS.items()
    }
    query = _ROWS.format(start=0, stop=rows, period=_PERIOD, customers=_CUSTOMERS, **remainders)
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {ROW_GROUP})")


def broken(rows: int) -> dict[str, int]:
    """Return how many of the orders break each of the twenty rules; a duplicate is a row beyond the first."""
    counts = {name: count_of(at, rows, _PERIOD) for name, at in _FAULTS.items()}
    return {**counts, "note nulls": count_of((3,), rows, 10), "rows": 0, "freshness": 0}
