"""Transform: extracted items to plain, validated, enriched records; what breaks the contract to the rejects."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from etl.contracts import Contract, RecordValidator, read_contract
from etl.errors import StagingError, ToleranceExceeded
from etl.extract.jsonlines import read_lines
from etl.load.jsonlines import JsonLinesWriter, StagedObject
from etl.pipelines.etl_pipeline.messages import TransformRequest, TransformResult
from etl.runs.rejects import Reject
from etl.timestamps import canonical_timestamp
from etl.transform.dynamodb_json import to_plain
from etl.transform.statistics import Statistics
from etl.windows import Window

CONTRACT = Path(__file__).parent / "contracts" / "events.yaml"

_decoder = msgspec.json.Decoder(dict[str, dict[str, Any]])


class TransformSettings(msgspec.Struct, frozen=True):
    """What the stack configures for this stage."""

    staging_bucket: str


def transform(request: TransformRequest, settings: TransformSettings, *, s3: Any) -> TransformResult:
    """Write good records to `transform/{window}/data.json`, the others to `rejects/{window}/rejects.jsonl`.

    The rejects are written in every run, empty when there are none, so that those of an earlier run of the
    window do not outlive their repair.

    Parameters
    ----------
    request
        The window and its staging objects.
    settings
        The bucket.
    s3
        boto3's client.

    Returns
    -------
    TransformResult
        Where the records and the rejects are, with counts and the statistics of `value`.

    Raises
    ------
    ToleranceExceeded
        More records were rejected than the contract tolerates. The rejects are kept, the records are not.
    EtlError
        A staging object is missing, truncated or holds no items, or the bucket cannot be used.
    """
    bucket, window = settings.staging_bucket, Window.from_dict(request.window)
    contract = read_contract(CONTRACT)
    problems_of = RecordValidator(contract).problems
    statistics = Statistics()
    reasons: Counter[str] = Counter()
    with JsonLinesWriter(s3, bucket, f"transform/{window.key}/data.json") as good:
        with JsonLinesWriter(s3, bucket, f"rejects/{window.key}/rejects.jsonl") as rejects:
            for staged in request.objects:
                for line, text in enumerate(read_lines(s3, bucket, staged), start=1):
                    raw, plain = _item(text, staged.key, line)
                    record = normalise(plain)
                    if problems := problems_of(record):
                        rejects.write(Reject(contract.dataset, request.window, staged.key, line, problems, raw))
                        reasons.update({problem.code for problem in problems})
                    else:
                        if record.get("value") is not None:
                            statistics.add(record["value"])
                        good.write(compute(record))
        # Still before the good records are published.
        _audit(contract, good.staged, rejects.staged, reasons)
    return TransformResult(
        rejected=rejects.staged.records,
        rejects_key=rejects.staged.key,
        reasons=dict(sorted(reasons.items())),
        aggregates=statistics.to_dict(),
        **msgspec.structs.asdict(good.staged),
    )


def normalise(record: dict[str, Any]) -> dict[str, Any]:
    """Bring what is declared into its normal form: `timestamp` in UTC with `Z`, `name` without space around it.

    Parameters
    ----------
    record
        Plain values of any quality; what cannot be normalised stays as it is, for the contract to judge.

    Returns
    -------
    dict
        The same record, changed in place.
    """
    if isinstance(name := record.get("name"), str):
        record["name"] = name.strip()
    if isinstance(timestamp := record.get("timestamp"), str):
        with suppress(ValueError):
            record["timestamp"] = canonical_timestamp(timestamp)
    return record


def compute(record: dict[str, Any]) -> dict[str, Any]:
    """Add the contract's computed fields to a normal, valid record.

    Parameters
    ----------
    record
        A record with a canonical `timestamp`.

    Returns
    -------
    dict
        The same record with `event_date` and `event_hour`; values of these names that came with it give way.
    """
    timestamp = record["timestamp"]
    record["event_date"] = timestamp[:10]
    record["event_hour"] = int(timestamp[11:13])
    return record


def _item(text: bytes, key: str, line: int) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    try:
        raw = _decoder.decode(text)
        return raw, to_plain(raw)
    except (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError) as error:
        raise StagingError(f"{key}, line {line} is no DynamoDB item: {error}. Run the window again") from error


def _audit(contract: Contract, good: StagedObject, rejects: StagedObject, reasons: Counter[str]) -> None:
    read = good.records + rejects.records
    if rejects.records > contract.tolerance * read:
        raise ToleranceExceeded(
            f"{rejects.records} of {read} records broke contract {contract.id}"
            f" ({', '.join(f'{code}: {count}' for code, count in sorted(reasons.items()))}), it tolerates"
            f" {contract.tolerance:.1%}; nothing was loaded. Repair the records listed in {rejects.key} at their"
            " source, or raise rejectTolerance, and run the window again"
        )
