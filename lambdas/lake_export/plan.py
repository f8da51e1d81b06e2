"""The function `lake-plan`."""

from functools import partial

from etl.aws import client
from etl.extract.postgres import open_source
from etl.pipelines.lake_export.messages import PlanRequest, PlanResult
from etl.pipelines.lake_export.plan import PlanSettings, plan
from etl.postgres.credentials import DatabaseSettings
from etl.runs.ledger import Ledger
from etl.settings import read_settings
from lambdas.entry import entry


@entry(PlanRequest, measures={"chunks_unchanged": "unchanged", "days_kept": "kept", "rows_unplaced": "unplaced"})
def handler(request: PlanRequest) -> PlanResult:
    """Plan the chunks of one dataset."""
    settings = read_settings(PlanSettings)
    source = partial(open_source, read_settings(DatabaseSettings), client, application="etl lake_export")
    return plan(request, settings, ledger=Ledger(client("dynamodb"), settings.ledger_table), source=source)
