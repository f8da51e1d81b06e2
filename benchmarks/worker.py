"""The measured process: it imports one stage only, runs it once, and prints what that took.

Started by `benchmarks/etl_pipeline.py` as `python -m benchmarks.worker STAGE WAY RECORDS FILE TABLE`.
"""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.clock import report
from benchmarks.stand_ins import WEEK, FileStore

Run = Callable[[], int]

_CONTEXT = SimpleNamespace(
    function_name="benchmark", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="request"
)


def main() -> None:
    """Run the stage that the command line names."""
    stage, way, records, file, table = sys.argv[1:]
    prepare = {"handler": _handler, "plain": _plain, "floor": _floor}[way]
    run = prepare(stage, int(records), Path(file), table)
    report(lambda: {"records": run()})


def _handler(stage: str, records: int, file: Path, _table: str) -> Run:
    module = importlib.import_module(f"lambdas.etl_pipeline.{stage}")
    # Two differences from the function: S3 is a file, and DynamoDB's client is made before the clock starts.
    clients: dict[str, Any] = {"s3": FileStore(file), "dynamodb": module.client("dynamodb")}
    vars(module)["client"] = clients.__getitem__
    event = _event(stage, records, file)
    return lambda: module.handler(event, _CONTEXT)["loaded" if stage == "load" else "records"]


def _event(stage: str, records: int, file: Path) -> dict[str, Any]:
    if stage == "extract":
        return {"run": "benchmark", "input": WEEK, "started": WEEK["end"], "segment": 0, "segments": 1}
    staged = {"key": file.name, "records": records, "bytes": file.stat().st_size}
    return {"run": "benchmark", "window": WEEK, **({"objects": [staged]} if stage == "transform" else staged)}


def _plain(stage: str, _records: int, file: Path, table: str) -> Run:
    from benchmarks.plain import STAGES  # noqa: PLC0415 -- only what is measured is imported

    return lambda: STAGES[stage](FileStore(file), table)


def _floor(stage: str, records: int, _file: Path, table: str) -> Run:
    from benchmarks.floor import Floor  # noqa: PLC0415 -- only what is measured is imported

    floor = Floor(os.environ["AWS_ENDPOINT_URL"])
    return floor.load(table, records) if stage == "load" else floor.extract(table)


if __name__ == "__main__":
    main()
