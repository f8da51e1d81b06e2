# ruff: noqa: SLF001 - a gap is closed from inside ministack
"""A worker sees only its asset, and ends with the serving process."""

import importlib
from pathlib import Path
from typing import Any, Final

from localcloud.gaps.patching import replaced

FIRST_LINE: Final = "import sys, json, importlib, traceback, os, time\n"
# An editable install puts the whole checkout on the path and would hide that the asset lacks a module.
# A busy worker would go on after the serving process was killed.
BEFORE_IT: Final = """
def _local_only_the_asset(checkout):
    import sys
    sys.path[:] = [entry for entry in sys.path if entry != checkout]
    sys.meta_path[:] = [f for f in sys.meta_path if "__editable__" not in getattr(f, "__module__", "")]

def _local_end_with(server):
    import os, threading, time
    def watch():
        while os.getppid() == server:
            time.sleep(0.5)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()

import os
_local_only_the_asset({checkout!r})
_local_end_with(os.getppid())
"""


def close() -> None:
    """Run this before a worker imports its handler."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    before = BEFORE_IT.format(checkout=str(Path(__file__).parents[2]))
    runtime._PYTHON_WORKER_SCRIPT = replaced(
        runtime._PYTHON_WORKER_SCRIPT, FIRST_LINE, before + FIRST_LINE, "the Lambda worker script"
    )
