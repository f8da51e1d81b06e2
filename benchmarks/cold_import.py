"""Seconds that a fresh interpreter needs to import each handler and make its clients, or contracts and rules.

    python benchmarks/cold_import.py [--rounds 10] [--beside CHECKOUT] [--markdown]

The handlers are the modules of `lambdas/*/`. `--beside` measures those of another checkout too, in turns with these.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.tables import show

_REPOSITORY = Path(__file__).parents[1]
_HEAVY = ("adbc_driver_postgresql", "boto3", "duckdb", "numpy", "pyarrow", "pyarrow.parquet", "sqlglot")
"""The packages whose import a reader should know of."""
_TIMED = """
import json, sys, time
started = time.perf_counter()
{imports}
imported = time.perf_counter()
{work}
worked = time.perf_counter()
print(json.dumps([imported - started, worked - imported, [name for name in {heavy} if name in sys.modules]]))
"""
_CONTRACT = Path(__file__).parent / "contracts" / "orders.yaml"
_READ = f"import pathlib\ncontract = read_contract(pathlib.Path({str(_CONTRACT)!r}))"
_RENDER = f"{_READ}\nfor rule in rules_of(contract):\n    rule.on_rows and rule.failing('duckdb')"
_CONTRACTS = "from etl.contracts.reader import read_contract"
_RULES = f"{_CONTRACTS}\nfrom etl.quality import rules_of"
_ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "etl",
}


@dataclass(frozen=True, slots=True)
class _Start:
    """Something that a fresh interpreter imports and then does."""

    name: str
    imports: str
    work: str
    checkout: Path = _REPOSITORY

    def time(self) -> tuple[float, float, list[str]]:
        """Return the seconds of the imports and of the work, and the heavy packages that were loaded."""
        code = _TIMED.format(imports=self.imports, work=self.work, heavy=_HEAVY)
        environment = {**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(self.checkout)}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=self.checkout, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 -- ours
        imported, worked, loaded = json.loads(done.stdout)
        return imported, worked, loaded


_PARTS = (
    _Start("etl.contracts; read one", _CONTRACTS, _READ),
    _Start("and etl.quality; its rules", _RULES, f"{_READ}\nrules_of(contract)"),
    _Start("the same; its rules as SQL", _RULES, _RENDER),
    _Start("and the DuckDB engine; DuckDB", f"{_CONTRACTS}\nimport etl.quality.duckdb_engine", "import duckdb"),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Cold imports of all handlers, contracts and rules.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--beside", type=Path, help="another checkout whose handlers are measured in the same rounds")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    options = parser.parse_args()
    handlers = list(_handlers(_REPOSITORY))
    if options.beside is not None:
        handlers += _handlers(options.beside.resolve())
    _show("Cold import of each handler", "handler", "clients", handlers, options)
    _show("Cold import of contracts and rules", "import; then", "then", _PARTS, options)


def _handlers(checkout: Path) -> Iterator[_Start]:
    for file in sorted(checkout.glob("lambdas/*/*.py")):
        source = file.read_text(encoding="utf-8")
        if "def handler(" not in source:
            continue
        module = ".".join(file.relative_to(checkout).with_suffix("").parts)
        # The handlers name the services of their clients as literals; the database's are made when they are needed.
        services = sorted(set(re.findall(r'\bclient\("(\w+)"\)', source)))
        title = re.search(r"function `([\w-]+)`", source)
        name = (title[1] if title else module) + ("" if checkout == _REPOSITORY else f" in {checkout.name}")
        work = f"for service in {services!r}:\n    handler.client(service)"
        yield _Start(name, f"import {module} as handler", work, checkout)


def _show(title: str, what: str, then: str, starts: Sequence[_Start], options: argparse.Namespace) -> None:
    for start in starts:
        start.time()  # writes the compiled files, which a layer has
    # In turns, so that a busy machine slows all of them alike.
    rounds = [[start.time() for start in starts] for _ in range(options.rounds)]
    lines = []
    for number, start in enumerate(starts):
        importing, working, loaded = zip(*(times[number] for times in rounds), strict=True)
        figures = (min(importing), median(importing), min(working), median(working))
        lines.append([start.name, *(f"{figure:.3f}" for figure in figures), ", ".join(loaded[0])])
    headers = [what, "import, least s", "import, median s", f"{then}, least s", f"{then}, median s", "loads"]
    caption = f"{options.rounds} fresh interpreters each, in turns; files in the system's cache."
    show(f"{title}, seconds", caption, headers, lines, texts={what, "loads"}, markdown=options.markdown)


if __name__ == "__main__":
    main()
