"""The deployed state machine, run over functions that answer by the names of their datasets."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from etl.runs.ledger import Ledger, RunRecord
from localcloud import LocalCloud
from serverless_app import executions

POLL_SECONDS = 0.02
FUNCTIONS = {
    # `days_3` has three days to export; `refused` cannot be planned.
    "plan": """
def handler(event, context):
    name = event["dataset"]
    if name == "refused":
        raise TerminalError("SourceError: refused has no column status: add it, or change the contract")
    days = int(name.rpartition("_")[2])
    chunks = [{"dataset": name, "part": f"2024-12-{n + 1:02}", "rows": 5, "reason": "new"} for n in range(days)]
    return {"dataset": name, "first": "2024-12-22", "last": "2024-12-22", "chunks": chunks, "unchanged": 1,
            "kept": 1, "unplaced": 0, "extra_columns": []}
""",
    # The second day of a dataset with `torn` in its name fails; without rows there is no object, unless it is kept.
    "export": """
def handler(event, context):
    chunk = event["chunk"]
    if "torn" in chunk["dataset"] and chunk["part"].endswith("02"):
        raise TerminalError("QualityError: rows do not add up")
    status = next((one for one in ("empty", "kept") if one in chunk["dataset"]), "published")
    empty = status == "empty"
    return chunk | {"status": status, "rows": 0 if empty else 4, "rejected": 1,
                    "bytes": 64, "key": None if empty else "k", "version": "v", "scorecard": "s", "rejects": None}
""",
    "catalog": """
def handler(event, context):
    assert isinstance(event["datasets"], list)
    if any("unregistered" in name for name in event["datasets"]):
        raise TerminalError("NotFound: no table")
    return {"registered": len(event["datasets"]), "removed": 0}
""",
    "validate": """
def handler(event, context):
    assert isinstance(event["chunks"], list)
    lost = [chunk for chunk in event["chunks"] if "lost" in chunk["dataset"]]
    findings = [{"dataset": one["dataset"], "part": one["part"], "check": "object", "found": "is gone"} for one in lost]
    return {"checked": len(event["chunks"]), "findings": findings}
""",
}
ERRORS = "class TerminalError(Exception): pass\n"

Run = Callable[..., executions.Execution]


@pytest.fixture(scope="module")
def cloud(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path_factory.mktemp("cloud"), wait_scale=0) as running:
        running.deploy(assembly)
        functions = running.client("lambda")
        for stage, code in FUNCTIONS.items():
            functions.update_function_code(FunctionName=f"lake-{stage}", ZipFile=_packed(stage, ERRORS + code))
        yield running


@pytest.fixture(scope="module")
def run(cloud: LocalCloud) -> Run:
    """Run the pipeline over the given datasets and return the finished execution."""
    states = cloud.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    (machine,) = [one["stateMachineArn"] for one in machines if one["name"] == "lake-export"]

    def run(*datasets: str) -> executions.Execution:
        started = executions.start(states, machine, {"date": "2024-12-22", "datasets": list(datasets)})
        return executions.follow(states, started, every=POLL_SECONDS)

    return run


@pytest.mark.parametrize("days", [0, 1, 3])
def test_a_run_ends_with_its_counts(run: Run, days: int) -> None:
    done = run(f"days_{days}")
    assert done.output == {
        "window": {"start": "2024-12-22T00:00:00Z", "end": "2024-12-23T00:00:00Z"},
        "published": days,
        "unchanged": 1,
        "kept": 1,
        "empty": 0,
        "rows": 4 * days,
        "rejected": days,
        "bytes": 64 * days,
        "unplaced": 0,
        "extra_columns": [],
        "failed": [],
    }


def test_empty_days_are_counted_for_themselves(run: Run) -> None:
    output = run("empty_2", "days_1").output
    assert (output["published"], output["empty"], output["rows"]) == (1, 2, 4)


def test_days_that_the_source_has_lost_are_counted_by_plan_and_export(run: Run) -> None:
    output = run("kept_2", "days_1").output
    assert (output["published"], output["kept"], output["rows"]) == (1, 4, 4)


def test_a_dataset_that_cannot_be_planned_does_not_stop_the_others(run: Run) -> None:
    failed = run("refused", "days_2")
    assert (failed.status, failed.error) == ("FAILED", "TerminalError")
    assert failed.cause == (
        "Plan: 1 failed, 2 published. refused in Plan: TerminalError: SourceError: refused has no column status: add"
        " it, or change the contract"
    )
    assert _visited(failed)[-4:] == ["Incomplete", "ReportFailed", "NotifyFailure", "Failed"]


def test_a_chunk_that_fails_does_not_stop_the_others(run: Run) -> None:
    failed = run("torn_3", "days_1")
    assert failed.cause == (
        "Export: 1 failed, 3 published. torn_3 2024-12-02 in Export: TerminalError: QualityError: rows do not add up"
    )
    assert {"Catalog", "Validate"} <= set(_visited(failed))


def test_partitions_that_cannot_be_registered_fail_the_run(run: Run) -> None:
    failed = run("unregistered_1")
    assert failed.cause == "Catalog: 1 failed, 1 published. in Catalog: TerminalError: NotFound: no table"
    assert "Validate" not in _visited(failed)


def test_what_validation_finds_fails_the_run(run: Run) -> None:
    failed = run("lost_1")
    assert failed.error == "ValidationFailed"
    assert failed.cause == (
        "Validate: 1 failed, 1 published. lost_1 2024-12-01 in Validate: ValidationFailed: object: is gone"
    )


def test_failures_of_several_stages_are_one_list(run: Run) -> None:
    failed = run("refused", "torn_2", "lost_1")
    assert failed.error == "SeveralErrors"
    assert str(failed.cause).startswith("Plan, Export, Validate: 3 failed, 2 published. refused in Plan: ")


def test_when_nothing_can_be_planned_the_run_fails_with_the_reason(run: Run) -> None:
    failed = run("refused")
    assert str(failed.cause).startswith("Plan: 1 failed, 0 published. refused in Plan: TerminalError: SourceError")


def test_the_ledger_hears_of_runs_that_succeeded_and_of_those_that_failed(run: Run, cloud: LocalCloud) -> None:
    good, bad = run("days_2"), run("torn_2")
    ledger = {record.run: record for record in Ledger(cloud.client("dynamodb"), "etl-runs").runs("lake_export", 2)}
    kept, lost = ledger[good.run], ledger[bad.run]
    assert (kept.status, kept.rows_in, kept.rows_out, kept.rejected, kept.bytes) == ("succeeded", 10, 8, 2, 128)
    assert kept.window == "2024-12-22T00:00:00Z/2024-12-23T00:00:00Z"
    assert isinstance(lost, RunRecord)
    assert (lost.status, lost.error, lost.cause) == ("failed", "TerminalError", bad.cause)


def _visited(execution: executions.Execution) -> list[str]:
    return [state.name for state in execution.states]


def _packed(stage: str, code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("lambdas/__init__.py", "")
        archive.writestr("lambdas/lake_export/__init__.py", "")
        archive.writestr(f"lambdas/lake_export/{stage}.py", code)
    return packed.getvalue()
