"""Memory follows from the size of a batch and of a row group, never from that of the table."""

import os
import subprocess
import sys
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.integration.postgres.database import Database
from tests.integration.postgres.memory_probe import ROWS

ROOT = Path(__file__).parents[3]
FEW, MANY = 250_000, 750_000
GROWTH_KIB = 16 * 1024
# As the functions have them.
SETTINGS = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}


def test_three_times_the_rows_take_no_more_memory(database: Database) -> None:
    for name, rows in (("few", FEW), ("many", MANY)):
        database.run(f"CREATE UNLOGGED TABLE own.{name} AS {ROWS.format(rows=rows)}")
    said = conninfo_to_dict(database.address)
    place = [str(said[name]) for name in ("host", "port", "password")]
    command = [sys.executable, "-m", "tests.integration.postgres.memory_probe", *place, "own.few", "own.many"]

    output = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, **SETTINGS}
    ).stdout

    (few, peak_of_few), (many, peak_of_many) = (map(int, line.split()) for line in output.splitlines())
    assert (few, many) == (FEW, MANY)
    assert peak_of_many - peak_of_few < GROWTH_KIB
