"""The function `lake-catalog`."""

from etl.aws import client
from etl.pipelines.lake_export.catalog import CatalogSettings, LedgerSettings, register_partitions
from etl.pipelines.lake_export.messages import CatalogRequest, CatalogResult
from etl.runs.ledger import Ledger
from etl.settings import read_settings
from lambdas.entry import entry


@entry(
    CatalogRequest,
    measures={
        "partitions_registered": "registered",
        "partitions_updated": "updated",
        "partitions_removed": "removed",
    },
)
def handler(request: CatalogRequest) -> CatalogResult:
    """Register the partitions of what was published."""
    ledger = Ledger(client("dynamodb"), read_settings(LedgerSettings).ledger_table)
    return register_partitions(request, read_settings(CatalogSettings), glue=client("glue"), ledger=ledger)
