"""Validate: compares what readers see with what was exported."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from etl.lake.check import Expected, Failure, check_object, check_partition
from etl.lake.layout import day_of
from etl.pipelines.lake_export.catalog import CatalogSettings, partitions_of
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.messages import Finding, Finished, ValidateRequest, ValidateResult


def validate(request: ValidateRequest, settings: CatalogSettings, *, s3: Any, glue: Any) -> ValidateResult:
    """Check the object, the footer and the partition of every chunk, and change nothing.

    The rows of a chunk are those that the source has, without the rejected ones. EtlError when S3 or Glue fails.
    """
    partitions = _check_partitions(request.chunks, settings, glue)
    findings = [
        Finding(chunk.dataset, chunk.part, check, text)
        for chunk in request.chunks
        for check, text in (
            *check_object(s3, settings.s3_data_lake_bucket, _expected(chunk)),
            *partitions.get((chunk.dataset, chunk.part), ()),
        )
    ]
    return ValidateResult(len(request.chunks), findings)


def _expected(chunk: Finished) -> Expected:
    return Expected(dataset(chunk.dataset), day_of(chunk.part), chunk.rows, chunk.key)


def _check_partitions(
    chunks: Sequence[Finished], settings: CatalogSettings, glue: Any
) -> dict[tuple[str, str], list[Failure]]:
    """Return what is wrong with the partitions, by dataset and part; a whole dataset has none."""
    by_dataset: defaultdict[str, list[Finished]] = defaultdict(list)
    for chunk in chunks:
        if day_of(chunk.part) is not None:
            by_dataset[chunk.dataset].append(chunk)
    return {
        (name, chunk.part): failures
        for name, of_dataset in by_dataset.items()
        for chunk, failures in _check_dataset(name, of_dataset, settings, glue)
    }


def _check_dataset(
    name: str, chunks: Sequence[Finished], settings: CatalogSettings, glue: Any
) -> Iterator[tuple[Finished, list[Failure]]]:
    partitions = partitions_of(glue, settings, dataset(name))
    days = {chunk.part: day for chunk in chunks if (day := day_of(chunk.part)) is not None}
    registered = partitions.registered(list(days.values()))
    for chunk in chunks:
        day = days[chunk.part]
        location = registered[day].location if day in registered else None
        run = f"etl run {PIPELINE} --table {name} --date {chunk.part}"
        yield chunk, list(check_partition(_expected(chunk), location, partitions.location(day), run=run))
