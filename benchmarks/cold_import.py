"""Seconds that a fresh interpreter needs to import a handler and make its clients, or to import and make ready rules.

python benchmarks/cold_import.py [--rounds 10]
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import MACHINE

_TIMED = """
import json, time
started = time.perf_counter()
{imports}
imported = time.perf_counter()
{work}
print(json.dumps([imported - started, time.perf_counter() - imported]))
"""
_CLIENTS = {"extract": ("dynamodb", "s3"), "transform": ("s3",), "load": ("dynamodb", "s3")}
_HANDLERS = {
    f"etl-{stage}": (
        f"import lambdas.etl_{stage}.handler as handler",
        f"for service in {services!r}:\n    handler.client(service)",
    )
    for stage, services in _CLIENTS.items()
}
_CONTRACT = Path(__file__).parent / "contracts" / "orders.yaml"
_READ = f"import pathlib\ncontract = read_contract(pathlib.Path({str(_CONTRACT)!r}))"
_RENDER = f"{_READ}\nfor rule in rules_of(contract):\n    rule.on_rows and rule.failing('duckdb')"
_CONTRACTS = "from etl.contracts.reader import read_contract"
_PARTS = {
    "etl.contracts; read one": (_CONTRACTS, _READ),
    "and etl.quality; its rules": (f"{_CONTRACTS}\nfrom etl.quality import rules_of", f"{_READ}\nrules_of(contract)"),
    "the same; its rules as SQL": (f"{_CONTRACTS}\nfrom etl.quality import rules_of", _RENDER),
    "and the DuckDB engine; DuckDB": (f"{_CONTRACTS}\nimport etl.quality.duckdb_engine", "import duckdb"),
}
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
    parser = argparse.ArgumentParser(description="Cold imports of the handlers of etl_pipeline, contracts and rules.")
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    console = Console()
    console.print(_table("Cold import of each handler, seconds", "handler", "clients", _HANDLERS, rounds))
    console.print(_table("Cold import of contracts and rules, seconds", "import; then", "then", _PARTS, rounds))


def _table(title: str, what: str, then: str, codes: Mapping[str, tuple[str, str]], rounds: int) -> Table:
    made = Table(
        title=title,
        caption=f"{rounds} fresh interpreters each, files in the system's cache. {MACHINE}",
    )
    made.add_column(what)
    for name in ("import, least", "median", f"{then}, least", "median"):
        made.add_column(name, justify="right")
    for name, (imports, work) in codes.items():
        code = _TIMED.format(imports=imports, work=work)
        _once(code)  # writes the compiled files, which a layer has
        importing, working = zip(*(_once(code) for _ in range(rounds)), strict=True)
        figures = (min(importing), median(importing), min(working), median(working))
        made.add_row(name, *(f"{figure:.3f}" for figure in figures))
    return made


def _once(code: str) -> tuple[float, float]:
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], env={**os.environ, **_ENVIRONMENT}, stdout=subprocess.PIPE, check=True
    )
    imported, worked = json.loads(done.stdout)
    return imported, worked


if __name__ == "__main__":
    main()
