"""Catalog: registers exactly the partitions that the ledger lists as published."""

from typing import Any

import msgspec

from etl.contracts import Contract
from etl.lake.layout import day_of
from etl.lake.partitions import Partitions
from etl.pipelines.lake_export.datasets import PIPELINE, datasets
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult
from etl.runs.ledger import ChunkRecord, Ledger


class CatalogSettings(msgspec.Struct, frozen=True):
    """What the stack configures."""

    s3_data_lake_bucket: str
    athena_database: str


class LedgerSettings(msgspec.Struct, frozen=True):
    """Where the ledger is."""

    ledger_table: str


def register_partitions(
    request: CatalogRequest, settings: CatalogSettings, *, glue: Any, ledger: Ledger
) -> CatalogResult:
    """Bring the partitions of the requested datasets in line with the ledger; a second time changes nothing.

    All days are looked at, not only those of this run: a run may have died between publishing and registering. A
    partition that lies elsewhere, or is read by other columns than its table's, is mended once its file is one of the
    contract's present version; until then it is right about its file.
    """
    registered = updated = removed = 0
    # Plan has refused names of datasets that do not exist.
    contracts = [datasets()[name] for name in request.datasets or datasets() if name in datasets()]
    for contract in contracts:
        if contract.window_column is None:
            continue
        chunks = ledger.chunks(PIPELINE, contract.dataset)
        records = {day: record for part, record in chunks.items() if (day := day_of(part)) is not None}
        partitions = partitions_of(glue, settings, contract)
        present = partitions.registered(list(records))
        registered += partitions.register([day for day, record in records.items() if record.key and day not in present])
        updated += partitions.mend({day: one for day, one in present.items() if _is_current(records[day], contract)})
        removed += partitions.remove([day for day in present if records[day].status == "empty"])
    return CatalogResult(registered, removed, updated)


def partitions_of(glue: Any, settings: CatalogSettings, contract: Contract) -> Partitions:
    """Return the partitions of a dataset's table."""
    return Partitions(glue, contract, database=settings.athena_database, bucket=settings.s3_data_lake_bucket)


def _is_current(record: ChunkRecord, contract: Contract) -> bool:
    # A chunk that was rolled back keeps the fingerprint of the file that it replaced.
    return record.status == "published" and (record.fingerprint or "").startswith(f"{contract.version}/")
