"""The function `etl-extract`."""

from etl.aws import client
from etl.pipelines.etl_pipeline.extract import ExtractSettings, extract
from etl.pipelines.etl_pipeline.messages import ExtractRequest, ExtractResult
from etl.settings import read_settings
from lambdas.entry import entry


@entry(
    ExtractRequest,
    measures={"rows_scanned": "scanned", "rows_extracted": "records", "bytes_extracted": "bytes"},
)
def handler(request: ExtractRequest) -> ExtractResult:
    """Extract one segment of the source table to the staging bucket."""
    return extract(request, read_settings(ExtractSettings), dynamodb=client("dynamodb"), s3=client("s3"))
