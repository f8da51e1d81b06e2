"""The function `etl-load`."""

from etl.aws import client
from etl.pipelines.etl_pipeline.load import LoadSettings, load
from etl.pipelines.etl_pipeline.messages import LoadRequest, LoadResult
from etl.runs.ledger import Ledger
from etl.settings import read_settings
from lambdas.entry import entry


@entry(LoadRequest, measures={"rows_loaded": "loaded", "duplicates": "duplicates"})
def handler(request: LoadRequest) -> LoadResult:
    """Load the window's records into the destination table."""
    settings, dynamodb = read_settings(LoadSettings), client("dynamodb")
    ledger = Ledger(dynamodb, settings.ledger_table)
    return load(request, settings, dynamodb=dynamodb, s3=client("s3"), ledger=ledger)
