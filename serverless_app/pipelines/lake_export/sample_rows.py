"""The rows of the sample, which follow from their number alone: sql/sample.sql says how.

They lie on the days from 2024-12-15 to 2024-12-22, and a few on the instants at which days begin and end, and in the
nights in which the daylight saving times of Europe and of America end. A handful break their contracts.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

FIRST_DAY: Final = date(2024, 12, 15)
LAST_DAY: Final = date(2024, 12, 22)
TABLES: Final = {
    "workflows": 100,
    "agent_tasks": 250,
    "agent_metrics": 400,
    "agent_interactions": 150,
    "user_sessions": 100,
}
"""Each table's thousandths of the rows; workflows first, as others refer to them."""

_SQL: Final = Path(__file__).parent / "sql" / "sample.sql"
_BATCH: Final = 32_768
_OF_DAYS: Final = (9, 10, 10, 10, 8, 3, 3)
"""How much is done on each day of the week, from Monday."""
_OF_HOURS: Final = (1, 1, 1, 1, 1, 2, 3, 5, 9, 13, 14, 13, 10, 13, 14, 13, 11, 8, 6, 5, 4, 3, 2, 1)
_CORNERS: Final = (
    "2024-12-15 00:00:00",
    "2024-12-15 23:59:59.999999",
    "2024-12-16 00:00:00",
    "2024-12-22 23:59:59.999999",
    "2024-10-27 00:30:00",  # 02:30 in Berlin, which
    "2024-10-27 00:59:59.999999",
    "2024-10-27 01:30:00",  # comes twice in that night
    "2024-11-03 05:30:00",  # the same in New York
    "2024-11-03 06:30:00",
)


def counts_of(rows: int) -> Mapping[str, int]:
    """Return how many rows each table has of so many; every table has one at least."""
    counts = {name: max(1, rows * part // 1000) for name, part in TABLES.items()}
    return counts | {"agent_metrics": max(1, rows - sum(counts.values()) + counts["agent_metrics"])}


def generated(name: str, counts: Mapping[str, int]) -> pa.RecordBatchReader:
    """Return the rows of a table, batch by batch.

    Returns: typed as PostgreSQL's binary COPY takes them, with UUIDs and JSON as Arrow's extension types.
    """
    count, workflows = counts[name], counts["workflows"]
    rows = {
        "workflows": f"workflow_rows('workflow', {count})",
        "agent_tasks": f"agent_tasks({count}, {workflows})",
        "agent_metrics": f"agent_metrics({count})",
        "agent_interactions": f"agent_interactions({count}, {workflows})",
        "user_sessions": f"user_sessions({count})",
    }
    return _read(rows[name], _hours(FIRST_DAY, LAST_DAY), _CORNERS)


def generated_late(day: date, rows: int) -> pa.RecordBatchReader:
    """Return workflows that were created on one day, and are none of the sample's.

    Returns: as `generated` returns workflows; of more rows, the first have the same ids.
    """
    return _read(f"workflow_rows('late/{day}', {rows})", _hours(day, day), ())


def _read(rows: str, hours: list[datetime], corners: tuple[str, ...]) -> pa.RecordBatchReader:
    database = duckdb.connect(config={"threads": 2, "memory_limit": "512MB"})
    database.execute("SET TimeZone = 'UTC'; SET arrow_lossless_conversion = true")
    database.execute(_SQL.read_text(encoding="utf-8"))
    database.execute("SET VARIABLE hours = $1::TIMESTAMPTZ[]", [hours])
    database.execute("SET VARIABLE corners = $1::TIMESTAMPTZ[]", [list(corners)])
    read = database.sql(f"FROM {rows}").to_arrow_reader(_BATCH)
    plain = [field.with_type(pa.bool_()) if field.type == pa.bool8() else field for field in read.schema]
    return pa.RecordBatchReader.from_batches(pa.schema(plain), _plain(database, read, pa.schema(plain)))


def _plain(database: Any, read: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield batches whose truth values have one bit, as ADBC takes no others."""
    with closing(database):
        for batch in read:
            columns = [
                column.storage.cast(pa.bool_()) if column.type == pa.bool8() else column for column in batch.columns
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _hours(first: date, last: date) -> list[datetime]:
    """Return hours of the days, in order, each as often as its weight says."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        datetime.combine(day, time(hour), UTC)
        for day in days
        for hour, weight in enumerate(_OF_HOURS)
        for _ in range(weight * _OF_DAYS[day.weekday()])
    ]
