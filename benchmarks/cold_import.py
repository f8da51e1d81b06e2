"""Seconds that a fresh interpreter needs to import each handler, and then to make its clients.

python benchmarks/cold_import.py [--rounds 10]
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import MACHINE

_CLIENTS = {"extract": ("dynamodb", "s3"), "transform": ("s3",), "load": ("dynamodb", "s3")}
_TIMED = """
import json, sys, time
started = time.perf_counter()
import lambdas.etl_{stage}.handler as handler
imported = time.perf_counter()
for service in {services!r}:
    handler.client(service)
print(json.dumps([imported - started, time.perf_counter() - imported]))
"""
_ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "etl_pipeline",
    "POWERTOOLS_METRICS_NAMESPACE": "etl",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Cold imports of the handlers of etl_pipeline.")
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    made = Table(
        title="Cold import of each handler, seconds",
        caption=f"{rounds} fresh interpreters each, files in the system's cache. {MACHINE}",
    )
    made.add_column("handler")
    for name in ("import, least", "median", "clients, least", "median"):
        made.add_column(name, justify="right")
    for stage in _CLIENTS:
        _once(stage)  # writes the compiled files, which a layer has
        imports, clients = zip(*(_once(stage) for _ in range(rounds)), strict=True)
        figures = (min(imports), median(imports), min(clients), median(clients))
        made.add_row(f"etl-{stage}", *(f"{figure:.3f}" for figure in figures))
    Console().print(made)


def _once(stage: str) -> tuple[float, float]:
    code = _TIMED.format(stage=stage, services=_CLIENTS[stage])
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], env={**os.environ, **_ENVIRONMENT}, stdout=subprocess.PIPE, check=True
    )
    imported, connected = json.loads(done.stdout)
    return imported, connected


if __name__ == "__main__":
    main()
