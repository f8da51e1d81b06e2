"""The function `etl-transform`."""

from etl.aws import client
from etl.pipelines.etl_pipeline.messages import TransformRequest, TransformResult
from etl.pipelines.etl_pipeline.transform import TransformSettings, transform
from etl.runs.ledger import Ledger
from etl.settings import read_settings
from lambdas.entry import entry


@entry(
    TransformRequest,
    measures={"rows_transformed": "records", "rows_rejected": "rejected", "bytes_transformed": "bytes"},
)
def handler(request: TransformRequest) -> TransformResult:
    """Transform the window's staging objects into good records and rejects."""
    settings = read_settings(TransformSettings)
    return transform(request, settings, s3=client("s3"), ledger=Ledger(client("dynamodb"), settings.ledger_table))
