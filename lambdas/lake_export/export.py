"""The function `lake-export`."""

from functools import partial

from etl.aws import client
from etl.extract.postgres import open_source
from etl.pipelines.lake_export.export import ExportSettings, export_chunk
from etl.pipelines.lake_export.messages import ExportRequest, ExportResult
from etl.postgres.credentials import DatabaseSettings
from etl.runs.ledger import Ledger
from etl.settings import read_settings
from lambdas.entry import entry


@entry(
    ExportRequest,
    measures={"rows_exported": "rows", "rows_rejected": "rejected", "bytes_exported": "bytes"},
    failures={"upload_failures": "s3://"},
)
def handler(request: ExportRequest) -> ExportResult:
    """Export one chunk to the lake."""
    settings = read_settings(ExportSettings)
    source = partial(open_source, read_settings(DatabaseSettings), client, application="etl lake_export")
    ledger = Ledger(client("dynamodb"), settings.ledger_table)
    return export_chunk(request, settings, s3=client("s3"), ledger=ledger, source=source)
