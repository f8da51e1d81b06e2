"""What transform reads and where it writes: in a run over the source, and in a replay of rejects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from etl.contracts import read_contract
from etl.errors import InputError, StagingError
from etl.pipelines.etl_pipeline.messages import TransformRequest
from etl.pipelines.etl_pipeline.pipeline import CONTRACT
from etl.runs.records import Judge, Origin
from etl.runs.rejects import judge_extracted, rejects_key
from etl.runs.replays import judge_replayed, read_replay, replay_keys
from etl.staging import JsonLinesWriter, StagedObject, read_lines
from etl.values.dynamodb_json import to_item, to_plain
from etl.windows import Window

Records = Iterator[tuple[Origin, dict[str, Any]]]
"""Plain records of any quality, each with its origin."""

_decoder = msgspec.json.Decoder(dict[str, dict[str, Any]])
_NO_ITEM = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Task:
    """Records to transform, and where the good ones and what was found about the others go."""

    window: Window
    records: Records
    good_key: str
    judged_key: str
    judge: Callable[[str, JsonLinesWriter], Judge]
    """Made of the dataset's name and what writes to `judged_key`."""


def source_task(request: TransformRequest, s3: Any, bucket: str) -> Task:
    """Return the task of a run over the source: records that break the contract become the window's rejects.

    Its records raise StagingError when an object is not what its reference says, or holds something else than items.
    """
    window = Window.from_dict(request.window)

    def judge(dataset: str, rejects: JsonLinesWriter) -> Judge:
        return judge_extracted(rejects, dataset=dataset, run=request.run, window=request.window)

    records = _extracted(request.objects, s3, bucket)
    return Task(
        window,
        records,
        f"transform/{window.key}/data.json",
        rejects_key(read_contract(CONTRACT).dataset, window),
        judge,
    )


def replay_task(request: TransformRequest, s3: Any, bucket: str) -> Task:
    """Return the task of a replay: it keeps the outcome of every record, beside what the window's run left.

    InputError when the window or the replay is invalid. Its records raise InputError when one was repaired into
    something that is not a DynamoDB item.
    """
    window = Window.from_dict(request.window)
    if len(request.objects) != 1:
        raise InputError(f"a replay is one object, not {len(request.objects)}: start it with `etl rejects replay`")
    keys = replay_keys(window, request.objects[0].key)

    def judge(_dataset: str, outcomes: JsonLinesWriter) -> Judge:
        return judge_replayed(outcomes, request.run)

    return Task(window, _repaired(request.objects[0], s3, bucket), keys.good, keys.outcomes, judge)


def _extracted(objects: list[StagedObject], s3: Any, bucket: str) -> Records:
    for staged in objects:
        for line, text in enumerate(read_lines(s3, bucket, staged), start=1):
            try:
                raw = _decoder.decode(text)
                plain = to_plain(raw)
            except _NO_ITEM as error:
                raise StagingError(
                    f"{staged.key}, line {line} is no DynamoDB item: {error}. Run the window again"
                ) from error
            yield Origin(staged.key, line, raw), plain


def _repaired(staged: StagedObject, s3: Any, bucket: str) -> Records:
    for origin in read_replay(s3, bucket, staged):
        try:
            plain = to_plain(origin.raw)
            # By hand one can write what no table ever held, such as an empty set; only the way back tells.
            to_item(plain)
        except _NO_ITEM as error:
            raise InputError(
                f"reject {origin.reject} (line {origin.line} of the replay) is no DynamoDB item: {error}. Write each"
                ' attribute with its type, like {"value": {"N": "1.5"}}, and replay it again'
            ) from error
        yield origin, plain
