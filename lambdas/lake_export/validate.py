"""The function `lake-validate`."""

from etl.aws import client
from etl.pipelines.lake_export.catalog import CatalogSettings
from etl.pipelines.lake_export.messages import ValidateRequest, ValidateResult
from etl.pipelines.lake_export.validate import validate
from etl.settings import read_settings
from lambdas.entry import entry


@entry(ValidateRequest, measures={"chunks_checked": "checked"})
def handler(request: ValidateRequest) -> ValidateResult:
    """Compare what readers see with what was exported."""
    return validate(request, read_settings(CatalogSettings), s3=client("s3"), glue=client("glue"))
