"""Validate: compares what readers see with what was exported."""

from collections import defaultdict
from typing import Any

from etl.lake.check import Expected, Failure, check_object, check_partition
from etl.lake.layout import day_of
from etl.pipelines.lake_export.catalog import CatalogSettings, partitions_of
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.messages import Finding, ValidateRequest, ValidateResult


def validate(request: ValidateRequest, settings: CatalogSettings, *, s3: Any, glue: Any) -> ValidateResult:
    """Check the object, the footer and the partition of every chunk, and change nothing.

    The rows of a chunk are those that the source has, without the rejected ones. EtlError when S3 or Glue fails.
    """
    days = defaultdict(list)
    for chunk in request.chunks:
        if (day := day_of(chunk.part)) is not None:  # a whole dataset has no partitions
            days[chunk.dataset].append(day)
    tables = {name: partitions_of(glue, settings, dataset(name)) for name in days}
    registered = {name: table.registered(days[name]) for name, table in tables.items()}
    findings = []
    for chunk in request.chunks:
        name, day = chunk.dataset, day_of(chunk.part)
        expected = Expected(dataset(name), day, chunk.rows, chunk.key)
        failures: list[Failure] = list(check_object(s3, settings.s3_data_lake_bucket, expected))
        if day is not None:
            partition = registered[name].get(day)
            location = partition.location if partition else None
            run = f"etl run {PIPELINE} --table {name} --date {chunk.part}"
            failures += check_partition(expected, location, tables[name].location(day), run=run)
        findings += [Finding(name, chunk.part, check, text) for check, text in failures]
    return ValidateResult(len(request.chunks), findings)
