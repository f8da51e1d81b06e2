"""The operations of `lake_export`: forecast a backfill, validate the lake, roll a day back, find its tables."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from etl.contracts import Contract
from etl.errors import EtlError, InputError
from etl.inputs import split_by_month
from etl.lake.layout import part_of
from etl.pipelines.lake_export.datasets import PIPELINE
from etl.pipelines.lake_export.messages import (
    CatalogRequest,
    CatalogResult,
    Finding,
    PlanRequest,
    PlanResult,
    ValidateRequest,
    ValidateResult,
)
from etl.pipelines.lake_export.rollback import rollback as bring_back
from etl.runs.ledger import WHOLE
from etl.timestamps import format_timestamp
from serverless_app.estimates import Work, pace
from serverless_app.pipelines.lake_export.comparison import ChunkComparison, compare_source_to_ledger
from serverless_app.pipelines.operations import (
    Deployed,
    Forecast,
    FunctionError,
    Rollback,
    RolledBack,
    ValidatedChunk,
    Validation,
)

_EXPORT = "lake-export"
_CHECKS = ("object", "rows", "partition", "parquet", "schema")
_OF_FILES = ("parquet", "schema")


def forecast(deployed: Deployed, contracts: Sequence[Contract], requests: Sequence[dict[str, Any]]) -> Forecast:
    """Plan runs of these inputs without changing anything, and return what they would export."""
    ledger = deployed.ledger
    paces = {one.dataset: pace(ledger.chunks(PIPELINE, one.dataset).values()) for one in contracts}
    planned = [[chunk for one in contracts for chunk in _plan(deployed, one, given).chunks] for given in requests]
    machine = deployed.place.client("stepfunctions").describe_state_machine(
        stateMachineArn=deployed.outputs["StateMachineArn"]
    )
    function = deployed.place.client("lambda").get_function_configuration(FunctionName=_EXPORT)
    return Forecast(
        runs=[
            [
                Work(name, tuple(one.rows for one in chunks if one.dataset == name), paces[name])
                for name in dict.fromkeys(chunk.dataset for chunk in chunks)
            ]
            for chunks in planned
        ],
        chunks=[
            {"dataset": one.dataset, "part": one.part, "rows": one.rows, "reason": one.reason}
            for chunks in planned
            for one in chunks
        ],
        paces=paces,
        connections=json.loads(machine["definition"])["States"]["Export"]["MaxConcurrency"],
        memory_mb=function["MemorySize"],
    )


def validate(deployed: Deployed, contracts: Sequence[Contract], first: date, last: date) -> Validation:
    """Compare PostgreSQL, the ledger and the lake, day by day."""
    validation, compared = Validation(), list[ChunkComparison]()
    spans = [
        {"start_date": start.isoformat(), "end_date": end.isoformat()} for start, end in split_by_month(first, last)
    ]
    for contract in contracts:
        try:
            plans = [_plan(deployed, contract, span) for span in spans]
        except FunctionError as error:
            validation.failed[contract.dataset] = str(error)
            continue
        # Read after the plans: the ledger has every chunk that they take for published.
        known = deployed.ledger.chunks(PIPELINE, contract.dataset)
        # A dataset that is exported whole has the same plan in every month.
        for plan in plans if contract.window_column else plans[:1]:
            compared.extend(compare_source_to_ledger(contract, plan, known))
        validation.notes.extend(_notes(plans[0]))
    findings = [one.finding for one in compared if one.finding]
    if compared:
        request = ValidateRequest(f"validate-{uuid4()}", [one.finished for one in compared])
        findings += deployed.call("lake-validate", request, ValidateResult).findings
    validation.chunks.extend(_validated(one, findings) for one in compared)
    validation.findings.extend(
        {"dataset": one.dataset, "part": one.part, "check": one.check, "found": one.found} for one in findings
    )
    return validation


def rollback(deployed: Deployed, contracts: Sequence[Contract], day: date | None, *, named: bool) -> Rollback:
    """Bring back the previous version of a day, or of the datasets that are exported whole.

    Skips datasets of the other kind; refuses them when the user `named` them.
    """
    fitting = [one for one in contracts if _fits(one, day, named=named)]
    owner, done = f"rollback-{uuid4()}", Rollback([], {})
    for contract in fitting:
        try:
            back = bring_back(
                contract.dataset,
                day,
                s3=deployed.place.client("s3"),
                bucket=deployed.outputs["LakeBucketName"],
                ledger=deployed.ledger,
                owner=owner,
                now=time.time(),
            )
            done.rolled_back.append(RolledBack(back.dataset, part_of(day), back.version, back.replaced))
        except EtlError as error:
            done.refused[contract.dataset] = str(error)
    if done.rolled_back:
        # A day that had been empty has no partition yet.
        request = CatalogRequest(owner, [one.dataset for one in done.rolled_back])
        deployed.call("lake-catalog", request, CatalogResult)
    return done


def table_location(deployed: Deployed, contract: Contract) -> str:
    """Return the S3 address of a dataset's files."""
    return f"s3://{deployed.outputs['LakeBucketName']}/{contract.table}/"


def _plan(deployed: Deployed, contract: Contract, request: dict[str, Any]) -> PlanResult:
    planning = PlanRequest("etl", format_timestamp(datetime.now(UTC)), request, contract.dataset)
    return deployed.call("lake-plan", planning, PlanResult)


def _notes(plan: PlanResult) -> Iterator[str]:
    if plan.extra_columns:
        columns = ", ".join(plan.extra_columns)
        yield f"{plan.dataset} has columns that its contract does not know: {columns} are left out"
    if plan.unplaced:
        why = "as their window column is null or infinite"
        yield f"{plan.dataset} has {plan.unplaced:,} rows that belong to no day, {why}"


def _validated(compared: ChunkComparison, findings: Sequence[Finding]) -> ValidatedChunk:
    failed = {one.check for one in findings if (one.dataset, one.part) == (compared.dataset, compared.part)}
    without_file = compared.finished.key is None or "object" in failed
    without = {*(_OF_FILES if without_file else ()), *(("partition",) if compared.part == WHOLE else ())}
    record = compared.record
    return ValidatedChunk(
        dataset=compared.dataset,
        part=compared.part,
        rows=compared.rows,
        rejected=record.rejected if record else 0,
        exported=compared.exported,
        status=record.status if record else None,
        checks={check: False if check in failed else None if check in without else True for check in _CHECKS},
    )


def _fits(contract: Contract, day: date | None, *, named: bool) -> bool:
    if (contract.window_column is None) == (day is None):
        return True
    if named or day is None:
        kind = "is exported whole: leave --date out" if day else "is exported by days: say which with --date"
        raise InputError(f"{contract.dataset} {kind}")
    return False
