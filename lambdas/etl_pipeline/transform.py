"""The function `etl-transform`."""

from etl.aws import client
from etl.pipelines.etl_pipeline.messages import TransformRequest, TransformResult
from etl.pipelines.etl_pipeline.transform import TransformSettings, transform
from etl.settings import read_settings
from lambdas.entry import entry


@entry(
    TransformRequest,
    measures={"rows_transformed": "records", "rows_rejected": "rejected", "bytes_transformed": "bytes"},
)
def handler(request: TransformRequest) -> TransformResult:
    """Transform the window's staging objects into good records and rejects."""
    return transform(request, read_settings(TransformSettings), s3=client("s3"))
